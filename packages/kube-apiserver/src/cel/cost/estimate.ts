import type { CheckedExpression } from '../check/check-expression.ts'
import type { Checker } from '../check/checker.ts'
import { TYPE_NAMES } from '../check/declarations.ts'
import { type Expr, type Fold, qualifiedName } from '../check/tree.ts'
import { DYN, formatType, isOptional, type Type, unwrapped } from '../check/types.ts'
import { estimateBranches, estimateCall, MAP, type Operand } from './call-estimates.ts'
import { LIST } from './list-estimates.ts'
import { ANY, add, fixed, multiply, type Range, union } from './range.ts'

/** The most that an expression can cost, whatever the values of its variables (cel-go's checker/cost.go). */
export function estimateCost({ tree, checker }: CheckedExpression, variables: ReadonlyMap<string, Type>): number {
  return new Estimator(checker, variables).cost(tree).max
}

/** What is known of a list's or map's parts. */
interface Parts {
  isList: boolean
  key: Range
  value: Range
}

/** A variable of a loop, or what the loop keeps. */
interface Local {
  /** Its type in the schema, where it comes from there. */
  declared: Type | undefined
  size: Range | undefined
  parts: Parts | undefined
}

/** What cel-go takes for the declaration of a part of something that no schema declares: it has no size. */
const NOTHING: Type = { ...DYN, maxElements: 0 }

class Estimator {
  readonly #checker: Checker
  readonly #variables: ReadonlyMap<string, Type>
  readonly #declared = new Map<Expr, Type>()
  readonly #sizes = new Map<Expr, Range>()
  readonly #parts = new Map<Expr, Parts>()
  readonly #locals: [string, Local][] = []

  constructor(checker: Checker, variables: ReadonlyMap<string, Type>) {
    this.#checker = checker
    this.#variables = variables
  }

  cost(expr: Expr): Range {
    switch (expr.kind) {
      case 'literal':
        return fixed(0)
      case 'ident': {
        if (!this.#local(expr.name)) this.#declared.set(expr, this.#variables.get(expr.name) ?? NOTHING)
        return fixed(1)
      }
      case 'select':
        return this.#select(expr)
      case 'call':
        return this.#call(expr)
      case 'list':
        return this.#list(expr)
      case 'map':
        return this.#map(expr)
      case 'fold':
        return isBinding(expr) ? this.#binding(expr) : this.#fold(expr)
    }
  }

  #select(expr: Extract<Expr, { kind: 'select' }>): Range {
    const { operand, field, isTest } = expr
    if (TYPE_NAMES.has(qualifiedName(expr) ?? '')) {
      this.#declared.set(expr, NOTHING)
      return fixed(1)
    }
    const cost = this.cost(operand)
    if (isTest) return cost
    const declared = this.#declaredOf(operand)
    const inner = declared ? fieldOf(declared, field) : NOTHING
    if (inner) this.#declared.set(expr, inner)
    const { kind } = this.#checker.typeOf(operand)
    return kind === 'map' || kind === 'object' ? add(cost, fixed(1)) : cost
  }

  #call(expr: Extract<Expr, { kind: 'call' }>): Range {
    const { name, target, args } = expr
    if (name === 'dyn' && args[0]) {
      const cost = this.cost(args[0])
      this.#copy(expr, args[0])
      return add(cost, fixed(1))
    }
    const operands = args.map((arg) => this.#operand(arg))
    const receiver = target && this.#checker.overloads.get(expr)?.[0]?.isMethod ? this.#operand(target) : undefined
    if (name === '_?._') return add(fixed(1), ...operands.map(({ cost }) => cost))
    const whole = target && !receiver ? qualified(target, name) : name
    const cost = this.#costOfOverloads(expr, whole, receiver, operands)
    return receiver ? add(cost, receiver.cost) : cost
  }

