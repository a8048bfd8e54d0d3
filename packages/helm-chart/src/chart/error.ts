import { UserError } from '@slipway/errors'

/** A chart that cannot be loaded; the message is Helm's own. */
export function chartError(message: string, cause?: unknown): UserError {
  return new UserError('CHART_INVALID', message, cause === undefined ? {} : { cause })
}

/** The message of a YAML error as Helm shows it behind the name of the file. */
export function yamlMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
