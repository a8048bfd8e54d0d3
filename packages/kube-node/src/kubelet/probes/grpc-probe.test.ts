import { createServer, type Http2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { grpcProbe } from './grpc-probe.ts'

let server: Http2Server

/** A health service whose answers are bytes as gRPC's own libraries send them. */
async function serve(status: number | undefined, code = '0'): Promise<{ host: string; port: number; asked: string[] }> {
  const asked: string[] = []
  server = createServer()
  server.on('stream', (stream, headers) => {
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      asked.push(`${headers[':path']} ${Buffer.concat(chunks).subarray(7).toString()}`)
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': code }))
      stream.end(status === undefined ? undefined : Buffer.from([0, 0, 0, 0, 2, 8, status]))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port, asked }
}

afterEach(() => {
  server.close()
})

describe('grpcProbe', () => {
  it.each([
    ['serves', 1, '0', { success: true, output: 'service healthy' }],
    ['does not serve', 2, '0', { success: false, output: 'service unhealthy (responded with "NOT_SERVING")' }],
    ['has no such service', undefined, '5', { success: false, output: 'health rpc failed: grpc status 5' }],
  ])('tells when it %s', async (_name, status, code, expected) => {
    const { asked, ...address } = await serve(status, code)

    expect(await grpcProbe(address, 'my-service', 2_000)).toEqual(expected)
    expect(asked).toEqual(['/grpc.health.v1.Health/Check my-service'])
  })

  it('tells when nothing listens', async () => {
    const { asked: _asked, ...address } = await serve(1)
    await new Promise((resolve) => server.close(resolve))

    const output = `timeout: failed to connect service "127.0.0.1:${address.port}" within 2s: context deadline exceeded`
    expect(await grpcProbe(address, '', 2_000)).toEqual({ success: false, output })
  })
})
