import {
  type Budget,
  type CompiledTemplate,
  compareStrings,
  sprintf,
  stringOf,
  Template,
  TemplateCache,
  TemplateError,
  withSignature,
  withType,
} from '@slipway/go-template'
import { baseName } from '../chart/path.ts'
import type { Compat } from '../compat.ts'
import { templateFunctions } from '../functions/all.ts'
import type { FunctionTable } from '../functions/table.ts'
import { packageOf } from '../functions/values-object.ts'
import type { Platform } from '../platform.ts'
import { emptyValues, type Values } from '../values/value.ts'
import { maxIncludes } from './budget.ts'
import { executionMessage, parseMessage } from './messages.ts'

/** A template of a chart with what it sees. */
export interface Renderable {
  readonly data: Uint8Array
  /** The top context; `Template` is set in it while it renders. */
  readonly context: Values
  /** `.Template.BasePath`. */
  readonly basePath: string
}

/** Reads an object from a cluster: `lookup`. An empty name asks for a list. Gives an empty map for what is not there. */
export type Lookup = (apiVersion: string, kind: string, namespace: string, name: string) => unknown

/** The addresses of a host; undefined while they are not known. */
export type AddressesOf = (host: string) => readonly string[] | undefined

/** How templates are run. */
export interface EngineOptions {
  readonly platform: Platform
  readonly lookup?: Lookup | undefined
  readonly addressesOf?: AddressesOf | undefined
  /** `required` and `fail` do not stop the rendering. @default false */
  readonly lint?: boolean
  /** A missing value is an error. @default false */
  readonly strict?: boolean
  readonly budget: Budget
  readonly compat: Compat
}

/** The mark around messages of `fail` and `required`, by which Helm finds them in Go's error texts. */
const errorStart = 'HELM_ERR_START'
const errorEnd = 'HELM_ERR_END'

const cache = new TemplateCache()
/** What a chart's files were compiled to, by the name they had; it goes when the chart goes. */
const compiled = new WeakMap<Uint8Array, Map<string, readonly CompiledTemplate[]>>()

function parseInto(set: Template, name: string, data: Uint8Array): void {
  const byName = compiled.get(data) ?? new Map<string, readonly CompiledTemplate[]>()
  const known = byName.get(name)
  if (known) {
    set.add(known)
    return
  }
  byName.set(name, set.parse(name, stringOf(data)))
  compiled.set(data, byName)
}

/** Renders all templates but the partials (`_*`). Throws TemplateError with Helm's text. */
export function renderTemplates(
  templates: ReadonlyMap<string, Renderable>,
  options: EngineOptions,
): Map<string, string> {
  const names = sortedByDepth(templates.keys())
  const set = new Template({
    functions: {
      ...templateFunctions(options.platform),
      ...failureFunctions(options),
      ...lookupFunction(options),
      ...hostFunction(options),
    },
    missingKey: options.strict ? 'error' : 'zero',
    cache,
    goVersion: options.compat === 'helm3' ? '1.23' : '1.25',
    budget: options.budget,
  })
  const root = set.child(lateFunctions(() => root, new Map()))
  for (const name of names) {
    const template = templates.get(name) as Renderable
    try {
      parseInto(root, name, template.data)
    } catch (error) {
      throw new TemplateError(parseMessage(name, error), { cause: error })
    }
  }
  const rendered = new Map<string, string>()
  for (const name of names) {
    if (baseName(name).startsWith('_')) continue
    const { context, basePath } = templates.get(name) as Renderable
    context.Template = withType(
      Object.assign(emptyValues(), { Name: name, BasePath: basePath }),
      `${packageOf(options.compat)}.Values`,
    )
    try {
      rendered.set(name, withoutNoValue(root.execute(name, context)))
    } catch (error) {
      throw new TemplateError(executionMessage(error, options.compat), { cause: error })
    }
  }
  return rendered
}

// Templates deeper in the tree come first, so that those of a parent replace the definitions of its subcharts.
function sortedByDepth(names: Iterable<string>): string[] {
  const depths = Array.from(names, (name) => ({ name, depth: name.split('/').length }))
  return depths.sort((a, b) => b.depth - a.depth || compareStrings(b.name, a.name)).map(({ name }) => name)
}

function withoutNoValue(text: string): string {
  return text.includes('<no value>') ? text.replaceAll('<no value>', '') : text
}

/** `include` and `tpl`, which see the templates of the set they are called in. */
function lateFunctions(set: () => Template, includes: Map<string, number>): FunctionTable {
  const include = (name: string, data: unknown) => {
    const depth = includes.get(name) ?? 0
    if (depth > maxIncludes) {
      throw new Error(`rendering template has a nested reference name: ${name}: unable to execute template`)
    }
    includes.set(name, depth + 1)
    try {
      return set().execute(name, data)
    } finally {
      includes.set(name, depth)
    }
  }
  const tpl = (text: string, data: unknown) => {
    // A text without actions is itself; most values that charts pass through tpl are such.
    if (!text.includes('{{')) return withoutNoValue(text)
    const child: Template = set().child(lateFunctions(() => child, includes))
    try {
      child.parse('gotpl', text)
    } catch (error) {
      throw wrapped(`cannot parse template ${sprintf('%q', text)}`, error)
    }
    try {
      return withoutNoValue(child.execute('gotpl', data))
    } catch (error) {
      throw wrapped(`error during tpl function execution for ${sprintf('%q', text)}`, error)
    }
  }
  return { include: withSignature(['string', 'any'], include), tpl: withSignature(['string', 'any'], tpl) }
}

function wrapped(message: string, error: unknown): Error {
  return new Error(`${message}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
}

function failureFunctions({ lint }: EngineOptions): FunctionTable {
  const fail = (message: string) => {
    if (lint) return ''
    throw new Error(errorStart + message + errorEnd)
  }
  const required = (message: string, value: unknown) =>
    value === null || value === undefined || value === '' ? fail(message) : value
  return { fail: withSignature(['string'], fail), required: withSignature(['string', 'any'], required) }
}

function lookupFunction({ lookup, lint }: EngineOptions): FunctionTable {
  const find: Lookup = (...args) => (lookup && !lint ? lookup(...args) : undefined) ?? emptyValues()
  return { lookup: withSignature(['string', 'string', 'string', 'string'], find) }
}

/** One of the host's addresses, as Sprig takes it; nothing unless DNS is switched on (Helm's `--enable-dns`). */
function hostFunction({ addressesOf, platform }: EngineOptions): FunctionTable {
  const getHostByName = (host: string) => {
    const addresses = addressesOf?.(host)
    if (!addresses) return ''
    const [random = 0] = platform.randomBytes(1)
    const address = addresses[random % addresses.length]
    // What Go says of a choice among none.
    if (address === undefined) throw new Error('invalid argument to Intn')
    return address
  }
  return { getHostByName: withSignature(['string'], getHostByName) }
}
