import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type ContainerEngine, connectEngine, podmanBuilds, startPodman } from '@slipway/container-engine'
import type { DataFolder } from '../data-folder.ts'
import type { Lifecycle } from './lifecycle.ts'
import { logError } from './log.ts'

/** Podman that is ours is there for sure: on a busy machine, pods that run must not be taken for simulated ones. Milliseconds. */
const PODMAN_PATIENCE = 60_000

/** The container engine of this machine: the socket that was named, one that answers, or Podman, started for us. Undefined when there is none. */
export async function findEngine(
  folder: DataFolder,
  socketPath: string | undefined,
  lifecycle: Lifecycle,
): Promise<ContainerEngine | undefined> {
  try {
    const candidates = process.env.DOCKER_HOST ? [process.env.DOCKER_HOST.replace(/^unix:\/\//, '')] : []
    const found = await connectEngine(socketPath ? { socketPath } : { candidates })
    if (found || socketPath || !isInstalled('podman')) return found
    const own = { dir: folder.folder('podman'), env: process.env }
    const podman = await startPodman({ ...own, onFailure: logError('container engine') })
    lifecycle.add('podman', () => podman.stop())
    const build = podmanBuilds({ ...own, dir: join(own.dir, 'builds') })
    return await connectEngine({ socketPath: podman.socketPath, patience: PODMAN_PATIENCE, build })
  } catch (error) {
    logError('container engine')(error)
    return undefined
  }
}

function isInstalled(command: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
