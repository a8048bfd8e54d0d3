import type { Values } from '../values/value.ts'
import { escapeToken, locationText } from './address.ts'
import type { Placed } from './document.ts'
import type { SchemaLibrary } from './library.ts'

/** One schema that is being checked at one value, and the schemas that led to it. */
export interface Frame {
  readonly value: unknown
  readonly path: Path | undefined
  readonly schema: Values
  readonly placed: Placed
  /** The schema that counts instead of this one, which stays the one that others led to. */
  readonly instead?: Placed | undefined
  /** The reference keyword that led here, when one did. */
  readonly reference: string | undefined
  /** How many values were gone into. */
  readonly level: number
  readonly depth: number
  readonly outer: Frame | undefined
}

/** Keys from a value up to the top of the document. */
interface Path {
  readonly key: string
  readonly up: Path | undefined
}

/** How a schema leads to another one. */
export interface Step {
  readonly reference?: string | undefined
  /** The value inside that the next schema is for. @default the same value */
  readonly inside?: { readonly key: string; readonly value: unknown }
}

/** The frame of a value that no other one led to. */
export function firstFrame(library: SchemaLibrary, schema: Values, value: unknown): Frame {
  const placed = library.place(schema)
  return { value, path: undefined, schema, placed, reference: undefined, level: 0, depth: 0, outer: undefined }
}

export function nextFrame(outer: Frame, library: SchemaLibrary, schema: Values, { reference, inside }: Step): Frame {
  return {
    value: inside ? inside.value : outer.value,
    path: inside ? { key: inside.key, up: outer.path } : outer.path,
    schema,
    placed: library.place(schema),
    reference,
    level: inside ? outer.level + 1 : outer.level,
    depth: outer.depth + 1,
    outer,
  }
}

/** The keys that lead to the frame's value. */
export function keysOf({ path }: Frame): string[] {
  const keys: string[] = []
  for (let at = path; at; at = at.up) keys.push(at.key)
  return keys.reverse()
}

/** The frame further out that checks the same value by the same schema. */
export function cycleOf(frame: Frame): Frame | undefined {
  for (let at = frame.outer; at && at.level === frame.level; at = at.outer) if (at.schema === frame.schema) return at
  return undefined
}

/** The keywords that lead from the document's first schema to the frame's. */
export function keywordLocation(frame: Frame): string {
  const steps: string[] = []
  for (let at = frame; at.outer; at = at.outer) {
    const { reference, placed } = at
    steps.push(
      reference === undefined ? placeOf(placed).slice(placeOf(at.outer.placed).length) : `/${escapeToken(reference)}`,
    )
  }
  return steps.reverse().join('')
}

/** Where messages say that a schema is. */
export function placeOf({ resource, pointer }: Placed): string {
  return locationText(resource.document.address, pointer)
}
