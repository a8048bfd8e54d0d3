import { expandMacros, expandVariable, type Value } from '@slipway/pipeline-yaml'
import type { Masker } from './masker.ts'

interface Variable {
  name: string
  value: string
  secret: boolean
  readonly: boolean
  preserveCase: boolean
}

export interface VariableOptions {
  secret?: boolean
  readonly?: boolean
  /** Keep the name's case in the environment. */
  preserveCase?: boolean
}

/** The variables of a job. Names are compared without case; what was secret once stays secret. */
export class Variables {
  readonly #masker: Masker
  readonly #variables = new Map<string, Variable>()

  constructor(masker: Masker, parent?: Variables) {
    this.#masker = masker
    if (parent) for (const [key, variable] of parent.#variables) this.#variables.set(key, variable)
  }

  /** False when the variable is read-only. */
  set(name: string, value: string, options: VariableOptions = {}): boolean {
    const key = name.toLowerCase()
    const before = this.#variables.get(key)
    if (before?.readonly) return false
    const secret = options.secret === true || before?.secret === true
    if (secret) this.#masker.add(value)
    this.#variables.set(key, {
      name,
      value,
      secret,
      readonly: options.readonly === true,
      preserveCase: options.preserveCase === true,
    })
    return true
  }

  /** Sets one of the agent's own variables, which scripts can't change. */
  setSystem(name: string, value: string, options: { secret?: boolean } = {}): void {
    this.#variables.delete(name.toLowerCase())
    this.set(name, value, { ...options, readonly: true })
  }

  /** The value with the variables in it replaced. */
  get(name: string): string | undefined {
    return expandVariable(name, (wanted) => this.#variables.get(wanted.toLowerCase())?.value)
  }

  /** `$(x)` in a text: a variable, else an environment variable, else left as written. */
  expand(text: string, environment: Readonly<Record<string, string>>): string {
    return expandMacros(text, (name) => this.get(name) ?? environment[name])
  }

  /** What a process sees: public variables only, named in upper case with `.` and space as `_`. */
  environment(): Record<string, string> {
    const environment: Record<string, string> = {}
    for (const { name, secret, preserveCase } of this.#variables.values()) {
      if (secret) continue
      const key = name.replace(/[. ]/g, '_')
      // A name that no process can hold would fail every step.
      if (!key.includes('=') && !key.includes('\0'))
        environment[preserveCase ? key : key.toUpperCase()] = this.get(name) ?? ''
    }
    return environment
  }

  /** The `variables` context of expressions. */
  context(): Record<string, Value> {
    return Object.fromEntries([...this.#variables.values()].map(({ name }) => [name, this.get(name) ?? '']))
  }
}
