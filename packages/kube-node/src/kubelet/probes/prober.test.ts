import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Container } from '../../model/pod.ts'
import type { ProbeTarget } from './probe-action.ts'
import { Prober } from './prober.ts'

const answers: Record<string, number> = {}
const asked: string[] = []
let server: Server
let port: number

beforeEach(async () => {
  asked.length = 0
  Object.assign(answers, { '/ready': 200, '/live': 200 })
  server = createServer(({ url = '' }, response) => {
    asked.push(url)
    response.writeHead(answers[url] ?? 404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterEach(() => server.close())

const probe = (path: string) => ({ httpGet: { host: '127.0.0.1', path, port }, periodSeconds: 1, failureThreshold: 1 })

function start(): { prober: Prober; dead: string[] } {
  const container: Container = {
    ...{ name: 'c', image: 'i' },
    ...{ readinessProbe: probe('/ready'), livenessProbe: probe('/live') },
  }
  const dead: string[] = []
  const target = { container, dial: (number: number) => ({ host: '127.0.0.1', port: number }) } as ProbeTarget
  const prober = new Prober(container, target, { changed: () => {}, told: () => {}, dead: (kind) => dead.push(kind) })
  return { prober, dead }
}

describe('a container that is going', () => {
  it('is asked whether it is ready, and no more whether it lives', async () => {
    const { prober, dead } = start()
    await expect.poll(() => prober.ready).toBe(true)
    prober.spare()
    const before = asked.filter((path) => path === '/live').length
    Object.assign(answers, { '/ready': 503, '/live': 503 })

    await expect.poll(() => prober.ready).toBe(false)
    prober.stop()

    expect(asked.filter((path) => path === '/live')).toHaveLength(before)
    expect(dead).toEqual([])
  })

  it('because it does not live is asked further whether it is ready', async () => {
    const { prober, dead } = start()
    await expect.poll(() => prober.ready).toBe(true)
    answers['/live'] = 503
    await expect.poll(() => dead).toEqual(['liveness'])
    answers['/ready'] = 503

    await expect.poll(() => prober.ready).toBe(false)
    prober.stop()

    expect(dead).toEqual(['liveness'])
  })
})
