import { compilePipe, type ExpressionScope } from './compile-expressions.ts'
import { type Code, type Evaluate, type Frame, failAt, type Run, runTemplate, type Signal, step } from './execution.ts'
import { formatValue } from './fmt.ts'
import { lastNodeOf } from './last-node.ts'
import {
  type ActionNode,
  type BranchNode,
  isEmptyTree,
  type ListNode,
  nodeText,
  type Statement,
  type TemplateNode,
} from './nodes.ts'
import { rangeOver } from './range.ts'
import { quote } from './strconv.ts'
import { pointedTo, TemplateObject, truth, typeOf } from './values.ts'

/** Closures made of a tree, when it is first run. Rules: Go's text/template/exec.go. */
export class TreeCode implements Code {
  readonly isEmpty: boolean
  private readonly root: ListNode
  private compiled: Run | undefined

  constructor(root: ListNode) {
    this.isEmpty = isEmptyTree(root)
    this.root = root
  }

  get run(): Run {
    this.compiled ??= new Compiler().list(this.root)
    return this.compiled
  }
}

/** What an action writes for a value that no function gave: what is behind a pointer, by the pointer's String method. */
function addressableText(value: unknown): string {
  const members = typeof value === 'object' && value !== null ? TemplateObject.membersOf(value) : undefined
  return members?.toPointerString?.() ?? formatValue(pointedTo(value))
}

class Compiler {
  private readonly scope: ExpressionScope = {
    variables: [{ name: '$', slot: 0, loop: undefined }],
    slots: 1,
    dotLoop: undefined,
  }

  list(list: ListNode): Run {
    const runs = list.nodes.map((node) => this.statement(node))
    const [first, second] = runs
    if (first === undefined) return () => 0
    if (second === undefined) return first
    return (frame, dot) => {
      for (let i = 0; i < runs.length; i++) {
        const signal = (runs[i] as Run)(frame, dot)
        if (signal !== 0) return signal
      }
      return 0
    }
  }

  private statement(node: Statement): Run {
    switch (node.kind) {
      case 'text':
        return (frame) => {
          frame.execution.out += node.text
          return 0
        }
      case 'action':
        return this.action(node)
      case 'if':
        return this.ifBranch(node)
      case 'with':
        return this.withBranch(node)
      case 'range':
        return this.range(node)
      case 'template':
        return this.template(node)
      case 'break':
        return () => 1
      case 'continue':
        return () => 2
    }
  }

  private pipe(node: BranchNode | ActionNode): Evaluate {
    return compilePipe(node.pipe, this.scope)
  }

  /** A part whose variables end with it and that may have another dot. */
  private scoped<T>(dotLoop: number | undefined, compile: () => T): T {
    const { scope } = this
    const known = scope.variables.length
    const outer = scope.dotLoop
    scope.dotLoop = dotLoop
    const result = compile()
    scope.variables.length = known
    scope.dotLoop = outer
    return result
  }

  private action(node: ActionNode): Run {
    const evaluate = this.pipe(node)
    if (node.pipe.declarations.length > 0) {
      return (frame, dot) => {
        step(frame, node)
        evaluate(frame, dot)
        return 0
      }
    }
    const isFromCall = node.pipe.commands.at(-1)?.args[0]?.kind === 'identifier'
    const textOf = isFromCall ? formatValue : addressableText
    return (frame, dot) => {
      const { execution } = frame
      step(frame, node)
      const value = evaluate(frame, dot)
      if (typeof value === 'string') execution.out += value
      else if (value === undefined || value === null) execution.out += '<no value>'
      else if (typeof value === 'function') {
        failAt(frame, node, `can't print ${nodeText(node)} of type ${typeOf(value)}`)
      } else execution.out += textOf(value)
      return 0
    }
  }

  private branchLists(node: BranchNode, dotLoop: number | undefined): { run: Run; otherwise: Run | undefined } {
    const outer = this.scope.dotLoop
    const run = this.scoped(dotLoop, () => this.list(node.list))
    const { elseList } = node
    return { run, otherwise: elseList && this.scoped(outer, () => this.list(elseList)) }
  }

  private ifBranch(node: BranchNode): Run {
    const outer = this.scope.dotLoop
    return this.scoped(outer, () => {
      const evaluate = this.pipe(node)
      const { run, otherwise } = this.branchLists(node, outer)
      return (frame, dot) => {
        step(frame, node)
        if (truth(evaluate(frame, dot))) return run(frame, dot)
        return otherwise === undefined ? 0 : otherwise(frame, dot)
      }
    })
  }

  private withBranch(node: BranchNode): Run {
    return this.scoped(this.scope.dotLoop, () => {
      const evaluate = this.pipe(node)
      const { run, otherwise } = this.branchLists(node, undefined)
      return (frame, dot) => {
        step(frame, node)
        const value = evaluate(frame, dot)
        if (truth(value)) return run(frame, value)
        return otherwise === undefined ? 0 : otherwise(frame, dot)
      }
    })
  }

  private range(node: BranchNode): Run {
    const { scope } = this
    return this.scoped(scope.dotLoop, () => {
      const evaluate = this.pipe(node)
      const loop = scope.slots++
      const setters = node.pipe.declarations.map((variable, index, all) =>
        this.loopVariable(variable.path[0] ?? '', node, index === all.length - 1 ? loop : undefined),
      )
      const { run, otherwise } = this.branchLists(node, loop)
      const setIndex = setters.length > 1 ? setters[0] : undefined
      const setElement = setters.at(-1)
      const variables = setters.length
      return (frame, dot) => {
        const fail = (message: string) => failAt(frame, lastNodeOf(node.pipe), message)
        const turn = (index: unknown, element: unknown): boolean => {
          step(frame, node)
          setElement?.(frame, element)
          setIndex?.(frame, index)
          return run(frame, element) === 1
        }
        const { rangesOverIntegers } = frame.execution.environment
        const collection = evaluate(frame, dot)
        frame.variables[loop] = collection
        if (rangeOver(collection, turn, { rangesOverIntegers, variables, fail }) || otherwise === undefined) return 0
        return otherwise(frame, dot)
      }
    })
  }

  /** Sets a loop's variable; `loop` is the slot of what the loop goes over, where the variable is its element. */
  private loopVariable(
    name: string,
    node: BranchNode,
    loop: number | undefined,
  ): (frame: Frame, value: unknown) => void {
    const variable = this.scope.variables.findLast((known) => known.name === name)
    if (!variable) return (frame) => failAt(frame, lastNodeOf(node.pipe), `undefined variable: ${name}`)
    if (!node.pipe.isAssign) variable.loop = loop
    const { slot } = variable
    return (frame, value) => {
      frame.variables[slot] = value
    }
  }

  private template(node: TemplateNode): Run {
    const evaluate = node.pipe === undefined ? undefined : compilePipe(node.pipe, this.scope)
    return (frame, dot): Signal => {
      const { execution } = frame
      step(frame, node)
      const { budget } = execution
      const template = execution.environment.lookup(node.name)
      if (!template) return failAt(frame, node, `template ${quote(node.name)} not defined`)
      if (budget.depth >= budget.limits.maxDepth) {
        failAt(frame, node, `exceeded maximum template depth (${budget.limits.maxDepth})`)
      }
      const data = evaluate?.(frame, dot)
      budget.depth++
      runTemplate(template, execution, data)
      budget.depth--
      return 0
    }
  }
}
