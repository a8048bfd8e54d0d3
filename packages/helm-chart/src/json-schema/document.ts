import { isTable, type Values } from '../values/value.ts'

export type Draft = 4 | 6 | 7 | 2019 | 2020

/** A schema: a table of keywords, or a bool. */
export type Schema = Values | boolean

/** A schema document with the draft it is written in. */
export interface SchemaDocument {
  readonly root: Schema
  readonly draft: Draft
  /** The schema a `$ref` names, seen from the document. Throws an Error when there is none. */
  resolve(reference: string): Schema
}

/** Reads a document. Throws an Error when its draft is not known. */
export function schemaDocument(root: Schema): SchemaDocument {
  const named = isTable(root) ? namedSchemas(root) : new Map<string, Schema>()
  return {
    root,
    draft: isTable(root) ? draftOf(root.$schema) : 2020,
    resolve(reference) {
      const [base = '', fragment = ''] = reference.split('#', 2)
      const start = base === '' ? root : named.get(base)
      const found = fragment === '' || fragment.startsWith('/') ? at(start, fragment) : named.get(`#${fragment}`)
      if (!isSchema(found)) throw new Error(missingReference(reference, base !== '' && start === undefined))
      return found
    },
  }
}

function missingReference(reference: string, isRemote: boolean): string {
  return isRemote
    ? `failing loading ${JSON.stringify(reference)}: schemas are not fetched from other places`
    : `jsonpointer ${JSON.stringify(reference)} not found`
}

function draftOf(uri: unknown): Draft {
  if (uri === undefined) return 2020
  const text = String(uri)
  // The address without a draft means the newest.
  if (/^https?:\/\/json-schema\.org\/schema#?$/.test(text)) return 2020
  const draft = /json-schema\.org\/draft(?:-0?(\d)|\/(20\d\d)-\d\d)\/schema/.exec(text)
  const number = Number(draft?.[1] ?? draft?.[2])
  if (number === 4 || number === 6 || number === 7 || number === 2019 || number === 2020) return number
  throw new Error(`failing loading ${JSON.stringify(text)}: no such schema`)
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'boolean' || isTable(value)
}

function at(start: unknown, pointer: string): unknown {
  let value = start
  for (const token of pointer.split('/').slice(1)) {
    const key = decodeURIComponent(token).replaceAll('~1', '/').replaceAll('~0', '~')
    if (Array.isArray(value)) value = value[Number(key)]
    else value = isTable(value) && Object.hasOwn(value, key) ? value[key] : undefined
  }
  return value
}

/** Schemas inside a document that have an `$id`, `id` or `$anchor`. */
function namedSchemas(root: Values): Map<string, Schema> {
  const named = new Map<string, Schema>()
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit)
    if (!isTable(value)) return
    for (const keyword of ['$id', 'id'])
      if (typeof value[keyword] === 'string') named.set(value[keyword].replace(/#$/, ''), value)
    if (typeof value.$anchor === 'string') named.set(`#${value.$anchor}`, value)
    for (const key of Object.keys(value)) visit(value[key])
  }
  visit(root)
  return named
}
