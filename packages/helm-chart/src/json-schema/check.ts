import { quote } from '@slipway/go-template'
import { compileExpression } from '../regular-expression.ts'
import { isTable, type Values } from '../values/value.ts'
import { escapeToken, locationText } from './address.ts'
import type { Location, Placed, SchemaDocument } from './document.ts'
import { failureText } from './failure.ts'
import { type Frame, keysOf } from './frame.ts'
import { appliedIn } from './keywords.ts'
import type { SchemaLibrary } from './library.ts'
import { isMetaschema, metaschemaOf } from './metaschemas.ts'
import { NotFetchedError } from './source.ts'
import { validate } from './validate.ts'

/**
 * Checks that a schema can be used: that its references and those of what it refers to lead somewhere, to schemas, and that
 * patterns are regular expressions. Throws an Error in the words of santhosh-tekuri/jsonschema.
 */
export function checkSchema(library: SchemaLibrary, main: SchemaDocument): void {
  new SchemaCompiler(library).run(main)
}

class SchemaCompiler {
  private readonly library: SchemaLibrary
  private readonly seen = new Set<Values>()
  private readonly waiting: (() => void)[] = []
  private notFetched: NotFetchedError | undefined

  constructor(library: SchemaLibrary) {
    this.library = library
  }

  run(main: SchemaDocument): void {
    this.enter({ document: main, pointer: '' })
    // The list grows while it is gone through.
    for (const step of this.waiting) this.attempt(step)
    if (this.notFetched) throw this.notFetched
  }

  /** Goes on behind what is not fetched, so that all that is can be asked for at once. What else is wrong waits until it is there. */
  private attempt(step: () => void): void {
    try {
      step()
    } catch (error) {
      if (error instanceof NotFetchedError) this.notFetched ??= error
      if (!this.notFetched) throw error
    }
  }

  /** A place that something leads to. */
  private enter({ document, pointer }: Location): void {
    this.waiting.push(() => {
      const schema = document.at(pointer)
      if (document.adopt(pointer)) checkMeta(document, schema, pointer)
      if (isTable(schema)) this.compile(schema)
    })
  }

  private compile(schema: Values): void {
    if (this.seen.has(schema)) return
    this.seen.add(schema)
    const placed = this.library.place(schema)
    const { keywords, resource } = placed
    this.enterResource(placed)
    this.follow('$ref', placed)
    checkPatterns(placed)
    for (const { schema: inner } of appliedIn(keywords, resource.dialect.draft)) {
      if (isTable(inner)) this.waiting.push(() => this.compile(inner))
    }
    this.follow('$recursiveRef', placed)
    this.follow('$dynamicRef', placed)
  }

  /** With a schema comes the resource that it is in, with all names that are looked for from far outside. */
  private enterResource({ pointer, resource }: Placed): void {
    const { document, root, anchors, dynamicAnchors } = resource
    if (isTable(root) && !this.seen.has(root)) this.enter({ document, pointer: resource.pointer })
    if (resource.pointer !== pointer) return
    for (const anchor of dynamicAnchors) this.enter({ document, pointer: anchors.get(anchor) ?? '' })
  }

  private follow(keyword: string, { keywords, resource }: Placed): void {
    const reference = keywords[keyword]
    if (typeof reference === 'string') this.attempt(() => this.enter(this.library.resolve(reference, resource)))
  }
}

/** Checks that a document fits the schema of its draft. Throws an Error in the words of santhosh-tekuri/jsonschema. */
export function checkDocument(document: SchemaDocument): void {
  if (!/^https?:\/\/json-schema\.org\//.test(document.address)) checkMeta(document, document.value, '')
}

function checkMeta(document: SchemaDocument, schema: unknown, pointer: string): void {
  const { root, library, location } = metaschemaOf(document.resourceOf(pointer).dialect)
  const failures = validate(library, root, schema, document.isMixed ? { instead: metaschemasOf(document) } : {})
  if (failures.length === 0) return
  throw new Error(
    `${quote(locationText(document.address, pointer))} is not valid against metaschema: jsonschema validation failed with '${location}'\n${failureText(failures)}`,
  )
}

/** Where a metaschema comes to a resource in another dialect, it gives way to that dialect's. */
function metaschemasOf(document: SchemaDocument): (frame: Frame) => Values | undefined {
  return (frame) => {
    if (!isMetaschema(frame.schema)) return undefined
    const pointer = keysOf(frame).map((key) => `/${escapeToken(key)}`)
    const resource = document.resourceAt(pointer.join(''))
    return resource && (metaschemaOf(resource.dialect).root as Values)
  }
}

function checkPatterns({ keywords: { patternProperties, pattern }, pointer, resource }: Placed): void {
  const place = (keyword: string) => locationText(resource.document.address, `${pointer}/${keyword}`)
  for (const key of isTable(patternProperties) ? Object.keys(patternProperties) : []) {
    checkPattern(key, place('patternProperties'))
  }
  if (typeof pattern === 'string') checkPattern(pattern, place('pattern'))
}

function checkPattern(text: string, place: string): void {
  try {
    compileExpression(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`invalid regex ${quote(text)} at ${quote(place)}: ${reason}`)
  }
}
