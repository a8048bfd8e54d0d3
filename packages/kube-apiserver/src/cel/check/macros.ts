import { Builder } from './builders.ts'
import type { Issue } from './issues.ts'
import type { Expr } from './tree.ts'

/** How a macro was called. */
interface Call {
  build: Builder
  target: Expr
  args: Expr[]
}

/** What a macro stands for, or what is wrong with its arguments. */
type Expand = (call: Call) => Expr | Issue

/** The macros by name and number of arguments: cel-go's parser/macro.go, ext/comprehensions.go, ext/lists.go, cel/library.go. */
const MACROS: Record<string, Expand> = {
  'has/1': ({ build, args: [arg] }) =>
    arg?.kind === 'select' && !arg.isTest
      ? build.hasField(arg.operand, arg.field)
      : { at: arg?.at ?? 0, message: 'invalid argument to has() macro' },
  'all/2': quantifier(1, all),
  'exists/2': quantifier(1, exists),
  'exists_one/2': quantifier(1, existsOne),
  'all/3': quantifier(2, all),
  'exists/3': quantifier(2, exists),
  'exists_one/3': quantifier(2, existsOne),
  'existsOne/3': quantifier(2, existsOne),
  'map/2': listMaker(1),
  'map/3': listMaker(1),
  'filter/2': filter,
  'transformList/3': listMaker(2),
  'transformList/4': listMaker(2),
  'transformMap/3': mapMaker,
  'transformMap/4': mapMaker,
  'transformMapEntry/3': entryMaker,
  'transformMapEntry/4': entryMaker,
  'sortBy/2': sortBy,
  'optMap/2': optional('optMap', (build, value) => build.call('optional.of', value)),
  'optFlatMap/2': optional('optFlatMap', (_, value) => value),
}

/** What a call stands for, if it is a macro's. */
export function expandMacro(
  name: string,
  at: number,
  target: Expr | undefined,
  args: Expr[],
): Expr | Issue | undefined {
  if ((target === undefined) !== (name === 'has')) return undefined
  const expand = Object.hasOwn(MACROS, `${name}/${args.length}`) ? MACROS[`${name}/${args.length}`] : undefined
  const build = new Builder(at)
  return expand?.({ build, target: target ?? build.list(), args })
}

/** A name for a value in an expression. */
export function expandBind(at: number, [name, value, body]: Expr[]): Expr | Issue | undefined {
  if (!name || !value || !body) return undefined
  if (name.kind !== 'ident') return { at: name.at, message: 'cel.bind() variable names must be simple identifiers' }
  return new Builder(at).bind(name.name, value, body)
}

const isIssue = (value: unknown): value is Issue => typeof value === 'object' && value !== null && 'message' in value

const NO_NAME = 'argument must be a simple name'
const NO_IDENTIFIER = 'argument is not an identifier'

/** The names that the first arguments declare. */
function variablesOf(args: Expr[], count: number, complaint: string): string[] | Issue {
  const names: string[] = []
  for (const arg of args.slice(0, count)) {
    if (arg.kind !== 'ident') return { at: arg.at, message: complaint }
    if (arg.name === '__result__') return { at: arg.at, message: 'iteration variable overwrites accumulator variable' }
    if (names.includes(arg.name)) return { at: arg.at, message: `duplicate variable name: ${arg.name}` }
    names.push(arg.name)
  }
  return names
}

type Quantify = (build: Builder, range: Expr, variables: string[], predicate: Expr) => Expr

function quantifier(count: number, quantify: Quantify): Expand {
  return ({ build, target, args }) => {
    const variables = variablesOf(args, count, NO_NAME)
    return isIssue(variables) ? variables : quantify(build, target, variables, args[count] as Expr)
  }
}

function all(build: Builder, range: Expr, variables: string[], predicate: Expr): Expr {
  return build.fold(range, variables, {
    init: build.bool(true),
    condition: build.call('@not_strictly_false', build.accumulator()),
    step: build.call('_&&_', build.accumulator(), predicate),
  })
}

function exists(build: Builder, range: Expr, variables: string[], predicate: Expr): Expr {
  return build.fold(range, variables, {
    init: build.bool(false),
    condition: build.call('@not_strictly_false', build.call('!_', build.accumulator())),
    step: build.call('_||_', build.accumulator(), predicate),
  })
}

function existsOne(build: Builder, range: Expr, variables: string[], predicate: Expr): Expr {
  const more = build.call('_+_', build.accumulator(), build.int(1n))
  return build.fold(range, variables, {
    init: build.int(0n),
    step: build.call('_?_:_', predicate, more, build.accumulator()),
    result: build.call('_==_', build.accumulator(), build.int(1n)),
  })
}

/** The step of a loop that leaves out what a filter does not hold for. */
const filtered = (build: Builder, step: Expr, predicate: Expr | undefined): Expr =>
  predicate ? build.call('_?_:_', predicate, step, build.accumulator()) : step

function listMaker(count: number): Expand {
  return ({ build, target, args }) => {
    const variables = variablesOf(args, count, count === 1 ? NO_IDENTIFIER : NO_NAME)
    if (isIssue(variables)) return variables
    const predicate = args.length > count + 1 ? args[count] : undefined
    const more = build.call('_+_', build.accumulator(), build.list(args.at(-1) as Expr))
    return build.fold(target, variables, { init: build.list(), step: filtered(build, more, predicate) })
  }
}

function filter({ build, target, args }: Call): Expr | Issue {
  const variables = variablesOf(args, 1, NO_IDENTIFIER)
  if (isIssue(variables)) return variables
  const more = build.call('_+_', build.accumulator(), build.list(args[0] as Expr))
  return build.fold(target, variables, { init: build.list(), step: filtered(build, more, args[1]) })
}

function mapMaker({ build, target, args }: Call): Expr | Issue {
  return mapOfSteps({ build, target, args }, (key, value) => [build.ident(key), value])
}

function entryMaker({ build, target, args }: Call): Expr | Issue {
  return mapOfSteps({ build, target, args }, (_, value) => [value])
}

function mapOfSteps({ build, target, args }: Call, inserted: (key: string, value: Expr) => Expr[]): Expr | Issue {
  const variables = variablesOf(args, 2, NO_NAME)
  if (isIssue(variables)) return variables
  const entry = inserted(variables[0] as string, args.at(-1) as Expr)
  const more = build.call('cel.@mapInsert', build.accumulator(), ...entry)
  const predicate = args.length > 3 ? args[2] : undefined
  return build.fold(target, variables, { init: build.map(), step: filtered(build, more, predicate) })
}

function sortBy({ build, target, args }: Call): Expr | Issue {
  if (target.kind === 'literal' || target.kind === 'map') {
    const message = 'sortBy can only be applied to a list, identifier, comprehension, call or select expression'
    return { at: target.at, message }
  }
  const input = '@__sortBy_input__'
  const keys = listMaker(1)({ build, target: build.ident(input), args })
  if (isIssue(keys)) return keys
  return build.bind(input, target, build.method(build.ident(input), '@sortByAssociatedKeys', keys))
}

function optional(macro: string, wrap: (build: Builder, value: Expr) => Expr): Expand {
  return ({ build, target, args: [variable, body] }) => {
    if (variable?.kind !== 'ident') {
      return { at: variable?.at ?? 0, message: `${macro}() variable name must be a simple identifier` }
    }
    const value = build.bind(variable.name, build.method(target, 'value'), body as Expr)
    return build.call('_?_:_', build.method(target, 'hasValue'), wrap(build, value), build.call('optional.none'))
  }
}
