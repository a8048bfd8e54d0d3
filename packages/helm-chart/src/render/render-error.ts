import { UserError } from '@slipway/errors'

/** Rendering failed after files were rendered; Helm then offers `--debug`. */
export class RenderError extends UserError {}
