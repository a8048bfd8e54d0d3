import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { podFilter, removeContainers } from './kubelet/observe.ts'
import { removeServiceRange } from './network/remove-service-range.ts'
import type { PodEngine } from './runtime/pod-runtime.ts'

const SHARED_MEMORY = '/dev/shm'

/** Where an installation's volumes in memory are; undefined where this machine has no file system for them. */
export function memoryDir(instance: string): string | undefined {
  return existsSync(SHARED_MEMORY) ? join(SHARED_MEMORY, `slipway-${instance}`) : undefined
}

/** Ends and removes every container of an installation that is taken away for good, and what its pods had in memory. Resolves to how many there were. */
export async function removeNodeContainers(
  engine: Pick<PodEngine, 'list' | 'remove'> | undefined,
  instance: string,
): Promise<number> {
  const containers = (await engine?.list(podFilter(instance))) ?? []
  if (engine) await removeContainers(engine, containers)
  const memory = memoryDir(instance)
  if (memory) await rm(memory, { recursive: true, force: true })
  return containers.length
}

/** As `removeNodeContainers`, of a node whose process was killed: also what the kernel does for the addresses of its Services. */
export async function removeKilledNode(
  engine: Pick<PodEngine, 'list' | 'remove'> | undefined,
  { instance, serviceCidr }: { instance: string; serviceCidr: string },
): Promise<number> {
  const containers = await removeNodeContainers(engine, instance)
  await removeServiceRange(serviceCidr)
  return containers
}
