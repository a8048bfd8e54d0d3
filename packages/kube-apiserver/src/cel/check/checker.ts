import { keywordField } from '../values.ts'
import { type Overload, overloadsOf, TYPE_NAMES } from './declarations.ts'
import type { Issue } from './issues.ts'
import { mostGeneral, Substitution } from './substitution.ts'
import { type Expr, type Fold, qualifiedName } from './tree.ts'
import {
  BOOL,
  DYN,
  ERROR,
  formatCall,
  formatType,
  INT,
  isOptional,
  isUnchecked,
  listOf,
  mapOf,
  optionalOf,
  type Type,
  unwrapped,
} from './types.ts'

/** The types of the variables that an expression may name. */
export type Variables = ReadonlyMap<string, Type>

type Call = Extract<Expr, { kind: 'call' }>

/** Finds the type of every part of an expression, and all that does not fit together (cel-go's checker/checker.go). */
export class Checker {
  readonly issues: Issue[] = []
  /** The overloads that a call can mean. */
  readonly overloads = new Map<Expr, Overload[]>()
  /** The variables of the outside that were named. */
  readonly named = new Set<string>()
  readonly #types = new Map<Expr, Type>()
  readonly #substitution = new Substitution()
  readonly #variables: Variables
  /** Variables of the loops around, the innermost last. */
  readonly #scopes: Map<string, Type>[] = []

  constructor(variables: Variables) {
    this.#variables = variables
  }

  check(expr: Expr): Type {
    const type = this.#infer(expr)
    this.#types.set(expr, type)
    return type
  }

  /** What is known of a part's type once all is checked. */
  typeOf(expr: Expr): Type {
    return this.#substitution.resolve(this.#types.get(expr) ?? ERROR, true)
  }

  #infer(expr: Expr): Type {
    switch (expr.kind) {
      case 'literal':
        return expr.type
      case 'ident':
        return this.#lookUp(expr.name) ?? this.#undeclared(expr.name, expr.at)
      case 'select': {
        const name = qualifiedName(expr)
        const variable = name === undefined ? undefined : this.#lookUp(name)
        if (variable) return variable
        const type = this.#field(expr.operand, expr.field, expr.at)
        return expr.isTest ? BOOL : this.#substitution.resolve(type)
      }
      case 'call':
        return this.#call(expr)
      case 'list':
        return listOf(this.#joined(expr.items.map((item) => this.check(item))))
      case 'map': {
        const types = expr.entries.map(([key, value]) => [this.check(key), this.check(value)] as const)
        return mapOf(this.#joined(types.map(([key]) => key)), this.#joined(types.map(([, value]) => value)))
      }
      case 'fold':
        return this.#fold(expr)
    }
  }

  #lookUp(name: string): Type | undefined {
    const local = this.#scopes.findLast((scope) => scope.has(name))?.get(name)
    if (local) return local
    const variable = this.#variables.get(name)
    if (variable) this.named.add(name)
    return variable ?? TYPE_NAMES.get(name)
  }

