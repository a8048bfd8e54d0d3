import { createConnection } from 'node:net'
import { timerDelay } from '@slipway/controller-runtime'
import { messageOf, networkFault } from '@slipway/errors'
import type { Container, LifecycleHandler, Probe } from '../../model/pod.ts'
import type { PodEngine } from '../../runtime/pod-runtime.ts'
import { expandVariables } from '../configuration/expand.ts'
import { httpHook, httpProbe } from './http-probe.ts'

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
  /** It could not be asked, so that nothing is known of the container; as what the kubelet tells of it. */
  errored?: 'unknown' | 'failure'
  /** It is a success of which somebody should know. */
  warning?: true
}

/** Of a command's output in bytes. */
const MOST_OUTPUT = 10_240

/** Asks once. Never throws: what went wrong is in the output. */
export async function runProbe(probe: Probe, target: ProbeTarget): Promise<ProbeResult> {
  const timeout = timerDelay((probe.timeoutSeconds ?? 1) * 1000)
  try {
    if (probe.exec) return await runCommand(expanded(probe.exec.command, target.container), target, timeout)
    if (probe.httpGet) return await httpProbe(probe.httpGet, addressOf(probe.httpGet, target), timeout)
    if (probe.tcpSocket) return await connects(addressOf(probe.tcpSocket, target), timeout)
    if (probe.grpc) {
      // Few probes speak gRPC, and HTTP/2 takes its time to load.
      const { grpcProbe } = await import('./grpc-probe.ts')
      return await grpcProbe(target.dial(probe.grpc.port), probe.grpc.service ?? '', timeout)
    }
    throw new Error('missing probe handler')
  } catch (error) {
    return { success: false, output: messageOf(error), errored: 'unknown' }
  }
}

/** Of variables only what the spec itself says is known here (kubelet, ExpandContainerCommandOnlyStatic). */
function expanded(command: string[], { env = [] }: Container): string[] {
  const values = new Map(env.map(({ name, value = '' }) => [name, value]))
  return command.map((text) => expandVariables(text, values))
}

/** Runs a postStart or preStop hook; at most `timeout` milliseconds. */
export async function runHook(hook: LifecycleHandler, target: ProbeTarget, timeout: number): Promise<ProbeResult> {
  if (hook.sleep) {
    const { seconds } = hook.sleep
    await new Promise((resolve) => setTimeout(resolve, timerDelay(Math.min(seconds * 1000, timeout))))
    return { success: true, output: '' }
  }
  try {
    if (hook.exec) return await runCommand(hook.exec.command, target, timerDelay(timeout))
    if (!hook.httpGet) return { success: false, output: 'invalid handler' }
    await httpHook(hook.httpGet, addressOf(hook.httpGet, target), timeout)
    return { success: true, output: '' }
  } catch (error) {
    return { success: false, output: messageOf(error) }
  }
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
      if (output.length < MOST_OUTPUT) output += chunk.toString('utf8')
    })
  }
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), timeout)
  })
  const code = await Promise.race([session.exited, late])
  clearTimeout(timer)
  if (code !== undefined) return { success: code === 0, output }
  // One that hangs each time would fill its container; where it can't be ended it is left to itself.
  await session.kill().catch(() => {})
  session.close()
  return {
    success: false,
    output: `command timed out: ${JSON.stringify(command.join(' '))} timed out after ${timeout / 1000}s`,
  }
}

function connects({ host, port }: { host: string; port: number }, timeout: number): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port, timeout })
    const end = (success: boolean, output: string): void => {
      socket.destroy()
      resolve({ success, output })
    }
    socket.once('connect', () => end(true, ''))
    socket.once('timeout', () => end(false, `dial tcp ${host}:${port}: i/o timeout`))
    socket.once('error', (error) => end(false, networkFault(error)))
  })
}

function addressOf(
  { host, port }: { host?: string; port: number | string },
  { container, dial }: ProbeTarget,
): { host: string; port: number } {
  const number = portNumber(port, container)
  return host ? { host, port: number } : dial(number)
}

function portNumber(port: number | string, container: Container): number {
  if (typeof port === 'number') return port
  const number = container.ports?.find(({ name }) => name === port)?.containerPort ?? Number(port)
  if (Number.isNaN(number)) throw new Error(`couldn't find port: ${port}`)
  return number
}
