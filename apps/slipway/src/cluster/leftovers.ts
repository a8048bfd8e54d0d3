import { lstatSync, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ContainerEngine, endOrphanedPodman } from '@slipway/container-engine'
import { describeError } from '@slipway/errors'
import { removeKilledNode } from '@slipway/kube-node'
import { DataFolder } from '../data-folder.ts'
import { log } from '../server/log.ts'
import { serviceRange } from '../server/service-range.ts'
import { instanceOf } from '../server/start-node.ts'

/** How the names of folders begin that go with their cluster. */
export const TEMPORARY = 'slipway-cluster-'

/**
 * Removes what clusters without a data folder have left whose process was killed: containers, their volumes, the network, and last
 * the folder, by which the rest is found. Without an engine what may have containers stays, for a cluster with one. Never throws.
 */
export async function removeLeftovers(engine: ContainerEngine | undefined, signal: AbortSignal): Promise<void> {
  const removed: string[] = []
  let containers = 0
  for (const folder of temporaryFolders()) {
    if (signal.aborted) break
    try {
      if (!folder.isAbandoned() || (!engine && hasPods(folder))) continue
      containers += await remove(folder, engine)
      removed.push(folder.path)
    } catch (error) {
      log('error', `${folder.path}, which a cluster left behind, is not removed: ${describeError(error)}`)
    }
  }
  if (removed.length === 0) return
  log('info', `removed what killed clusters had left: ${removed.join(', ')} (containers: ${containers})`)
}

async function remove({ path }: DataFolder, engine: ContainerEngine | undefined): Promise<number> {
  await endOrphanedPodman(join(path, 'podman'))
  const containers = await removeKilledNode(engine, { instance: instanceOf(path), serviceCidr: serviceRange(path) })
  await rm(path, { recursive: true, force: true })
  return containers
}

/** Those of this user. */
function temporaryFolders(): DataFolder[] {
  const names = entriesOf(tmpdir()).filter((name) => name.startsWith(TEMPORARY))
  return names.map((name) => new DataFolder(join(tmpdir(), name))).filter(({ path }) => isOwn(path))
}

function isOwn(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  return stats?.isDirectory() === true && stats.uid === process.getuid?.()
}

function hasPods(folder: DataFolder): boolean {
  return entriesOf(folder.file('node', 'pods')).length > 0
}

function entriesOf(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}
