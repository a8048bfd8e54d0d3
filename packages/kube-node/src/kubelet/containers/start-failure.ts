import { describeError } from '@slipway/errors'

/** A container that could not be started: the reason as its status says it, and the event. */
export class StartFailure extends Error {
  readonly reason: string
  readonly event: string
  readonly eventMessage: string
  /** It is the pod's, and no container's own. */
  readonly isOfPod: boolean

  constructor(
    reason: string,
    message: string,
    options: { cause?: unknown; event?: string; eventMessage?: string; isOfPod?: boolean } = {},
  ) {
    super(message, { cause: options.cause })
    this.name = 'StartFailure'
    this.reason = reason
    this.event = options.event ?? 'Failed'
    this.eventMessage = options.eventMessage ?? message
    this.isOfPod = options.isOfPod ?? false
  }
}

/** A volume that a pod's containers wait for, in the kubelet's words (volumemanager, operation_generator.go). */
export function mountFailure(volume: string, error: unknown): StartFailure {
  const message = describeError(error)
  return new StartFailure('ContainerCreating', message, {
    cause: error,
    event: 'FailedMount',
    eventMessage: `MountVolume.SetUp failed for volume "${volume}" : ${message}`,
    isOfPod: true,
  })
}

/** Runs one step of a start; its errors become failures for this reason. */
export async function stage<T>(reason: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    const message = describeError(error)
    throw new StartFailure(reason, message, { cause: error, eventMessage: `Error: ${message}` })
  }
}
