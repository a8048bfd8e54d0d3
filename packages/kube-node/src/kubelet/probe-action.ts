import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { createConnection } from 'node:net'
import { messageOf } from '@slipway/errors'
import type { PodEngine } from '../runtime/pod-runtime.ts'
import type { Container, HttpGetAction, LifecycleHandler, Probe } from '../types.ts'

/** Where and in what a probe or hook runs. */
export interface ProbeTarget {
  engine: PodEngine
  containerId: string
  container: Container
  /** Where a port of the pod can be connected to from here. */
  dial(port: number): { host: string; port: number }
}

export interface ProbeResult {
  success: boolean
  output: string
}

/** Asks once. Never throws: what went wrong is in the output. */
export async function runProbe(probe: Probe, target: ProbeTarget): Promise<ProbeResult> {
  const timeout = (probe.timeoutSeconds ?? 1) * 1000
  try {
    if (probe.exec) return await runCommand(probe.exec.command, target, timeout)
    if (probe.httpGet) return await httpGet(probe.httpGet, target, timeout)
    if (probe.tcpSocket) return await connects(probe.tcpSocket, target, timeout)
    return { success: false, output: 'gRPC probes are not supported' }
  } catch (error) {
    return { success: false, output: messageOf(error) }
  }
}

/** Runs a postStart or preStop hook; at most `timeout` milliseconds. */
export async function runHook(hook: LifecycleHandler, target: ProbeTarget, timeout: number): Promise<ProbeResult> {
  if (hook.sleep) {
    const { seconds } = hook.sleep
    await new Promise((resolve) => setTimeout(resolve, Math.min(seconds * 1000, timeout)))
    return { success: true, output: '' }
  }
  return runProbe(
    {
      ...(hook.exec && { exec: hook.exec }),
      ...(hook.httpGet && { httpGet: hook.httpGet }),
      timeoutSeconds: timeout / 1000,
    },
    target,
  )
}

async function runCommand(
  command: string[],
  { engine, containerId }: ProbeTarget,
  timeout: number,
): Promise<ProbeResult> {
  const session = await engine.exec(containerId, { command })
  let output = ''
  for (const stream of [session.stdout, session.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      if (output.length < 10_240) output += chunk.toString('utf8')
    })
  }
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), timeout)
  })
  const code = await Promise.race([session.exited, late])
  clearTimeout(timer)
  if (code !== undefined) return { success: code === 0, output }
  session.close()
  return { success: false, output: `command "${command.join(' ')}" timed out` }
}

function httpGet(action: HttpGetAction, target: ProbeTarget, timeout: number): Promise<ProbeResult> {
  const { path = '/', scheme = 'HTTP', httpHeaders = [] } = action
  const number = portNumber(action.port, target.container)
  const address = action.host ? { host: action.host, port: number } : target.dial(number)
  const headers = Object.fromEntries(httpHeaders.map(({ name, value }) => [name, value]))
  const url = `${scheme.toLowerCase()}://${address.host}:${number}${path}`
  return new Promise((resolve) => {
    const send = scheme === 'HTTPS' ? httpsRequest : httpRequest
    const request = send(
      {
        ...address,
        path: path.startsWith('/') ? path : `/${path}`,
        headers: { 'user-agent': 'kube-probe/1.34', accept: '*/*', connection: 'close', ...headers },
        agent: false,
        signal: AbortSignal.timeout(timeout),
        rejectUnauthorized: false,
      },
      (response) => {
        response.resume()
        const { statusCode = 0 } = response
        const success = statusCode >= 200 && statusCode < 400
        resolve({ success, output: success ? '' : `HTTP probe failed with statuscode: ${statusCode}` })
      },
    )
    request.on('error', (error) => resolve({ success: false, output: `Get "${url}": ${messageOf(error)}` }))
    request.end()
  })
}

function connects(
  action: { port: number | string; host?: string },
  target: ProbeTarget,
  timeout: number,
): Promise<ProbeResult> {
  const number = portNumber(action.port, target.container)
  const address = action.host ? { host: action.host, port: number } : target.dial(number)
  return new Promise((resolve) => {
    const socket = createConnection({ ...address, timeout })
    const end = (success: boolean, output: string): void => {
      socket.destroy()
      resolve({ success, output })
    }
    socket.once('connect', () => end(true, ''))
    socket.once('timeout', () => end(false, `dial tcp ${address.host}:${number}: i/o timeout`))
    socket.once('error', (error) => end(false, `dial tcp ${address.host}:${number}: ${messageOf(error)}`))
  })
}

function portNumber(port: number | string, container: Container): number {
  if (typeof port === 'number') return port
  return container.ports?.find(({ name }) => name === port)?.containerPort ?? Number(port)
}
