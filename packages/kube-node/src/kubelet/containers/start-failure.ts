import { describeError } from '@slipway/errors'

/** A container that could not be started: the reason as its status says it, and the event. */
export class StartFailure extends Error {
  readonly reason: string
  readonly event: string
  readonly eventMessage: string

  constructor(
    reason: string,
    message: string,
    options: { cause?: unknown; event?: string; eventMessage?: string } = {},
  ) {
    super(message, { cause: options.cause })
    this.name = 'StartFailure'
    this.reason = reason
    this.event = options.event ?? 'Failed'
    this.eventMessage = options.eventMessage ?? message
  }
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
