import { type Environment, Optional } from '@marcbachmann/cel-js'
import type { Checker, Evaluator, Macro, MacroCall, Node, Scope, Type } from './engine.ts'
import { variableName } from './engine.ts'
import { sortedBy } from './lists.ts'

/** The macros of cel-go's ext/comprehensions.go, of ext/lists.go and of optional values. */
export function addMacros(env: Environment): void {
  const add = (signature: string, expand: (call: MacroCall) => Macro) =>
    env.registerFunction(signature, expand as never)
  for (const name of ['exists_one', 'existsOne']) add(`list.${name}(ast, ast, ast): bool`, quantifier(isOne))
  add('list.existsOne(ast, ast): bool', quantifier(isOne))
  add('list.all(ast, ast, ast): bool', quantifier(isAll))
  add('list.exists(ast, ast, ast): bool', quantifier(isAny))
  for (const filter of ['', ', ast']) {
    add(
      `list.transformList(ast, ast, ast${filter}): list<dyn>`,
      transformation('list<dyn>', (results) => results.map(([, value]) => value)),
    )
    add(
      `list.transformMap(ast, ast, ast${filter}): map<dyn, dyn>`,
      transformation('map<dyn, dyn>', (results) => Object.fromEntries(results)),
    )
    add(`list.transformMapEntry(ast, ast, ast${filter}): map<dyn, dyn>`, transformation('map<dyn, dyn>', joinedEntries))
  }
  add('list.sortBy(ast, ast): list<dyn>', sortBy)
  add(
    'optional.optMap(ast, ast): optional<dyn>',
    optionalMap('optMap', (value) => Optional.of(value)),
  )
  add(
    'optional.optFlatMap(ast, ast): optional<dyn>',
    optionalMap('optFlatMap', (value) => value),
  )
  // With it the engine takes the value of something of any type to be of any type; by itself it finds no type.
  env.registerFunction('OptionalNamespace.value(): dyn', () => undefined)
  env.registerFunction('OptionalNamespace.unwrap(list<dyn>): list<dyn>', (_: unknown, list: unknown[]) =>
    unwrapped(list),
  )
  env.registerFunction('list<dyn>.unwrapOpt(): list<dyn>', unwrapped)
  env.registerFunction('OptionalNamespace.ofNonZeroValue(dyn): optional<dyn>', (_: unknown, value: unknown) =>
    isZero(value) ? Optional.none() : Optional.of(value),
  )
}

/** The values of those that have one. */
function unwrapped(list: unknown[]): unknown[] {
  return list.flatMap((one) => (one instanceof Optional && one.hasValue() ? [one.value()] : []))
}

function isZero(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value === null || !value
  return Object.getPrototypeOf(value) === Object.prototype || Array.isArray(value)
    ? Object.keys(value).length === 0
    : false
}

type Entry = [key: string, value: unknown]

/** What a macro declares for its body: one variable or two, and how each round sets them. */
class Round {
  readonly #names: string[]
  #scopes: Scope[] = []

  constructor(names: string[]) {
    this.#names = names
  }

  /** The type of the body. */
  check(checker: Checker, body: Node, scope: Scope, types: Type[]): Type {
    this.#scopes = []
    let inner = scope
    for (const [index, name] of this.#names.entries()) {
      inner = inner.forkWithVariable(name, types[index] ?? checker.getType('dyn'))
      this.#scopes.push(inner)
    }
    return checker.check(body, inner)
  }

  /** The value of the body. */
  run(evaluator: Evaluator, body: Node, scope: Scope, values: unknown[]): unknown {
    let inner = scope
    for (const [index, own] of this.#scopes.entries()) {
      inner = own.reuse(inner).setIterValue(values[index], evaluator)
    }
    return evaluator.run(body, inner)
  }
}

/** Index and value of a list, key and value of a map. */
function entriesOf(value: unknown): [key: unknown, value: unknown][] {
  if (Array.isArray(value)) return value.map((one, index) => [BigInt(index), one])
  if (value instanceof Map) return [...value]
  if (typeof value === 'object' && value !== null) return Object.entries(value)
  throw new Error(`no such overload: a comprehension goes over a list or a map`)
}

const dyn = (checker: Checker): Type => checker.getType('dyn')

