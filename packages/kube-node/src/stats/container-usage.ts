import type { ContainerUsage, InterfaceUsage } from '@slipway/container-engine'
import { UserError } from '@slipway/errors'
import type { Attempt } from '../kubelet/observe.ts'
import type { PodEngine } from '../runtime/pod-runtime.ts'
import { cgroupUsage, networkUsage } from './kernel-usage.ts'

/** What a container that runs has used so far; undefined when it has ended by now. */
export async function containerUsage(
  engine: PodEngine,
  { id, pid }: Attempt,
  isLocal: boolean,
): Promise<ContainerUsage | undefined> {
  // The kernel knows more, and sooner, than an engine tells; elsewhere a process id is that of another machine.
  const known = isLocal && pid ? await cgroupUsage(pid, id) : undefined
  if (known) return known
  try {
    return await engine.usage(id)
  } catch (error) {
    if (error instanceof UserError) return undefined
    throw error
  }
}

/** What went through the network of a pod, by interface. */
export async function podNetwork(engine: PodEngine, sandbox: Attempt, isLocal: boolean): Promise<InterfaceUsage[]> {
  const known = isLocal && sandbox.pid ? await networkUsage(sandbox.pid) : undefined
  return known ?? (await containerUsage(engine, sandbox, false))?.networks ?? []
}
