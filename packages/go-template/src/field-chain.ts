import { type Argument, CallSite, noFinal } from './call.ts'
import { type Evaluate, type Frame, failAt } from './execution.ts'
import { BoundMethod, elementType, fieldOf, methodOf, noField } from './fields.ts'
import { lastNodeOf } from './last-node.ts'
import type { ChainNode, FieldNode, VariableNode } from './nodes.ts'
import { typeOf } from './values.ts'

/** What a chain of fields starts from. */
export interface Receiver {
  readonly base: Evaluate
  readonly names: readonly string[]
  /** Where the base is an element of a loop, the slot that has what the loop goes over. */
  readonly loop: number | undefined
}

/** A chain of fields; arguments belong to its last name, which must then be a method. */
export class FieldChain {
  private readonly node: FieldNode | VariableNode | ChainNode
  private readonly receiver: Receiver
  private readonly hasArguments: boolean
  private lastCall: CallSite | undefined

  constructor(node: FieldNode | VariableNode | ChainNode, receiver: Receiver, args: readonly Argument[]) {
    this.node = node
    this.receiver = receiver
    this.hasArguments = args.length > 0
    if (this.hasArguments) this.lastCall = this.callSite(receiver.names.length - 1, args)
  }

  /** The last field's value; `final` comes through the pipe, or is `noFinal`. */
  evaluate(frame: Frame, dot: unknown, final: unknown): unknown {
    const { node } = this
    const { base, names, loop } = this.receiver
    const last = names.length - 1
    let container = loop === undefined ? undefined : frame.variables[loop]
    let value = base(frame, dot)
    for (let i = 0; i < last; i++) {
      const name = names[i] as string
      let field = fieldOf(frame, value, name, node)
      if (field === noField) this.fail(frame, name, value, container)
      if (field instanceof BoundMethod) field = this.callSite(i, []).call(field.fn, frame, dot, noFinal)
      container = value
      value = field
    }
    const name = names[last] as string
    const find = this.hasArguments || final !== noFinal ? methodOf : fieldOf
    const field = find(frame, value, name, node)
    if (field === noField) return this.fail(frame, name, value, container)
    if (!(field instanceof BoundMethod)) return field
    this.lastCall ??= this.callSite(last, [])
    return this.lastCall.call(field.fn, frame, dot, final)
  }

  /** Methods are rare, so what their calls need is made when one is met. */
  private callSite(index: number, args: readonly Argument[]): CallSite {
    const name = this.receiver.names[index] ?? ''
    return new CallSite({ name, args, node: lastNodeOf(this.node), callNode: this.node })
  }

  private fail(frame: Frame, name: string, value: unknown, container: unknown): never {
    const type = container === undefined ? typeOf(value) : elementType(container, value)
    return failAt(frame, lastNodeOf(this.node), `can't evaluate field ${name} in type ${type}`)
  }
}