/** `all(k, v, p)` and its kind; with one variable it is the value of a list, the key of a map. */
function quantifier(decide: (answers: Iterable<() => unknown>) => boolean): (call: MacroCall) => Macro {
  return ({ args, receiver }) => {
    const names = args.slice(0, -1).map((name) => variableName(name, 'argument must be a simple name'))
    const body = args.at(-1) as Node
    const round = new Round(names)
    return {
      async: false,
      typeCheck(checker, _, scope) {
        checker.check(receiver, scope)
        round.check(checker, body, scope, [dyn(checker), dyn(checker)])
        return checker.getType('bool')
      },
      evaluate(evaluator, _, scope) {
        const over = evaluator.run(receiver, scope)
        const single = (entry: [unknown, unknown]) => [Array.isArray(over) ? entry[1] : entry[0]]
        const values = (entry: [unknown, unknown]) => (names.length === 1 ? single(entry) : entry)
        return decide(entriesOf(over).map((entry) => () => round.run(evaluator, body, scope, values(entry))))
      },
    }
  }
}

/** False as soon as one is; an error counts only when none is. */
function isAll(answers: Iterable<() => unknown>): boolean {
  return !isAnyOf(answers, false)
}

function isAny(answers: Iterable<() => unknown>): boolean {
  return isAnyOf(answers, true)
}

function isAnyOf(answers: Iterable<() => unknown>, wanted: boolean): boolean {
  const faults: unknown[] = []
  for (const answer of answers) {
    try {
      if (answer() === wanted) return true
    } catch (fault) {
      faults.push(fault)
    }
  }
  if (faults.length > 0) throw faults[0]
  return false
}

function isOne(answers: Iterable<() => unknown>): boolean {
  return [...answers].filter((answer) => answer() === true).length === 1
}

/** `transformList(k, v, t)` and `transformList(k, v, filter, t)` and their kind. */
function transformation(type: string, join: (results: Entry[]) => unknown): (call: MacroCall) => Macro {
  return ({ args, receiver }) => {
    const names = args.slice(0, 2).map((name) => variableName(name, 'argument must be a simple name'))
    const [transform, filter] = [args.at(-1) as Node, args.length === 4 ? args[2] : undefined]
    const [rounds, filters] = [new Round(names), new Round(names)]
    return {
      async: false,
      typeCheck(checker, _, scope) {
        checker.check(receiver, scope)
        const types = [dyn(checker), dyn(checker)]
        if (filter) filters.check(checker, filter, scope, types)
        rounds.check(checker, transform, scope, types)
        return checker.getType(type)
      },
      evaluate(evaluator, _, scope) {
        const entries = entriesOf(evaluator.run(receiver, scope)).filter(
          (entry) => !filter || filters.run(evaluator, filter, scope, entry) === true,
        )
        return join(entries.map((entry) => [String(entry[0]), rounds.run(evaluator, transform, scope, entry)]))
      },
    }
  }
}

function joinedEntries(results: Entry[]): object {
  const joined: Record<string, unknown> = {}
  for (const [, entry] of results) {
    for (const [key, value] of entriesOf(entry)) {
      if (Object.hasOwn(joined, String(key))) throw new Error(`insert failed: key ${key} already exists`)
      joined[String(key)] = value
    }
  }
  return joined
}

/** Gives the body's value for a value of its variable. */
type Body = (value: unknown) => unknown

/** A macro whose body has one variable; `use` gets what it was called on, the complaint is for what is no variable. */
function withBody(
  complaint: string,
  type: string,
  use: (receiver: unknown, body: Body) => unknown,
): (call: MacroCall) => Macro {
  return ({ args, receiver }) => {
    const round = new Round([variableName(args[0] as Node, complaint)])
    const body = args[1] as Node
    return {
      async: false,
      typeCheck(checker, _, scope) {
        checker.check(receiver, scope)
        round.check(checker, body, scope, [dyn(checker)])
        return checker.getType(type)
      },
      evaluate(evaluator, _, scope) {
        return use(evaluator.run(receiver, scope), (value) => round.run(evaluator, body, scope, [value]))
      },
    }
  }
}

const sortBy = withBody('argument is not an identifier', 'list<dyn>', (list, body) =>
  sortedBy(list as unknown[], (list as unknown[]).map(body) as string[]),
)

function optionalMap(name: string, wrap: (value: unknown) => unknown): (call: MacroCall) => Macro {
  return withBody(`${name}() variable name must be a simple identifier`, 'optional<dyn>', (optional, body) => {
    if (!(optional instanceof Optional)) throw new Error(`no such overload: ${name} is of optional values`)
    return optional.hasValue() ? wrap(body(optional.value())) : optional
  })
}