  #undeclared(name: string, at: number): Type {
    return this.#fault(at, `undeclared reference to '${name}' (in container '')`)
  }

  #fault(at: number, message: string): Type {
    this.issues.push({ at, message })
    return ERROR
  }

  /** The type of a field; of what may be missing, what it may be. */
  #field(operand: Expr, field: string, at: number): Type {
    const type = this.#substitution.resolve(this.check(operand))
    const found = this.#fieldOf(unwrapped(type), field, at)
    return isOptional(type) ? optionalOf(found) : found
  }

  #fieldOf(type: Type, field: string, at: number): Type {
    switch (type.kind) {
      case 'map':
        return type.parameters[1] ?? DYN
      case 'object':
        if (!type.fields) return this.#fault(at, `unexpected failed resolution of '${type.name}'`)
        return (
          type.fields.get(field) ??
          type.fields.get(keywordField(field) ?? '') ??
          this.#fault(at, `undefined field '${field}'`)
        )
      case 'parameter':
        this.#substitution.fits([DYN], [type])
        return DYN
      default:
        if (!isUnchecked(type)) this.#fault(at, `type '${formatType(type)}' does not support field selection`)
        return DYN
    }
  }

  #call(call: Call): Type {
    const { name, target, args, at } = call
    if (name === '_?._') {
      const [operand, field] = args as [Expr, Extract<Expr, { kind: 'literal' }>]
      const type = this.#field(operand, String(field.value), at)
      return this.#substitution.resolve(isOptional(type) ? type : optionalOf(type))
    }
    for (const arg of args) this.check(arg)
    if (!target) return this.#resolve(call, overloadsOf(name), name, undefined)
    // `sets.contains(a, b)` is a function's name, not a method of `sets`.
    const prefix = qualifiedName(target)
    const whole = `${prefix}.${name}`
    const functions = prefix === undefined ? [] : overloadsOf(whole)
    if (functions.length > 0) return this.#resolve(call, functions, whole, undefined)
    this.check(target)
    return this.#resolve(call, overloadsOf(name), name, target)
  }

  /** The result of the overloads that the arguments fit. */
  #resolve(call: Call, overloads: readonly Overload[], name: string, target: Expr | undefined): Type {
    const { args, at } = call
    if (overloads.length === 0) return this.#undeclared(name, at)
    const parts = target ? [target, ...args] : args
    const types = parts.map((part) => this.#types.get(part) ?? ERROR)
    if (name === '_&&_' || name === '_||_') return this.#logical(call, overloads, types)
    const matching: Overload[] = []
    let result: Type | undefined
    for (const overload of overloads) {
      if (overload.isMethod !== (target !== undefined)) continue
      const { parameters, result: declared } = this.#instantiated(overload)
      if (!this.#substitution.fits(types, parameters)) continue
      matching.push(overload)
      const own = this.#substitution.resolve(declared)
      if (result && result.kind !== 'dyn' && formatType(own) !== formatType(result)) result = DYN
      result ??= own
    }
    if (!result) {
      const shown = types.map((type) => this.#substitution.resolve(type, true))
      const applied = formatCall(shown, target !== undefined)
      return this.#fault(at, `found no matching overload for '${name}' applied to '${applied}'`)
    }
    this.overloads.set(call, matching)
    return result
  }

  #logical(call: Call, overloads: readonly Overload[], types: Type[]): Type {
    let result = BOOL
    for (const [index, type] of types.entries()) {
      if (this.#substitution.fits([type], [BOOL])) continue
      result = this.#mismatch(call.args[index] as Expr, BOOL, type)
    }
    this.overloads.set(call, [...overloads])
    return result
  }

  /** An overload with parameters of its own, so that two calls do not bind each other's. */
  #instantiated(overload: Overload): Pick<Overload, 'parameters' | 'result'> {
    const fresh = new Map<string, Type>()
    const instance = (type: Type): Type => {
      if (type.kind === 'parameter') {
        const known = fresh.get(type.name) ?? this.#substitution.unknown()
        fresh.set(type.name, known)
        return known
      }
      return type.parameters.length === 0 ? type : { ...type, parameters: type.parameters.map(instance) }
    }
    return { parameters: overload.parameters.map(instance), result: instance(overload.result) }
  }

  #mismatch(expr: { at: number }, expected: Type, found: Type): Type {
    return this.#fault(expr.at, `expected type '${formatType(expected)}' but found '${formatType(found)}'`)
  }

  /** The type of all items of a literal; of mixed ones, any. */
  #joined(types: Type[]): Type {
    let joined: Type | undefined
    for (const type of types) {
      if (!joined) joined = type
      else if (this.#substitution.fits([joined], [type])) joined = mostGeneral(joined, type)
      else joined = DYN
    }
    return joined ?? this.#substitution.unknown()
  }

  #fold({ range, variables, accumulator, init, condition, step, result }: Fold): Type {
    this.check(range)
    const kept = this.check(init)
    const types = this.#roundTypes(range, variables.length)
    this.#scopes.push(new Map([[accumulator, kept]]))
    this.#scopes.push(new Map(variables.map((name, index) => [name, types[index] ?? DYN])))
    this.#expect(condition, BOOL)
    this.#expect(step, kept)
    this.#scopes.pop()
    const type = this.check(result)
    this.#scopes.pop()
    return this.#substitution.resolve(type)
  }

  /** The types of a loop's variables. */
  #roundTypes(range: Expr, count: number): Type[] {
    const type = this.#substitution.resolve(this.#types.get(range) ?? ERROR)
    const [first = DYN, second = DYN] = type.parameters
    if (type.kind === 'list') return count === 1 ? [first] : [INT, first]
    if (type.kind === 'map') return [first, second]
    if (type.kind === 'parameter') this.#substitution.fits([DYN], [type])
    if (isUnchecked(type) || type.kind === 'parameter') return [DYN, DYN]
    const why = 'cannot be range of a comprehension (must be list, map, or dynamic)'
    this.#fault(range.at, `expression of type '${formatType(type)}' ${why}`)
    return [ERROR, ERROR]
  }

  #expect(expr: Expr, expected: Type): void {
    const found = this.check(expr)
    if (!this.#substitution.fits([expected], [found])) this.#mismatch(expr, expected, found)
  }
}
