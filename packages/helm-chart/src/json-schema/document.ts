import { quote, spend } from '@slipway/go-template'
import { isTable, type Values } from '../values/value.ts'
import { escapeToken, locationText, resolveAddress, splitReference } from './address.ts'
import { type Dialect, dialectOf, draftOf, newestDialect } from './dialect.ts'
import { type Draft, keywordsOf, subschemasOf } from './keywords.ts'

/** What is noted of a schema. */
const bytesPerSchema = 256

/** A schema that others can name by its address, with everything inside it. */
export interface Resource {
  readonly document: SchemaDocument
  readonly root: unknown
  /** The JSON pointer to it. */
  readonly pointer: string
  readonly address: string
  readonly dialect: Dialect
  /** The JSON pointers that names stand for. */
  readonly anchors: Map<string, string>
  /** Those of the anchors that `$dynamicRef` may find from far outside. */
  readonly dynamicAnchors: Set<string>
}

/** A schema that is a table, where it stands in its document. */
export interface Placed {
  /** The keywords that count in its dialect. */
  readonly keywords: Values
  /** The JSON pointer to it. */
  readonly pointer: string
  readonly resource: Resource
}

/** What all documents of a library have in common. */
export interface Shelf {
  readonly placed: Map<Values, Placed>
  /** Whether some schema asks which properties or items others have dealt with. */
  tracksEvaluation: boolean
  /** The value at an address. Throws an Error when there is none. */
  readonly load: (address: string) => unknown
}

/** A place in a document. */
export interface Location {
  readonly document: SchemaDocument
  readonly pointer: string
}

/** A document with schemas in it, and the resources that they make up. */
export class SchemaDocument {
  readonly value: unknown
  readonly address: string
  private readonly shelf: Shelf
  private readonly resources = new Map<string, Resource>()
  private readonly addresses = new Map<string, Resource>()
  private readonly collected = new Set<string>()

  /** Throws an Error when a draft is not known, or ids are not clear. */
  constructor(value: unknown, address: string, shelf: Shelf) {
    this.value = value
    this.address = address
    this.shelf = shelf
    this.collect(value, '', { address, dialect: newestDialect })
  }

  /** Whether it is written in more than one dialect. */
  get isMixed(): boolean {
    return this.resources.size > 1
  }

  /** The resource with this address, if it is in this document. */
  resource(address: string): Resource | undefined {
    return address === this.address ? this.resourceOf('') : this.addresses.get(address)
  }

  /** The resource that begins at this pointer. */
  resourceAt(pointer: string): Resource | undefined {
    return this.resources.get(pointer)
  }

  /** The resource that a place belongs to. */
  resourceOf(pointer: string): Resource {
    for (let at = pointer; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
      const resource = this.resources.get(at)
      if (resource) return resource
    }
    return this.resources.get('') as Resource
  }

  /** What follows the `#` of a reference to one of the resources. Throws an Error when it is a name that nothing has. */
  locate({ address, pointer, anchors }: Resource, fragment: string): Location {
    if (fragment === '' || fragment.startsWith('/')) return { document: this, pointer: pointer + fragment }
    const anchor = anchors.get(fragment)
    if (anchor !== undefined) return { document: this, pointer: anchor }
    throw new Error(`anchor in ${quote(locationText(address, fragment))} not found in schema ${quote(this.address)}`)
  }

  /** The value at a pointer. Throws an Error when there is none. */
  at(pointer: string): unknown {
    let value: unknown = this.value
    for (const token of pointer.split('/').slice(1)) {
      if (/~(?![01])/.test(token)) throw new Error(`invalid json-pointer ${quote(locationText(this.address, pointer))}`)
      const key = token.replaceAll('~1', '/').replaceAll('~0', '~')
      if (isTable(value) && Object.hasOwn(value, key)) value = value[key]
      else if (Array.isArray(value) && /^[+-]?\d+$/.test(key) && Number(key) in value) value = value[Number(key)]
      else throw new Error(`json-pointer in ${quote(locationText(this.address, pointer))} not found`)
    }
    return value
  }

  /** Takes a place for one of a schema, though it does not stand where schemas stand; false when it is known for one. */
  adopt(pointer: string): boolean {
    if (this.collected.has(pointer)) return false
    this.collect(this.at(pointer), pointer, this.resourceOf(pointer))
    return true
  }

