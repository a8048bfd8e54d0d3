import type { ContainerState } from '@slipway/container-engine'
import type { LinuxUser } from '../model/pod-status.ts'
import { LABELS, type PodEngine, SANDBOX } from '../runtime/pod-runtime.ts'

/** One attempt at running one container of a pod, or its sandbox, as the engine has it. */
export interface Attempt {
  id: string
  name: string
  attempt: number
  status: ContainerState['status']
  exitCode: number
  oomKilled: boolean
  startedAt?: string
  finishedAt?: string
  imageRef: string
  /** As the spec named it then. */
  image?: string
  ipAddress?: string
  ports: ContainerState['ports']
  /** The sandbox that it joined. */
  sandbox?: string
  labels: Record<string, string>
  /** Of its first process on this machine, while it runs. */
  pid?: number
  /** As whom its first process runs, where that is known. */
  user?: LinuxUser
  /** Why it ended and what it said, where that is known already. */
  reason?: string
  message?: string
}

/** The newest attempt of a container, and the one before it while the engine still has it. */
export interface Observed {
  current: Attempt
  previous?: Attempt
}

export interface ObservedContainers {
  /** The newest one, which may have ended. */
  sandbox?: Attempt
  /** By name. */
  containers: Map<string, Observed>
  /** Attempts older than the last two, and sandboxes that nothing of these joined: to be removed. */
  stale: Attempt[]
}

/** A container by what tells whose it is. */
export interface LabelledContainer {
  id: string
  labels: Record<string, string>
}

/** What the engine has of these containers of a pod. */
export async function observeContainers(
  engine: PodEngine,
  containersOfPod: LabelledContainer[],
): Promise<ObservedContainers> {
  const states = await Promise.all(containersOfPod.map(({ id }) => engine.inspect(id)))
  const attempts = states.filter((state) => state !== undefined).map(attemptOf)
  attempts.sort((a, b) => b.attempt - a.attempt)
  const containers = new Map<string, Observed>()
  const stale: Attempt[] = []
  const used = new Set<string | undefined>()
  for (const attempt of attempts) {
    if (attempt.name === SANDBOX) continue
    const known = containers.get(attempt.name)
    if (known?.previous) {
      stale.push(attempt)
      continue
    }
    used.add(attempt.sandbox)
    if (known) known.previous = attempt
    else containers.set(attempt.name, { current: attempt })
  }
  const [sandbox, ...older] = attempts.filter(({ name }) => name === SANDBOX)
  stale.push(...older.filter(({ id }) => !used.has(id)))
  return { containers, stale, ...(sandbox && { sandbox }) }
}

/** Asks the engine for one pod's containers, or with no uid for those of all pods of the node. */
export function podFilter(node: string, uid?: string): { labels: Record<string, string> } {
  return { labels: { [LABELS.node]: node, ...(uid !== undefined && { [LABELS.uid]: uid }) } }
}

/** Removes containers; sandboxes go last, which engines refuse to remove while something that joined them is there. */
export async function removeContainers(
  engine: Pick<PodEngine, 'remove'>,
  containers: LabelledContainer[],
): Promise<void> {
  const isSandbox = ({ labels }: LabelledContainer): boolean => labels[LABELS.container] === SANDBOX
  await Promise.all(containers.filter((container) => !isSandbox(container)).map(({ id }) => engine.remove(id)))
  await Promise.all(containers.filter(isSandbox).map(({ id }) => engine.remove(id)))
}

function attemptOf(state: ContainerState): Attempt {
  const { labels, startedAt, finishedAt, ipAddress } = state
  const image = labels[LABELS.image]
  const sandbox = labels[LABELS.sandbox]
  return {
    id: state.id,
    name: labels[LABELS.container] ?? '',
    attempt: Number(labels[LABELS.attempt] ?? 0),
    status: state.status,
    exitCode: state.exitCode,
    oomKilled: state.oomKilled,
    imageRef: labels[LABELS.imageRef] ?? state.imageId,
    ports: state.ports,
    labels,
    ...(image && { image }),
    ...(startedAt && { startedAt }),
    ...(finishedAt && { finishedAt }),
    ...(ipAddress && { ipAddress }),
    ...(sandbox && { sandbox }),
    ...(state.pid > 0 && { pid: state.pid }),
  }
}
