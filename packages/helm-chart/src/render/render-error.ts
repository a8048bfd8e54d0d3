import { type ErrorOptions, UserError } from '@slipway/errors'

/** A chart that could be read did not render; Helm then offers `--debug`, which shows how far it came. */
export class RenderError extends UserError {
  /** The text of what was rendered before. */
  readonly rendered: string

  constructor(code: string, message: string, { rendered = '', ...options }: ErrorOptions & { rendered?: string } = {}) {
    super(code, message, options)
    this.rendered = rendered
  }
}
