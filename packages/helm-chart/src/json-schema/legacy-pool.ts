import { quote, stringOf } from '@slipway/go-template'
import { parseUrl } from '../functions/url.ts'
import { readFirstJson } from '../json/read.ts'
import { isTable, type Values } from '../values/value.ts'
import { resolveAddress, splitReference } from './address.ts'
import { publishedDraft } from './dialect.ts'
import type { Schema } from './keywords.ts'
import { publishedSchema } from './metaschemas.ts'
import { fetched, fileFault, type RemoteSchemas } from './source.ts'

export type LegacyDraft = 4 | 6 | 7 | typeof hybrid

/** The rules of all drafts at once, by which is read what names none that the library knows. */
export const hybrid = Infinity

/** A schema with the draft that its document names. */
export interface PooledSchema {
  readonly schema: unknown
  readonly draft: LegacyDraft | undefined
}

/** The documents of a check, found by what they and their parts are called, as xeipuuv/gojsonschema finds them. */
export class LegacyPool {
  private readonly remote: RemoteSchemas | undefined
  private readonly schemas = new Map<string, PooledSchema>()
  /** What `$ref` means where it stands. */
  private readonly references = new Map<Values, string>()

  constructor(remote: RemoteSchemas | undefined) {
    this.remote = remote
  }

  /** Adds a document; the one without an address is the chart's. */
  add(address: string, schema: unknown): PooledSchema {
    if (!isSchema(schema)) throw new Error('schema is invalid')
    const pooled = { schema, draft: isTable(schema) ? draftOf(schema) : undefined }
    this.collect(schema, address, pooled.draft)
    this.schemas.set(address, pooled)
    return pooled
  }

  /** What the `$ref` of a schema leads to. Throws an Error when it leads nowhere. */
  resolve(schema: Values): PooledSchema {
    const reference = this.references.get(schema) ?? String(schema.$ref)
    parseUrl(reference)
    const known = this.schemas.get(reference)
    if (known) return known
    const { address, fragment } = splitReference(reference)
    const { schema: document, draft } = this.schemas.get(address) ?? this.load(address, reference)
    const found = { schema: at(document, fragment), draft }
    this.schemas.set(reference, found)
    return found
  }

  private load(address: string, reference: string): PooledSchema {
    const { scheme, host, path } = parseUrl(address)
    const isWhole = scheme === 'file' ? path.startsWith('/') : scheme !== '' && host !== ''
    if (!isWhole) throw new Error(`Reference ${reference} must be canonical`)
    if (scheme === 'file') throw new Error(fileFault(path))
    const schema = this.read(address, scheme)
    return isSchema(schema) ? this.add(address, schema) : { schema, draft: undefined }
  }

  private read(address: string, scheme: string): unknown {
    if (/^http:\/\/json-schema\.org\/draft-0[467]\/schema$/.test(address)) return publishedSchema(address)
    if (!/^https?$/.test(scheme)) {
      throw new Error(`Get ${quote(address)}: unsupported protocol scheme ${quote(scheme)}`)
    }
    return readFirstJson(stringOf(fetched(address, this.remote, ({ helm3 }) => helm3))).value
  }

  /** Notes the ids in a document, and what its references mean. What can't be read is complained of when it is used. */
  private collect(value: unknown, base: string, draft: LegacyDraft | undefined): void {
    if (Array.isArray(value)) for (const item of value) this.collect(item, base, draft)
    if (!isTable(value)) return
    const id = Object.hasOwn(value, 'id') ? value.id : value.$id
    const own = typeof id === 'string' ? named(base, id) : undefined
    if (own !== undefined) {
      if (this.schemas.has(own)) return
      this.schemas.set(own, { schema: value, draft })
    }
    const inner = own ?? base
    const reference = typeof value.$ref === 'string' ? named(inner, value.$ref) : undefined
    if (reference !== undefined) this.references.set(value, reference)
    for (const [key, item] of Object.entries(value)) {
      if (key === 'const' || key === 'enum') continue
      const isMap = key === 'properties' || key === 'dependencies' || key === 'patternProperties'
      if (!isMap) this.collect(item, inner, draft)
      else if (isTable(item)) for (const schema of Object.values(item)) this.collect(schema, inner, draft)
    }
  }
}

export function isSchema(value: unknown): value is Schema {
  return typeof value === 'boolean' || isTable(value)
}

/** What a reference means at a base; undefined when it is no URL. */
function named(base: string, reference: string): string | undefined {
  try {
    const { address, fragment } = splitReference(reference)
    const whole = resolveAddress(base.split('#', 1)[0] ?? '', address)
    return fragment === '' ? whole : `${whole}#${fragment}`
  } catch {
    return undefined
  }
}

function draftOf({ $schema }: Values): LegacyDraft | undefined {
  if ($schema === undefined) return undefined
  if (typeof $schema !== 'string') throw new Error('$schema must be of type string')
  const draft = $schema.startsWith('http://') ? publishedDraft($schema) : undefined
  return draft === 4 || draft === 6 || draft === 7 ? draft : undefined
}

/** The value at a JSON pointer; a name that is no pointer means the whole. Throws an Error with the words of xeipuuv/gojsonpointer. */
function at(document: unknown, fragment: string): unknown {
  let value = document
  for (const token of fragment.startsWith('/') ? fragment.split('/').slice(1) : []) {
    if (isTable(value)) {
      const key = token.replaceAll('~1', '/').replaceAll('~0', '~')
      if (!Object.hasOwn(value, key)) throw new Error(`Object has no key '${key}'`)
      value = value[key]
    } else if (Array.isArray(value)) {
      if (!/^[+-]?\d+$/.test(token)) throw new Error(`Invalid array index '${token}'`)
      const index = Number(token)
      if (index < 0 || index >= value.length) {
        throw new Error(`Out of bound array[0,${value.length}] index '${index}'`)
      }
      value = value[index]
    } else throw new Error(`Invalid token reference '${token}'`)
  }
  return value
}
