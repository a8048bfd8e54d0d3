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
  const summaries = await engine.list({ labels: { [LABELS.node]: node, [LABELS.uid]: uid } })
  const states = await Promise.all(summaries.map(({ id }) => engine.inspect(id)))
  const attempts = states.filter((state) => state !== undefined).map(attemptOf)
  attempts.sort((a, b) => b.attempt - a.attempt)
  const containers = new Map<string, Observed>()
  const stale: Attempt[] = []
  for (const attempt of attempts) {
    const known = containers.get(attempt.name)
    if (!known) containers.set(attempt.name, { current: attempt })
    else if (!known.previous) known.previous = attempt
    else stale.push(attempt)
  }
  return { containers, stale }
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
    ...(startedAt && { startedAt }),
    ...(finishedAt && { finishedAt }),
    ...(ipAddress && { ipAddress }),
    ...(network && { networkOf: network }),
  }
}
