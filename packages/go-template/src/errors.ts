/** A parse or execution error with Go's own text, e.g. `template: a.yaml:1:3: executing "a.yaml" at <.x>: ...`. */
export class TemplateError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'TemplateError'
  }
}
