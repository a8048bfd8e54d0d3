import type { ContainerState } from '@slipway/container-engine'
import { LABELS, type PodEngine } from '../runtime/pod-runtime.ts'

/** One attempt at running one container of a pod, as the engine has it. */
export interface Attempt {
  id: string
  name: string
  attempt: number
  status: ContainerState['status']
  exitCode: number
  oomKilled: boolean
  startedAt?: string
  finishedAt?: string
  imageId: string
  imageRef: string
  ipAddress?: string
  ports: ContainerState['ports']
  networkOf?: string
  labels: Record<string, string>
}

/** The newest attempt of a container, and the one before it while the engine still has it. */
export interface Observed {
  current: Attempt
  previous?: Attempt
}

/** The containers of a pod by name; attempts older than the last two are returned apart, to be removed. */
export async function observePod(
  engine: PodEngine,
  { node, uid }: { node: string; uid: string },
): Promise<{ containers: Map<string, Observed>; stale: Attempt[] }> {
  const summaries = await engine.list(podFilter(node, uid))
  const states = await Promise.all(summaries.map(({ id }) => engine.inspect(id)))
  const attempts = states.filter((state) => state !== undefined).map(attemptOf)
  attempts.sort((a, b) => b.attempt - a.attempt)
  const containers = new Map<string, Observed>()
  const stale: Attempt[] = []
  const used = new Set(attempts.map(({ networkOf }) => networkOf))
  for (const attempt of attempts) {
    const known = containers.get(attempt.name)
    if (!known) containers.set(attempt.name, { current: attempt })
    else if (!known.previous) known.previous = attempt
    // The owner of a network stays as long as anything that joined it is kept.
    else if (!used.has(attempt.id)) stale.push(attempt)
  }
  return { containers, stale }
}

/** Asks the engine for one pod's containers, or with no uid for those of all pods of the node. */
export function podFilter(node: string, uid?: string): { labels: Record<string, string> } {
  return { labels: { [LABELS.node]: node, ...(uid !== undefined && { [LABELS.uid]: uid }) } }
}

/** Removes containers; those that joined a network go before the one that owns it, which engines refuse to remove until then. */
export async function removeContainers(
  engine: Pick<PodEngine, 'remove'>,
  containers: { id: string; labels: Record<string, string> }[],
): Promise<void> {
  const joined = ({ labels }: { labels: Record<string, string> }): number => (labels[LABELS.network] ? 1 : 0)
  for (const { id } of [...containers].sort((a, b) => joined(b) - joined(a))) await engine.remove(id)
}

function attemptOf(state: ContainerState): Attempt {
  const { labels, startedAt, finishedAt, ipAddress } = state
  const network = labels[LABELS.network]
  return {
    id: state.id,
    name: labels[LABELS.container] ?? '',
    attempt: Number(labels[LABELS.attempt] ?? 0),
    status: state.status,
    exitCode: state.exitCode,
    oomKilled: state.oomKilled,
    imageId: state.imageId,
    imageRef: labels[LABELS.imageRef] ?? state.imageId,
    ports: state.ports,
    labels,
    ...(startedAt && { startedAt }),
    ...(finishedAt && { finishedAt }),
    ...(ipAddress && { ipAddress }),
    ...(network && { networkOf: network }),
  }
}
