import { connect } from 'node:net'
import type { ContainerEngine } from '@slipway/container-engine'
import { messageOf } from '@slipway/errors'
import { formatReference, type Reference } from '@slipway/oci-format'
import type { ImageBuilderOptions } from '../port.ts'
import { hostNodeBaseImage } from './host-node-base-image.ts'

/** How long the host of a base image may take to accept a connection, in milliseconds. */
const CONNECT_TIMEOUT = 3_000

export interface BaseImageDeps {
  engine: ContainerEngine
  registry: ImageBuilderOptions['registry']
  log: (text: string) => void
  signal: AbortSignal
}

/**
 * Sees to it that the engine has a base image: its own, the registry's, one pulled from where it is named, or, for node, one
 * made from this machine's node. What cannot be had is left for the build to report.
 */
export async function provideBaseImage(deps: BaseImageDeps, reference: Reference): Promise<void> {
  const { engine, registry, log, signal } = deps
  const name = formatReference(reference)
  if (await engine.inspectImage(name)) return
  if (reference.host === registry.loginServer) return pullOwn(deps, reference)
  if (await pullFromOutside(deps, reference)) return
  if (!isNode(reference)) return
  const version = await hostNodeBaseImage(engine, { name, nodePath: process.execPath, signal })
  log(`${name} cannot be pulled here: made it from this machine's node ${version} instead\n`)
}

async function pullOwn({ engine, registry, log, signal }: BaseImageDeps, reference: Reference): Promise<void> {
  const source = formatReference({ ...reference, host: registry.pushHost() })
  try {
    await engine.pull(source, { ...registry.credentials, insecure: true, signal }, log)
    if (reference.digest === undefined) await engine.tag(source, formatReference(reference))
  } catch (error) {
    log(`${formatReference(reference)}: ${messageOf(error)}\n`)
  }
}

async function pullFromOutside({ engine, log, signal }: BaseImageDeps, reference: Reference): Promise<boolean> {
  const host = reference.host === 'docker.io' ? 'registry-1.docker.io' : reference.host
  // Engines try an unreachable host again and again for half a minute; the first look is enough.
  if (!(await answers(host))) {
    log(`${reference.host} cannot be reached\n`)
    return false
  }
  try {
    await engine.pull(formatReference(reference), { signal }, log)
    return true
  } catch (error) {
    log(`${formatReference(reference)}: ${messageOf(error)}\n`)
    return false
  }
}

function isNode({ host, repository }: Reference): boolean {
  return host === 'docker.io' && repository === 'library/node'
}

function answers(host: string): Promise<boolean> {
  const { hostname, port } = new URL(`https://${host}`)
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port || 443), timeout: CONNECT_TIMEOUT })
    const end = (result: boolean): void => {
      socket.destroy()
      resolve(result)
    }
    socket.once('connect', () => end(true))
    socket.once('timeout', () => end(false))
    socket.once('error', () => end(false))
  })
}
