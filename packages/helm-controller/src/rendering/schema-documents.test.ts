import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { RemoteSchemas } from '@slipway/helm-chart'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { SchemaDocuments } from './schema-documents.ts'

let server: Server
let base: string
let requests: string[] = []

beforeAll(async () => {
  server = createServer(({ url = '' }, response) => {
    requests.push(url)
    if (url.startsWith('/status/')) response.writeHead(Number(url.slice('/status/'.length))).end()
    else response.end(url.startsWith('/large/') ? ' '.repeat(16 * 1024 * 1024) : `"${url}"`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  requests = []
})

/** What a rendering sees of documents that lead from one to the next. */
function reading(...paths: string[]) {
  return ({ find }: RemoteSchemas): string[] => {
    const seen: string[] = []
    for (const path of paths) {
      const found = find(base + path)
      if (!found) throw new Error(`${path} is missing`)
      seen.push(found instanceof Uint8Array ? new TextDecoder().decode(found) : found.helm4)
    }
    return seen
  }
}

const noon = new Date('2026-01-01T12:00:00Z').getTime()

describe('the documents that schemas refer to', () => {
  it('are fetched until a rendering knows all of them', async () => {
    const documents = new SchemaDocuments(() => new Date(noon))

    const seen = await documents.complete(reading('/a', '/b', '/c'))

    expect({ seen, requests }).toEqual({ seen: ['"/a"', '"/b"', '"/c"'], requests: ['/a', '/b', '/c'] })
  })

  it('are kept for five minutes', async () => {
    let now = noon
    const documents = new SchemaDocuments(() => new Date(now))
    await documents.complete(reading('/a'))
    now += 299_000
    await documents.complete(reading('/a'))
    expect(requests).toEqual(['/a'])

    now += 2_000
    await documents.complete(reading('/a'))

    expect(requests).toEqual(['/a', '/a'])
  })

  it('that are kept are known from the beginning', async () => {
    const documents = new SchemaDocuments(() => new Date(noon))
    await documents.complete(reading('/a', '/b'))
    let runs = 0

    await documents.complete((schemas) => {
      runs++
      return reading('/a', '/b')(schemas)
    })

    expect(runs).toBe(1)
  })

  it('that are not there are asked for again by the next rendering', async () => {
    const documents = new SchemaDocuments(() => new Date(noon))

    await documents.complete(reading('/status/404'))
    await documents.complete(reading('/status/404'))

    expect(requests).toEqual(['/status/404', '/status/404'])
  })

  it.each([
    ['/status/404', false, 'returned status 404 (Not Found)'],
    ['/status/429', true, 'returned status 429 (Too Many Requests)'],
    ['/status/500', true, 'returned status 500 (Internal Server Error)'],
  ])('%s is told with what may pass', async (path, isTransient, words) => {
    const documents = new SchemaDocuments(() => new Date(noon))
    const find = (schemas: RemoteSchemas) => schemas.find(base + path)

    const fault = await documents.complete(find)

    expect(fault).toMatchObject({ helm4: `HTTP request to ${base}${path} ${words}`, isTransient })
  })

  it('are so many and no more', async () => {
    const documents = new SchemaDocuments(() => new Date(noon))
    const many = Array.from({ length: 101 }, (_, index) => `${base}/${index}`)

    const found = await documents.complete(({ find }) => many.map((address) => find(address)))

    expect(found).toContainEqual(expect.objectContaining({ isTransient: false }))
    expect(requests).toEqual([])
  })

  it('are so large together and no more', async () => {
    const documents = new SchemaDocuments(() => new Date(noon))
    const large = Array.from({ length: 12 }, (_, index) => `${base}/large/${index}`)

    const found = await documents.complete(({ find }) => large.map((address) => find(address)))

    expect(found.at(-1)).toMatchObject({ isTransient: false })
    expect(requests.length).toBeLessThan(12)
  })

  it('lead from one to the next only so far', async () => {
    const documents = new SchemaDocuments(() => new Date(noon))
    const endless = Array.from({ length: 30 }, (_, index) => `/${index}`)

    const seen = await documents.complete(reading(...endless))

    expect(requests).toHaveLength(20)
    expect(seen.at(-1)).toContain('20 that lead to each other')
  })

  it('leave a failure as it is that is not for want of them', async () => {
    const documents = new SchemaDocuments(() => new Date(noon))
    const render = (): never => {
      throw new Error('no such template')
    }

    await expect(documents.complete(render)).rejects.toThrow('no such template')
  })
})
