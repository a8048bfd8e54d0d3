import { connect } from 'node:http2'
import { messageOf } from '@slipway/errors'
import type { ProbeResult } from './probe-action.ts'

/** grpc.health.v1.HealthCheckResponse.ServingStatus. */
const SERVING = 1

/** Asks the standard health service (grpc.health.v1.Health/Check); at most `timeout` milliseconds. */
export function grpcProbe(
  { host, port }: { host: string; port: number },
  service: string,
  timeout: number,
): Promise<ProbeResult> {
  const address = `${host}:${port}`
  return new Promise((resolve) => {
    const session = connect(`http://${address}`)
    const finish = (success: boolean, output: string): void => {
      clearTimeout(timer)
      session.destroy()
      resolve({ success, output })
    }
    // The client of Go's library tries again for as long as it may.
    const unreachable = `timeout: failed to connect service "${address}" within ${timeout / 1000}s: context deadline exceeded`
    const timer = setTimeout(() => finish(false, unreachable), timeout)
    let connected = false
    session.on('connect', () => {
      connected = true
    })
    const fail = (error: Error): void => finish(false, connected ? messageOf(error) : unreachable)
    session.on('error', fail)
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      'user-agent': 'kube-probe/1.34',
      te: 'trailers',
    })
    const chunks: Buffer[] = []
    let code = ''
    const readCode = (headers: Record<string, unknown>): void => {
      if (headers['grpc-status'] !== undefined) code = String(headers['grpc-status'])
    }
    stream.on('response', readCode)
    stream.on('trailers', readCode)
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('error', fail)
    stream.on('end', () => {
      const status = statusOf(Buffer.concat(chunks))
      if (code === '0' && status === SERVING) finish(true, 'service healthy')
      else if (code === '0') finish(false, `service unhealthy (responded with "${NAMES[status] ?? status}")`)
      else finish(false, `health rpc failed: grpc status ${code || 'missing'}`)
    })
    stream.end(message(service))
  })
}

const NAMES: Partial<Record<number, string>> = { 0: 'UNKNOWN', 2: 'NOT_SERVING', 3: 'SERVICE_UNKNOWN' }

/** HealthCheckRequest with its only field, behind gRPC's prefix: not compressed, length. */
function message(service: string): Buffer {
  const name = Buffer.from(service)
  const body = name.length > 0 ? Buffer.concat([Buffer.from([0x0a, name.length]), name]) : Buffer.alloc(0)
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(body.length, 1)
  return Buffer.concat([prefix, body])
}

/** The only field of HealthCheckResponse; a field that is left out is 0. */
function statusOf(answer: Buffer): number {
  return answer.length >= 7 && answer[5] === 0x08 ? (answer[6] ?? 0) : 0
}
