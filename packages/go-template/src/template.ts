import { TemplateError } from './errors.ts'
import type { TemplateLimits } from './limits.ts'
import type { GoFunction } from './values.ts'

/** How a set of templates is parsed and run. */
export interface TemplateOptions {
  /** Functions besides Go's own (`eq`, `printf`, ...). */
  readonly functions: Readonly<Record<string, GoFunction>>
  /** What a missing map key gives. @default 'default' */
  readonly missingKey?: 'default' | 'zero' | 'error'
  readonly limits?: Partial<TemplateLimits>
  readonly leftDelim?: string
  readonly rightDelim?: string
}

/** A set of templates that can call each other. */
export class Template {
  private readonly options: TemplateOptions

  constructor(options: TemplateOptions) {
    this.options = options
  }

  /** Adds the template and those that its text defines. Throws TemplateError. */
  parse(name: string, _text: string): void {
    throw new TemplateError(`template: ${name}: not implemented`)
  }

  has(_name: string): boolean {
    return false
  }

  names(): string[] {
    return []
  }

  /** Renders a template; functions may call it again (include, tpl). Throws TemplateError. */
  execute(name: string, _data: unknown): string {
    throw new TemplateError(`template: no template "${name}"`)
  }

  /** A set that sees these templates and may add its own without changing this one; for `tpl`. Shares the limits of the execution it is used in. */
  child(functions: Readonly<Record<string, GoFunction>> = {}): Template {
    return new Template({ ...this.options, functions: { ...this.options.functions, ...functions } })
  }
}
