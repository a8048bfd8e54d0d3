import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { simulatedRuntime } from '../runtime/simulated-runtime.ts'
import { FakeCluster, testIdentity } from '../testing/index.ts'
import { KubeletServer } from './kubelet-server.ts'

const faults: string[] = []
const pods = { engine: simulatedRuntime().engine, find: () => undefined, list: () => [] }
const server = new KubeletServer({
  ...{ client: new FakeCluster().client(), node: 'slipway', identity: testIdentity, pods },
  views: { pods, node: 'slipway', dataDir: '/', isLocal: false, clusterDns: undefined },
  log: (_level, text) => faults.push(text),
})
let address: { address: string; port: number }
beforeAll(async () => {
  address = await server.start('127.0.0.1', [])
})
afterAll(() => server.stop())

/** Sends the head of a request as it is; resolves to the first line of the answer. */
function send(target: string, headers: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address.address, port: address.port, ca: testIdentity.ca }, () => {
      socket.write([`GET ${target} HTTP/1.1`, 'host: kubelet', 'connection: close', ...headers, '', ''].join('\r\n'))
    })
    let text = ''
    socket.on('data', (data) => {
      text += data
    })
    socket.on('end', () => resolve(text.split('\r\n')[0] ?? ''))
    socket.on('error', reject)
  })
}

const TOKEN = `authorization: Bearer ${testIdentity.token}`
const UPGRADE = ['connection: upgrade', 'upgrade: websocket']

describe('a request that is malformed', () => {
  it.each([
    ['//[', [], 'HTTP/1.1 401 Unauthorized'],
    ['//[', UPGRADE, 'HTTP/1.1 401 Refused'],
    ['//[', [TOKEN], 'HTTP/1.1 404 Not Found'],
    ['//[', [TOKEN, ...UPGRADE], 'HTTP/1.1 404 Refused'],
    ['/exec/%zz/p/c', [TOKEN, ...UPGRADE], 'HTTP/1.1 404 Refused'],
    ['/containerLogs/%zz/p/c', [TOKEN], 'HTTP/1.1 404 Not Found'],
    ['/containerLogs', [TOKEN], 'HTTP/1.1 404 Not Found'],
    ['/metrics/%2e%2e/exec/n/p/c', [TOKEN], 'HTTP/1.1 400 Bad Request'],
  ])('is refused: %s %j', async (target, headers, expected) => {
    expect(await send(target, headers)).toBe(expected)
    expect(await send('/healthz', [TOKEN])).toBe('HTTP/1.1 200 OK')
    expect(faults).toEqual([])
  })
})
