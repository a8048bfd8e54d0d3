import { UserError } from '@slipway/errors'
import type { Pod } from '../model/pod.ts'
import type { ContainerStatus } from '../model/pod-status.ts'

/** The engine's id of the container whose log is meant, by the pod's status (kubelet, validateContainerLogStatus). Throws UserError POD_NOT_RUNNING. */
export function loggedContainer(
  { metadata, status = { phase: 'Pending' } }: Pod,
  name: string,
  previous: boolean,
): string {
  const which = `container "${name}" in pod "${metadata.name}"`
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = status
  const all = [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses]
  const found = all.find((one) => one.name === name)
  if (!found) throw new UserError('POD_NOT_RUNNING', `${which} is not available`)
  const last = idOf(found.lastState.terminated?.containerID)
  if (previous) {
    if (!last) throw new UserError('POD_NOT_RUNNING', `previous terminated ${which} not found`)
    return last
  }
  const id = found.state.running ? idOf(found.containerID) : (idOf(found.state.terminated?.containerID) ?? last)
  if (id) return id
  const isOver = found.state.terminated ?? found.lastState.terminated
  throw new UserError('POD_NOT_RUNNING', isOver ? `${which} is terminated` : `${which} ${waitOf(found)}`)
}

/** Without the engine's name before it. */
const idOf = (containerID: string | undefined): string | undefined => containerID?.replace(/^.*:\/\//, '') || undefined

const PULLS: Partial<Record<string, string>> = {
  ErrImagePull: "image can't be pulled",
  ImagePullBackOff: 'trying and failing to pull image',
}

function waitOf({ state }: ContainerStatus): string {
  if (!state.waiting) return 'is waiting to start - no logs yet'
  const { reason } = state.waiting
  return `is waiting to start: ${PULLS[reason] ?? reason}`
}
