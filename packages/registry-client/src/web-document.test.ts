import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fetchDocument } from './web-document.ts'

const limits = { timeout: 5_000, size: 1_000 }

const answers: Record<string, RequestListener> = {
  '/document': (_, response) => response.end('{"type":"string"}'),
  '/moved': (_, response) => response.writeHead(302, { location: '/document' }).end(),
  '/moved-for-nothing': (_, response) => response.writeHead(302).end(),
  '/circle': (_, response) => response.writeHead(307, { location: '/circle' }).end(),
  '/to-a-file': (_, response) => response.writeHead(301, { location: 'file:///etc/passwd' }).end(),
  '/teapot': (_, response) => response.writeHead(503).end('later'),
  '/large': (_, response) => response.end('x'.repeat(1_001)),
  '/hung-up': (request) => request.socket.destroy(),
  '/cut-off': (_, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('{"type":', () => response.destroy())
  },
  '/secret': ({ headers }, response) => response.end(headers.authorization),
  '/silent': () => undefined,
}

let server: Server
let base: string

beforeAll(async () => {
  server = createServer((request, response) => answers[request.url ?? '']?.(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

async function fetched(address: string, given = limits): Promise<Record<string, unknown>> {
  const document = await fetchDocument(address, given)
  return document.kind === 'document' ? { kind: 'document', text: document.data.toString() } : { ...document }
}

describe("documents of web servers with the outcome and words of Go's HTTP client", () => {
  const refused = { kind: 'unanswered', isRefused: true }
  it.each([
    ['/document', { kind: 'document', text: '{"type":"string"}' }],
    ['/moved', { kind: 'document', text: '{"type":"string"}' }],
    ['/moved-for-nothing', { kind: 'status', status: 302, reason: 'Found' }],
    ['/circle', { ...refused, reason: 'Get "/circle": stopped after 10 redirects' }],
    ['/to-a-file', { ...refused, reason: 'Get "file:///etc/passwd": unsupported protocol scheme "file"' }],
    ['/teapot', { kind: 'status', status: 503, reason: 'Service Unavailable' }],
    ['/large', { kind: 'broken', isRefused: true, reason: 'it has more than 1000 bytes' }],
    ['/cut-off', { kind: 'broken', isRefused: false, reason: 'unexpected EOF' }],
  ])('%s', async (path, answer) => {
    expect(await fetched(base + path)).toEqual(answer)
  })

  it('a connection that is hung up', async () => {
    const reason = `Get "${base}/hung-up": EOF`

    expect(await fetched(`${base}/hung-up`)).toEqual({ kind: 'unanswered', isRefused: false, reason })
  })

  it('an answer that does not come', async () => {
    const reason = `Get "${base}/silent": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`

    expect(await fetched(`${base}/silent`, { ...limits, timeout: 50 })).toMatchObject({ kind: 'unanswered', reason })
  })

  it('a server that is not there, whose password is not told', async () => {
    const reason = 'Get "http://me:***@127.0.0.1:1/x": dial tcp 127.0.0.1:1: connect: connection refused'

    expect(await fetched('http://me:secret@127.0.0.1:1/x')).toMatchObject({ kind: 'unanswered', reason })
  })

  it('a name and a password in the address', async () => {
    const text = `Basic ${Buffer.from('me:pass word').toString('base64')}`

    expect(await fetched(`${base.replace('//', '//me:pass%20word@')}/secret`)).toEqual({ kind: 'document', text })
  })
})