  private collect(value: unknown, pointer: string, outer: { address: string; dialect: Dialect }): void {
    if (this.collected.has(pointer)) return
    if (isTable(value)) this.collectTable(value, pointer, outer)
    else if (pointer === '') this.add(value, pointer, outer)
    this.collected.add(pointer)
  }

  private collectTable(schema: Values, pointer: string, outer: { address: string; dialect: Dialect }): void {
    spend(pointer.length + bytesPerSchema)
    const { load, placed } = this.shelf
    const named = draftOf(schema, { address: this.address, pointer }, outer.dialect.draft, { load })
    // Only what has an id may change the dialect.
    const mayChange = pointer === '' || idOf(schema, named) !== ''
    const draft = mayChange ? named : outer.dialect.draft
    const id = idOf(schema, draft)
    const address = id === '' ? outer.address : this.idAddress(outer.address, id, pointer)
    if (id !== '' || pointer === '') {
      const dialect = mayChange ? dialectOf(schema, draft, outer.dialect, load) : outer.dialect
      this.add(schema, pointer, { address, dialect })
    }
    const resource = this.addresses.get(address) as Resource
    const keywords = keywordsOf(schema, resource.dialect)
    placed.set(schema, { keywords, pointer, resource })
    if (keywords.unevaluatedProperties !== undefined || keywords.unevaluatedItems !== undefined) {
      this.shelf.tracksEvaluation = true
    }
    this.collectAnchors(schema, pointer, resource)
    for (const { keys, schema: inner } of subschemasOf(schema, draft)) {
      this.collect(inner, `${pointer}${keys.map((key) => `/${escapeToken(key)}`).join('')}`, resource)
    }
  }

  private idAddress(base: string, id: string, pointer: string): string {
    try {
      return resolveAddress(base, id)
    } catch {
      throw new Error(`error in parsing id at ${quote(locationText(this.address, pointer))}`)
    }
  }

  private add(root: unknown, pointer: string, { address, dialect }: { address: string; dialect: Dialect }): void {
    const known = this.addresses.get(address)
    if (known?.pointer === pointer) return
    if (known) throw this.duplicate('id', address, pointer, known.pointer)
    const resource = {
      document: this,
      root,
      pointer,
      address,
      dialect,
      anchors: new Map(),
      dynamicAnchors: new Set<string>(),
    }
    this.resources.set(pointer, resource)
    this.addresses.set(address, resource)
  }

  private duplicate(what: string, name: string, ...pointers: readonly [string, string]): Error {
    const places = pointers.map((pointer) => quote(pointer)).join(' and ')
    return new Error(`duplicate ${what} ${quote(name)} in ${quote(this.address)} at ${places}`)
  }

  private collectAnchors(
    schema: Values,
    pointer: string,
    { dialect: { draft }, anchors, dynamicAnchors }: Resource,
  ): void {
    const add = (anchor: string) => {
      const known = anchors.get(anchor) ?? pointer
      if (known !== pointer) throw this.duplicate('anchor', anchor, known, pointer)
      anchors.set(anchor, pointer)
    }
    if (draft < 2019) {
      const id = schema[draft === 4 ? 'id' : '$id']
      if (typeof id !== 'string' || schema.$ref !== undefined) return
      const anchor = this.anchorOf(id, pointer)
      if (anchor !== '' && !anchor.startsWith('/')) add(anchor)
      return
    }
    if (typeof schema.$anchor === 'string') add(schema.$anchor)
    if (draft < 2020 || typeof schema.$dynamicAnchor !== 'string') return
    add(schema.$dynamicAnchor)
    dynamicAnchors.add(schema.$dynamicAnchor)
  }

  private anchorOf(id: string, pointer: string): string {
    try {
      return splitReference(id).fragment
    } catch {
      throw new Error(`error in parsing anchor at ${quote(locationText(this.address, pointer))}`)
    }
  }
}

/** The address that a schema gives itself, without what follows a `#`. */
function idOf(schema: Values, draft: Draft): string {
  const id = schema[draft === 4 ? 'id' : '$id']
  if (typeof id !== 'string' || (draft < 2019 && Object.hasOwn(schema, '$ref'))) return ''
  return id.split('#', 1)[0] ?? ''
}