  /** The range of all overloads that a call can mean. */
  #costOfOverloads(expr: Expr, name: string, target: Operand | undefined, args: Operand[]): Range {
    let cost: Range | undefined
    let size: Range | undefined
    for (const { parameters } of this.#checker.overloads.get(expr) ?? []) {
      const branches = estimateBranches(name, args)
      const shown = parameters.map(formatType).join(', ')
      const own = branches ?? estimateCall(name, { parameters: shown, target, args })
      const whole = branches ? own.cost : add(own.cost, ...args.map((arg) => arg.cost))
      cost = cost ? union(cost, whole) : whole
      if (own.size) size = size ? union(size, own.size) : own.size
      if (name === '_[_]') size = this.#index(expr, args[0]) ?? size
      size ??= this.#sizeOf(expr)
    }
    if (name === '_?_:_') this.#setParts(expr, this.#unionOfParts(args[1]?.expr, args[2]?.expr))
    if (name === '_+_') this.#setParts(expr, this.#unionOfParts(args[0]?.expr, args[1]?.expr))
    if (size) this.#sizes.set(expr, size)
    return cost ?? fixed(0)
  }

  #index(expr: Expr, container: Operand | undefined): Range | undefined {
    if (!container?.expr) return undefined
    const declared = this.#declaredOf(container.expr)
    const inner = declared ? unwrapped(declared).parameters.at(-1) : NOTHING
    if (inner) this.#declared.set(expr, inner)
    return this.#partsOf(container.expr)?.value
  }

  #operand(expr: Expr): Operand {
    const cost = this.cost(expr)
    const declared = this.#declaredOf(expr)
    const item = declared?.kind === 'list' ? declared.parameters[0] : undefined
    const items = item && { min: 0, max: item.maxElements ?? 0 }
    return { expr, type: this.#checker.typeOf(expr), size: this.#sizeOf(expr) ?? ANY, items, cost }
  }

  #list(expr: Extract<Expr, { kind: 'list' }>): Range {
    const costs = expr.items.map((item) => this.cost(item))
    this.#parts.set(expr, { isList: true, key: fixed(1), value: this.#sizeOfAny(expr.items) })
    return add(...costs, fixed(LIST))
  }

  #map(expr: Extract<Expr, { kind: 'map' }>): Range {
    const costs = expr.entries.flatMap((entry) => entry.map((part) => this.cost(part)))
    const key = this.#sizeOfAny(expr.entries.map(([one]) => one))
    this.#parts.set(expr, { isList: false, key, value: this.#sizeOfAny(expr.entries.map(([, one]) => one)) })
    return add(...costs, fixed(MAP))
  }

  #sizeOfAny(items: Expr[]): Range {
    return items.length === 0 ? fixed(0) : items.map((item) => this.#sizeOf(item) ?? ANY).reduce(union)
  }

  #fold(expr: Fold): Range {
    const { range, init, condition, step, result, accumulator } = expr
    const before = [this.cost(range), this.cost(init)]
    this.#locals.push([accumulator, { declared: undefined, size: this.#sizeOf(init), parts: this.#partsOf(init) }])
    const rounds = this.#roundLocals(expr)
    this.#locals.push(...rounds)
    const round = add(this.cost(condition), this.cost(step))
    this.#locals.splice(-rounds.length)
    const after = this.cost(result)
    this.#locals.pop()
    const count = this.#sizeOf(range) ?? ANY
    if (init.kind === 'literal') this.#copySize(expr, init)
    else if (init.kind === 'list' || init.kind === 'map') {
      this.#sizes.set(expr, count)
      this.#setParts(expr, this.#partsOf(step))
    }
    return add(...before, after, multiply(count, round))
  }

  #roundLocals({ range, variables }: Fold): [string, Local][] {
    const parts = this.#partsOf(range)
    const declared = this.#declaredOf(range)
    const isList = parts ? parts.isList : this.#checker.typeOf(range).kind === 'list'
    const [first, second] = declared && (declared.kind === 'list' || declared.kind === 'map') ? declared.parameters : []
    const inner = declared ? (isList ? first : second) : NOTHING
    const value: Local = { declared: inner, size: parts?.value, parts: undefined }
    const key: Local = {
      declared: declared ? (isList ? undefined : first) : NOTHING,
      size: parts?.key,
      parts: undefined,
    }
    const [one = '', two] = variables
    if (two !== undefined)
      return [
        [one, key],
        [two, value],
      ]
    return [[one, isList ? value : key]]
  }

  #binding({ range, accumulator, init, result, ...fold }: Fold): Range {
    const before = [this.cost(range), this.cost(init)]
    const local = { declared: this.#declaredOf(init), size: this.#sizeOf(init), parts: this.#partsOf(init) }
    this.#locals.push([accumulator, local])
    const cost = add(...before, this.cost(result))
    this.#copy({ range, accumulator, init, result, ...fold }, result)
    this.#locals.pop()
    return cost
  }

  #local(name: string): Local | undefined {
    return this.#locals.findLast(([own]) => own === name)?.[1]
  }

  #declaredOf(expr: Expr): Type | undefined {
    const local = expr.kind === 'ident' ? this.#local(expr.name) : undefined
    return local ? local.declared : this.#declared.get(expr)
  }

  #sizeOf(expr: Expr): Range | undefined {
    const known = this.#sizes.get(expr) ?? sizeOfLiteral(expr)
    if (known) return known
    const declared = this.#declaredOf(expr)
    if (declared) return { min: 0, max: declared.maxElements ?? 0 }
    if (isScalar(this.#checker.typeOf(expr))) return fixed(1)
    return expr.kind === 'ident' ? this.#local(expr.name)?.size : undefined
  }

  #partsOf(expr: Expr): Parts | undefined {
    return this.#parts.get(expr) ?? (expr.kind === 'ident' ? this.#local(expr.name)?.parts : undefined)
  }

  #unionOfParts(a: Expr | undefined, b: Expr | undefined): Parts | undefined {
    const [one, two] = [a && this.#partsOf(a), b && this.#partsOf(b)]
    return one && two && { isList: one.isList, key: union(one.key, two.key), value: union(one.value, two.value) }
  }

  #setParts(expr: Expr, parts: Parts | undefined): void {
    if (parts) this.#parts.set(expr, parts)
  }

  #copySize(to: Expr, from: Expr): void {
    const size = this.#sizeOf(from)
    if (size) this.#sizes.set(to, size)
  }

  #copy(to: Expr, from: Expr): void {
    this.#copySize(to, from)
    this.#setParts(to, this.#partsOf(from))
  }
}

/** A name for a value is a loop over nothing. */
function isBinding({ range, condition, accumulator }: Fold): boolean {
  const isNever = condition.kind === 'literal' && condition.value === false
  return range.kind === 'list' && range.items.length === 0 && isNever && accumulator !== '@result'
}

function fieldOf(type: Type, field: string): Type | undefined {
  const inner = unwrapped(type)
  if (inner.kind === 'map') return inner.parameters[1]
  return inner.fields?.get(field)
}

function qualified(target: Expr, name: string): string {
  return `${qualifiedName(target)}.${name}`
}

function sizeOfLiteral(expr: Expr): Range | undefined {
  if (expr.kind === 'list') return fixed(expr.items.length)
  if (expr.kind === 'map') return fixed(expr.entries.length)
  if (expr.kind !== 'literal') return undefined
  if (typeof expr.value === 'string') return fixed([...expr.value].length)
  return fixed(expr.value instanceof Uint8Array ? expr.value.length : 1)
}

function isScalar(type: Type): boolean {
  return isOptional(type)
    ? isScalar(unwrapped(type))
    : type.kind === 'scalar' && type.name !== 'string' && type.name !== 'bytes'
}
