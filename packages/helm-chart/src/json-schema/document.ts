import { sprintf } from '@slipway/go-template'
import { isTable, type Values } from '../values/value.ts'
import { type Draft, keywordsOf, type Schema, subschemasOf } from './keywords.ts'

/** A schema that other schemas can name by its address, with everything inside it. */
export interface Resource {
  readonly root: Schema
  readonly address: string
  readonly anchors: Map<string, Schema>
  /** Those of the anchors that `$dynamicRef` may find from far outside. */
  readonly dynamicAnchors: Set<string>
}

/** A schema that is a table, where it stands in its document. */
export interface Placed {
  /** The keywords that count in the document's draft. */
  readonly keywords: Values
  /** The JSON pointer to it. */
  readonly pointer: string
  readonly resource: Resource
}

/** What a reference leads to. */
export interface Reference {
  readonly schema: Schema
  /** What follows the `#`, as the reference has it. */
  readonly fragment: string
  /** It does not stand where schemas stand, so it was not checked with the document. */
  readonly isStray: boolean
}

/** Where Helm says that values.schema.json is. */
export const schemaAddress = 'file:///values.schema.json'

/** A schema document with the draft it is written in. */
export class SchemaDocument {
  readonly root: Schema
  readonly draft: Draft
  /** Where messages say that the document is. */
  readonly file: string
  private readonly resources = new Map<string, Resource>()
  private readonly placed = new Map<Values, Placed>()
  private readonly references = new Map<string, Reference>()
  private readonly main: Resource
  private needsEvaluated = false

  /** Throws an Error when the draft is not known. */
  constructor(root: Schema, address = schemaAddress) {
    this.root = root
    this.draft = isTable(root) ? draftOf(root.$schema) : 2020
    this.file = address
    this.main = newResource(root, address)
    this.resources.set(address, this.main)
    this.collect(root, this.main, '')
  }

  /** Whether some schema asks which properties or items others have dealt with. */
  get tracksEvaluation(): boolean {
    return this.needsEvaluated
  }

  /** A schema of this document that it begins with or that a reference has led to. */
  place(schema: Values): Placed {
    const placed = this.placed.get(schema)
    if (!placed) throw new Error('a schema is used that its document does not have')
    return placed
  }

  /** The schema that a reference names, as the schemas of `owner` see it. Throws an Error when there is none. */
  resolve(reference: string, owner: Resource): Reference {
    const key = `${owner.address} ${reference}`
    const known = this.references.get(key)
    if (known) return known
    const found = this.find(reference, owner)
    this.references.set(key, found)
    return found
  }

  private find(reference: string, owner: Resource): Reference {
    const target = new URL(reference, owner.address)
    const fragment = decodeURIComponent(target.hash.slice(1))
    target.hash = ''
    const resource = target.href === this.main.address ? this.main : this.resources.get(target.href)
    if (!resource) {
      throw new Error(`failing loading ${goQuoted(target.href)}: schemas are not fetched from other places`)
    }
    const isPointer = fragment === '' || fragment.startsWith('/')
    const schema = isPointer ? at(resource.root, fragment) : resource.anchors.get(fragment)
    if (schema === undefined) throw new Error(this.missing(resource, fragment))
    if (!isSchema(schema)) throw new Error(`${goQuoted(`${this.file}#${fragment}`)} is not a schema`)
    const isStray = isTable(schema) && !this.placed.has(schema)
    if (isStray) this.collect(schema, resource, this.pointerOf(resource) + fragment)
    return { schema, fragment, isStray }
  }

  private pointerOf({ root }: Resource): string {
    return isTable(root) ? this.place(root).pointer : ''
  }

  private missing(resource: Resource, fragment: string): string {
    if (fragment.startsWith('/')) return `json-pointer in ${goQuoted(`${this.file}#${fragment}`)} not found`
    return `anchor in ${goQuoted(`${resource.address}#${fragment}`)} not found in schema ${goQuoted(this.file)}`
  }

  private collect(schema: Schema, outer: Resource, pointer: string): void {
    if (!isTable(schema) || this.placed.has(schema)) return
    const resource = this.ownResource(schema, outer)
    const keywords = keywordsOf(schema, this.draft)
    this.placed.set(schema, { keywords, pointer, resource })
    this.collectAnchors(schema, resource)
    if (keywords.unevaluatedProperties !== undefined || keywords.unevaluatedItems !== undefined) {
      this.needsEvaluated = true
    }
    for (const { keys, schema: inner } of subschemasOf(schema, this.draft)) {
      this.collect(inner, resource, `${pointer}${keys.map((key) => `/${escapeToken(key)}`).join('')}`)
    }
  }

  private ownResource(schema: Values, outer: Resource): Resource {
    const id = schema[this.draft === 4 ? 'id' : '$id']
    if (typeof id !== 'string' || (this.draft < 2019 && schema.$ref !== undefined)) return outer
    const [path = ''] = id.split('#', 1)
    if (path === '') return outer
    const { href } = new URL(path, outer.address)
    if (schema === this.root) {
      // References may use either name of the document itself.
      this.resources.set(href, this.main)
      return Object.assign(this.main, { address: href })
    }
    const resource = newResource(schema, href)
    this.resources.set(href, resource)
    return resource
  }

  private collectAnchors(schema: Values, { anchors, dynamicAnchors }: Resource): void {
    if (this.draft < 2019) {
      const id = schema[this.draft === 4 ? 'id' : '$id']
      const anchor = typeof id === 'string' && schema.$ref === undefined ? id.split('#', 2)[1] : undefined
      if (anchor) anchors.set(anchor, schema)
      return
    }
    if (typeof schema.$anchor === 'string') anchors.set(schema.$anchor, schema)
    if (this.draft < 2020 || typeof schema.$dynamicAnchor !== 'string') return
    anchors.set(schema.$dynamicAnchor, schema)
    dynamicAnchors.add(schema.$dynamicAnchor)
  }
}

function newResource(root: Schema, address: string): Resource {
  return { root, address, anchors: new Map(), dynamicAnchors: new Set() }
}

/** A key as a JSON pointer has it (RFC 6901). */
export function escapeToken(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}

function goQuoted(text: string): string {
  return sprintf('%q', text)
}

function draftOf(uri: unknown): Draft {
  if (uri === undefined) return 2020
  const text = String(uri)
  // The address without a draft means the newest.
  if (/^https?:\/\/json-schema\.org\/schema#?$/.test(text)) return 2020
  const draft = /^https?:\/\/json-schema\.org\/draft(?:-0(\d)|\/(20\d\d)-\d\d)\/schema#?$/.exec(text)
  const number = Number(draft?.[1] ?? draft?.[2])
  if (number === 4 || number === 6 || number === 7 || number === 2019 || number === 2020) return number
  throw new Error(`failing loading ${goQuoted(text)}: schemas are not fetched from other places`)
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'boolean' || isTable(value)
}

function at(start: unknown, pointer: string): unknown {
  let value = start
  for (const token of pointer.split('/').slice(1)) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~')
    if (Array.isArray(value)) value = value[Number(key)]
    else value = isTable(value) && Object.hasOwn(value, key) ? value[key] : undefined
  }
  return value
}
