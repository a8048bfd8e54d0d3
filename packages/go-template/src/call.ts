import { type Evaluate, type Frame, failAt, isStackOverflow } from './execution.ts'
import { lastNodeOf } from './last-node.ts'
import { type Node, type NumberNode, nodeText, type Operand } from './nodes.ts'
import {
  type GoFunction,
  GoInteger,
  isMap,
  type ParameterType,
  type Signature,
  typeOf,
  underlyingOf,
} from './values.ts'

/** An argument of a call. */
export interface Argument {
  readonly node: Operand
  readonly evaluate: Evaluate
}

/** A call as it is written. */
export interface CallPlace {
  readonly name: string
  readonly args: readonly Argument[]
  /** The node of errors before and while arguments are read. */
  readonly node: Node
  /** The node of errors of the function itself. */
  readonly callNode: Node
}

/** No value comes through the pipe. */
export const noFinal = Symbol('no final value')

/** A call in a template: with what it is called, and where its errors point. */
export class CallSite {
  readonly place: CallPlace

  constructor(place: CallPlace) {
    this.place = place
  }

  /** Calls a function with its arguments and the piped value last; checks as in Go's evalCall. */
  call(fn: GoFunction, frame: Frame, dot: unknown, final: unknown): unknown {
    const { signature } = fn
    const values = this.values(final)
    if (signature === undefined) this.fillUntyped(values, frame, dot)
    else this.fillTyped(signature, values, frame, dot)
    return invoke(fn, values, this.place, frame)
  }

  private values(final: unknown): unknown[] {
    const { length } = this.place.args
    if (final === noFinal) return new Array(length)
    const values: unknown[] = new Array(length + 1)
    values[length] = final
    return values
  }

  private fillUntyped(values: unknown[], frame: Frame, dot: unknown): void {
    const { args } = this.place
    for (let i = 0; i < args.length; i++) values[i] = (args[i] as Argument).evaluate(frame, dot)
  }

  private fillTyped(signature: Signature, values: unknown[], frame: Frame, dot: unknown): void {
    const { place } = this
    const { args } = place
    checkCount(signature, place, values.length, frame)
    for (let i = 0; i < args.length; i++) {
      const argument = args[i] as Argument
      const type = parameterAt(signature, i)
      values[i] = isConstantOf(argument.node, type)
        ? constantAs(type, argument.node, frame)
        : checked(type, argument.evaluate(frame, dot), frame, argument.node)
    }
    for (let i = args.length; i < values.length; i++) {
      values[i] = checked(parameterAt(signature, i), values[i], frame, args.at(-1)?.node ?? place.node)
    }
  }
}

function parameterAt(signature: Signature, index: number): ParameterType {
  const { params } = signature
  return params[Math.min(index, params.length - 1)] ?? 'any'
}

function checkCount(signature: Signature, place: CallPlace, count: number, frame: Frame): void {
  const wanted = signature.params.length
  if (signature.variadic) {
    if (count >= wanted - 1) return
    const got = place.args.length
    failAt(frame, place.node, `wrong number of args for ${place.name}: want at least ${wanted - 1} got ${got}`)
  }
  if (count !== wanted) {
    failAt(frame, place.node, `wrong number of args for ${place.name}: want ${wanted} got ${count}`)
  }
}

/** The Go names of parameter types that are not named by them. */
const typeNames: Partial<Record<ParameterType, string>> = {
  any: 'interface {}',
  map: 'map[string]interface {}',
  slice: '[]interface {}',
  bytes: '[]uint8',
  value: 'reflect.Value',
}

function nameOf(type: ParameterType): string {
  return typeNames[type] ?? type
}

const nillable = new Set<ParameterType>(['any', 'value', 'map', 'slice', 'bytes'])

/** Whether Go makes the argument from its text and the parameter's type, instead of evaluating it. */
function isConstantOf({ kind }: Operand, type: ParameterType): boolean {
  if (kind === 'nil') return true
  return (kind === 'bool' || kind === 'number' || kind === 'string') && type !== 'value' && type !== 'any'
}

