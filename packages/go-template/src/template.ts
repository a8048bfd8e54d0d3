import { Budget, countWith } from './budget.ts'
import { TemplateCache } from './cache.ts'
import { TemplateError } from './errors.ts'
import { type CompiledTemplate, type Environment, type Execution, isStackOverflow, runTemplate } from './execution.ts'
import { builtins, builtinsBeforeGo124 } from './functions/builtins.ts'
import type { TemplateLimits } from './limits.ts'
import { quote } from './strconv.ts'
import type { GoFunction } from './values.ts'

/** How a set of templates is parsed and run. */
export interface TemplateOptions {
  /** Functions besides Go's own (`eq`, `printf`, ...), which they may replace, `and` and `or` excepted. */
  readonly functions: Readonly<Record<string, GoFunction>>
  /** What a missing map key gives. @default 'default' */
  readonly missingKey?: 'default' | 'zero' | 'error'
  /** Of one `parse`, or one `execute` with all that run inside it. */
  readonly limits?: Partial<TemplateLimits>
  /** Instead of limits for each: what all that is parsed and executed may spend together, other users of it included. */
  readonly budget?: Budget
  /** Whose rules: since 1.24, `range` goes over integers and comparisons name the types they cannot compare. @default '1.25' */
  readonly goVersion?: '1.23' | '1.25'
  /** @default '{{' */
  readonly leftDelim?: string
  /** @default '}}' */
  readonly rightDelim?: string
  /** The set's own name, which Go's error for an unknown template mentions. @default 'gotpl' */
  readonly name?: string
  /** Compiled templates to share with other sets. @default a cache of its own */
  readonly cache?: TemplateCache
}

/** A set of templates that can call each other. */
export class Template {
  private readonly options: TemplateOptions
  private readonly functions: Readonly<Record<string, GoFunction>>
  private readonly cache: TemplateCache
  private readonly templates = new Map<string, CompiledTemplate>()
  private readonly environment: Environment
  private readonly parent: Template | undefined
  private readonly budget: Budget

  /** `parent` is for `child` only. */
  constructor(options: TemplateOptions, parent?: Template) {
    const isOld = options.goVersion === '1.23'
    this.options = options
    this.parent = parent
    this.functions = Object.assign(
      Object.create(parent?.functions ?? (isOld ? builtinsBeforeGo124 : builtins)),
      options.functions,
    )
    this.cache = options.cache ?? parent?.cache ?? new TemplateCache()
    this.budget = parent?.budget ?? options.budget ?? new Budget(options.limits)
    this.environment = {
      functions: this.functions,
      missingKey: options.missingKey ?? 'default',
      rangesOverIntegers: !isOld,
      lookup: (name) => this.lookup(name),
    }
  }

  /**
   * Adds the template and those that its text defines; one that is only space never replaces another. Gives them for
   * `add` to other sets. Throws TemplateError.
   */
  parse(name: string, text: string): readonly CompiledTemplate[] {
    const { leftDelim = '{{', rightDelim = '}}' } = this.options
    const hasFunction = (wanted: string) => this.functions[wanted] !== undefined
    this.renewBudget()
    const outer = countWith(this.budget)
    try {
      const parsed = this.cache.parse({ name, text, leftDelim, rightDelim, hasFunction })
      this.add(parsed)
      return parsed
    } finally {
      countWith(outer)
    }
  }

  /** Adds what `parse` of a set with the same functions gave. */
  add(templates: readonly CompiledTemplate[]): void {
    for (const template of templates) {
      if (!template.code.isEmpty || !this.has(template.name)) this.templates.set(template.name, template)
    }
  }

  /** Whether a template of that name can be executed. */
  has(name: string): boolean {
    return this.lookup(name) !== undefined
  }

  /** The names of all templates, in the order in which they came. */
  names(): string[] {
    return [...new Set([...(this.parent?.names() ?? []), ...this.templates.keys()])]
  }

  /** Renders a template; functions may call it again (include, tpl). Throws TemplateError with Go's text. */
  execute(name: string, data: unknown): string {
    const template = this.lookup(name)
    if (!template) {
      const set = quote(this.options.name ?? 'gotpl')
      throw new TemplateError(`template: no template ${quote(name)} associated with template ${set}`)
    }
    this.renewBudget()
    const { budget } = this
    const { depth } = budget
    const outer = countWith(budget)
    budget.depth++
    try {
      if (budget.depth > budget.limits.maxDepth) {
        throw new TemplateError(`template: ${name}: exceeded maximum template depth (${budget.limits.maxDepth})`)
      }
      const execution: Execution = { out: '', environment: this.environment, budget }
      runTemplate(template, execution, data ?? undefined)
      budget.spend(execution.out.length)
      return execution.out
    } catch (error) {
      throw depth === 0 ? outermostError(name, error) : error
    } finally {
      // A {{template}} that failed has not counted down.
      budget.depth = depth
      countWith(outer)
    }
  }

  /** The limits are for each outermost call, unless a budget was given that is for all of them. */
  private renewBudget(): void {
    if (this.options.budget === undefined && this.budget.depth === 0) this.budget.reset()
  }

  /**
   * A set that sees these templates and may add or replace templates and functions without changing this one; for `tpl`.
   * It counts against the limits of the execution it is used in.
   */
  child(functions: Readonly<Record<string, GoFunction>> = {}): Template {
    return new Template({ ...this.options, functions }, this)
  }

  private lookup(name: string): CompiledTemplate | undefined {
    return this.templates.get(name) ?? this.parent?.lookup(name)
  }
}

/** Nothing but TemplateError leaves an execution; the stack's end is the depth limit that JavaScript sets. */
function outermostError(name: string, error: unknown): TemplateError {
  if (error instanceof TemplateError) return error
  if (isStackOverflow(error)) return new TemplateError(`template: ${name}: templates are nested too deeply`)
  const message = error instanceof Error ? error.message : String(error)
  return new TemplateError(`template: ${name}: ${message}`, { cause: error })
}
