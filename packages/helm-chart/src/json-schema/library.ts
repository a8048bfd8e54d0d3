import type { Values } from '../values/value.ts'
import { resolveAddress, splitReference } from './address.ts'
import { type Location, type Placed, type Resource, SchemaDocument, type Shelf } from './document.ts'
import type { Schema } from './keywords.ts'

/** What a reference leads to. */
export class Reference implements Location {
  readonly document: SchemaDocument
  readonly pointer: string
  /** What follows the `#`. */
  readonly fragment: string
  private target: Schema | undefined

  constructor({ document, pointer }: Location, fragment: string) {
    this.document = document
    this.pointer = pointer
    this.fragment = fragment
  }

  /** Throws an Error when there is nothing at the pointer. */
  get schema(): Schema {
    this.target ??= this.document.at(this.pointer) as Schema
    return this.target
  }
}

interface LibraryOptions {
  readonly check?: (document: SchemaDocument) => void
  /** @default false */
  readonly assertsFormats?: boolean
}

/** Schema documents that refer to each other, each with its address. */
export class SchemaLibrary {
  /** Whether `format` is checked whatever the dialect says. */
  readonly assertsFormats: boolean
  private readonly read: (address: string) => unknown
  private readonly check: ((document: SchemaDocument) => void) | undefined
  private readonly values = new Map<string, unknown>()
  private readonly documents = new Map<string, SchemaDocument>()
  private readonly shelf: Shelf
  private readonly references = new Map<Resource, Map<string, Reference>>()

  /** `read` gives the value at an address; it throws an Error when there is none. `check` refuses a document before it is used. */
  constructor(read: (address: string) => unknown, options: LibraryOptions) {
    this.read = read
    this.check = options.check
    this.assertsFormats = options.assertsFormats ?? false
    this.shelf = { placed: new Map(), tracksEvaluation: false, load: (address) => this.load(address) }
  }

  /** Whether some schema asks which properties or items others have dealt with. */
  get tracksEvaluation(): boolean {
    return this.shelf.tracksEvaluation
  }

  /** Adds a document that is not read. */
  add(address: string, value: unknown): SchemaDocument {
    this.values.set(address, value)
    return this.document(address)
  }

  /** The document at an address. Throws an Error when there is none, or when its drafts or ids are not clear. */
  document(address: string): SchemaDocument {
    const known = this.documents.get(address)
    if (known) return known
    const document = new SchemaDocument(this.load(address), address, this.shelf)
    this.check?.(document)
    this.documents.set(address, document)
    return document
  }

  private load(address: string): unknown {
    if (!this.values.has(address)) this.values.set(address, this.read(address))
    return this.values.get(address)
  }

  /** A schema of the documents. */
  place(schema: Values): Placed {
    const placed = this.shelf.placed.get(schema)
    if (!placed) throw new Error('a schema is used that no document has')
    return placed
  }

  /** Where a reference leads, as the schemas of `owner` see it. Throws an Error when there is no such document or name. */
  resolve(text: string, owner: Resource): Reference {
    let known = this.references.get(owner)
    if (!known) {
      known = new Map()
      this.references.set(owner, known)
    }
    const reference = known.get(text) ?? this.find(text, owner)
    known.set(text, reference)
    return reference
  }

  private find(text: string, owner: Resource): Reference {
    const { address, fragment } = splitReference(text)
    const target = resolveAddress(owner.address, address)
    // What stands in the same document counts before anything elsewhere.
    const inside = owner.document.resource(target)
    const document = inside ? owner.document : this.document(target)
    return new Reference(document.locate(inside ?? document.resourceOf(''), fragment), fragment)
  }
}