function constantAs(type: ParameterType, node: Operand, frame: Frame): unknown {
  if (node.kind === 'nil') {
    if (!nillable.has(type)) failAt(frame, node, `cannot assign nil to ${nameOf(type)}`)
    return type === 'value' ? undefined : null
  }
  switch (type) {
    case 'string':
      return node.kind === 'string' ? node.value : failAt(frame, node, `expected string; found ${nodeText(node)}`)
    case 'bool':
      return node.kind === 'bool' ? node.value : failAt(frame, node, `expected bool; found ${nodeText(node)}`)
    case 'int':
    case 'int64':
    case 'uint32':
      return integerConstant(type, node, frame)
    case 'float64': {
      const float = node.kind === 'number' ? (node as NumberNode).float : undefined
      return float ?? failAt(frame, node, `expected float; found ${nodeText(node)}`)
    }
    default:
      return failAt(frame, node, `can't handle ${nodeText(node)} for arg of type ${nameOf(type)}`)
  }
}

function integerConstant(type: 'int' | 'int64' | 'uint32', node: Operand, frame: Frame): bigint | GoInteger {
  const isUnsigned = type === 'uint32'
  const integer = node.kind !== 'number' ? undefined : isUnsigned ? node.uint : node.int
  if (integer === undefined) {
    return failAt(frame, node, `expected ${isUnsigned ? 'unsigned ' : ''}integer; found ${nodeText(node)}`)
  }
  if (type === 'int') return integer
  return new GoInteger(type, isUnsigned ? BigInt.asUintN(32, integer) : integer)
}

/** A value that must already have the parameter's type; `evaluated` is what it came from. */
function checked(type: ParameterType, value: unknown, frame: Frame, evaluated: Node): unknown {
  if (type === 'value' || type === 'any') return value
  if (value === undefined) {
    if (nillable.has(type)) return null
    return failAt(frame, lastNodeOf(evaluated), `invalid value; expected ${nameOf(type)}`)
  }
  if (hasType(type, value)) return value
  const got = value === null ? 'interface {}' : typeOf(value)
  return failAt(frame, lastNodeOf(evaluated), `wrong type for value; expected ${nameOf(type)}; got ${got}`)
}

function hasType(type: ParameterType, value: unknown): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string'
    case 'bool':
      return typeof value === 'boolean'
    case 'int':
      return typeof value === 'bigint'
    case 'float64':
      return typeof value === 'number'
    case 'map':
    case 'slice':
      return isAssignable(underlyingOf(value), type)
    case 'bytes':
      return value instanceof Uint8Array
    default:
      return typeOf(value) === type
  }
}

/** A map or slice of interfaces, also one of a named type such as `common.Values`. */
function isAssignable(value: unknown, type: 'map' | 'slice'): boolean {
  const name = typeOf(value)
  if (name === nameOf(type)) return true
  return !name.includes('[') && (type === 'map' ? isMap(value) : Array.isArray(value))
}

/** Runs the function; what it throws becomes Go's `error calling NAME: message`. */
function invoke(fn: GoFunction, values: unknown[], place: CallPlace, frame: Frame): unknown {
  const { budget } = frame.execution
  try {
    for (const value of values) if (typeof value === 'string') budget.spend(value.length / charactersPerByte)
    const result = fn(...values)
    budget.spend(sizeOf(result, budget.limits.maxOutputLength))
    return result
  } catch (error) {
    if (isStackOverflow(error)) throw error
    const message = error instanceof Error ? error.message : String(error)
    return failAt(frame, place.callNode, `error calling ${place.name}: ${message}`, error)
  }
}

/** Functions read text much faster than they make it. */
const charactersPerByte = 16

/** What a result takes; one that was there before counts again. */
function sizeOf(result: unknown, maxLength: number): number {
  if (typeof result === 'string') {
    if (result.length > maxLength) throw new Error(`result is longer than ${maxLength} characters`)
    return result.length
  }
  return Array.isArray(result) ? result.length * 8 : 64
}
