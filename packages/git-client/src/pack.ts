import { createHash } from 'node:crypto'
import { inflateSync } from 'node:zlib'
import { TransientError } from '@slipway/errors'
import { type GitObject, idOf, type ObjectType } from './git-objects.ts'

/** What is worked on without a pause: objects, and bytes that they may have together. Larger packs are git's work. */
const MAX_OBJECTS = 100
const MAX_CONTENT = 2 * 1024 ** 2
const TRAILER = 20
const TYPES: Record<number, ObjectType> = { 1: 'commit', 2: 'tree', 3: 'blob', 4: 'tag' }
const OFFSET_DELTA = 6
const REFERENCE_DELTA = 7

/** What stands in a pack: an object, or how it differs from another one. */
interface PackEntry {
  content: Buffer
  type?: ObjectType
  baseOffset?: number
  baseId?: string
}

/**
 * The objects of a small pack (gitformat-pack(5)), by id; `external` finds what a thin pack builds on. Throws
 * TransientError GIT_FAILED when the pack is damaged, too large, or builds on what is not there.
 */
export async function readPack(
  pack: Buffer,
  external: (id: string) => Promise<GitObject>,
): Promise<Map<string, GitObject>> {
  const entries = readEntries(pack)
  const byOffset = new Map<number, GitObject>()
  const objects = new Map<string, GitObject>()
  let waiting = [...entries]
  while (waiting.length > 0) {
    const later: typeof waiting = []
    for (const [offset, entry] of waiting) {
      const object = await resolve(entry, { entries, byOffset, objects, external })
      if (!object) {
        later.push([offset, entry])
        continue
      }
      byOffset.set(offset, object)
      objects.set(idOf(object), object)
    }
    if (later.length === waiting.length) throw invalid('its deltas have no bases')
    waiting = later
  }
  return objects
}

interface Bases {
  entries: Map<number, PackEntry>
  byOffset: Map<number, GitObject>
  objects: Map<string, GitObject>
  external: (id: string) => Promise<GitObject>
}

/** Undefined while the base is not there yet: it may stand later in the pack. */
async function resolve(
  { type, content, baseOffset, baseId }: PackEntry,
  { byOffset, objects, external }: Bases,
): Promise<GitObject | undefined> {
  if (type) return { type, content }
  if (baseOffset !== undefined) {
    const base = byOffset.get(baseOffset)
    return base && { type: base.type, content: applyDelta(base.content, content) }
  }
  const base = objects.get(baseId ?? '') ?? (await external(baseId ?? '').catch(() => undefined))
  return base && { type: base.type, content: applyDelta(base.content, content) }
}

function readEntries(pack: Buffer): Map<number, PackEntry> {
  const end = pack.length - TRAILER
  if (end < 12 || pack.toString('latin1', 0, 4) !== 'PACK' || pack.readUInt32BE(4) !== 2) throw invalid('no pack')
  const digest = createHash('sha1').update(pack.subarray(0, end)).digest()
  if (!digest.equals(pack.subarray(end))) throw invalid('its checksum is wrong')
  const count = pack.readUInt32BE(8)
  if (count > MAX_OBJECTS) throw invalid('it is too large')
  const entries = new Map<number, PackEntry>()
  let total = 0
  let offset = 12
  for (let left = count; left > 0; left--) {
    const { entry, size, start } = readHeader(pack, offset)
    total += size
    if (total > MAX_CONTENT) throw invalid('it is too large')
    const { buffer, engine } = inflate(pack.subarray(start, end), size)
    if (buffer.length !== size) throw invalid('the size of an object is wrong')
    entries.set(offset, { ...entry, content: buffer })
    offset = start + engine.bytesWritten
  }
  return entries
}

/** zlib tells with `info` how much it has read: nothing else says where an object ends. */
function inflate(bytes: Buffer, size: number): { buffer: Buffer; engine: { bytesWritten: number } } {
  try {
    const options = { info: true, maxOutputLength: Math.max(size, 1) }
    return inflateSync(bytes, options) as unknown as ReturnType<typeof inflate>
  } catch {
    throw invalid('the data of an object is damaged')
  }
}

function readHeader(pack: Buffer, offset: number): { entry: Omit<PackEntry, 'content'>; size: number; start: number } {
  let start = offset
  let byte = pack[start++] ?? 0
  const kind = (byte >> 4) & 7
  let size = byte & 15
  for (let shift = 4; byte & 0x80; shift += 7) {
    byte = pack[start++] ?? 0
    size += (byte & 0x7f) * 2 ** shift
  }
  const type = TYPES[kind]
  if (type) return { entry: { type }, size, start }
  if (kind === REFERENCE_DELTA) {
    return { entry: { baseId: pack.toString('hex', start, start + 20) }, size, start: start + 20 }
  }
  if (kind !== OFFSET_DELTA) throw invalid(`objects of type ${kind} do not exist`)
  byte = pack[start++] ?? 0
  let distance = byte & 0x7f
  while (byte & 0x80) {
    byte = pack[start++] ?? 0
    distance = (distance + 1) * 128 + (byte & 0x7f)
  }
  return { entry: { baseOffset: offset - distance }, size, start }
}

/** Builds an object out of its base: pieces of the base, and new bytes in between. */
function applyDelta(base: Buffer, delta: Buffer): Buffer {
  let offset = 0
  const next = (): number => {
    const byte = delta[offset++]
    if (byte === undefined) throw invalid('a delta ends early')
    return byte
  }
  const length = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = next()
      value += (byte & 0x7f) * 2 ** shift
      if (!(byte & 0x80)) return value
    }
  }
  /** Of so many bytes only those that are not zero are there, as the bits of the flags say. */
  const sparse = (flags: number, count: number): number => {
    let value = 0
    for (let index = 0; index < count; index++) if (flags & (1 << index)) value += next() * 2 ** (8 * index)
    return value
  }
  if (length() !== base.length) throw invalid('a delta is for another base')
  const size = length()
  if (size > MAX_CONTENT) throw invalid('it is too large')
  const result = Buffer.alloc(size)
  let filled = 0
  while (offset < delta.length) {
    const command = next()
    const from = command & 0x80 ? sparse(command, 4) : offset
    const count = command & 0x80 ? sparse(command >> 4, 3) || 0x10000 : command
    const source = command & 0x80 ? base : delta
    if (count === 0 || from + count > source.length || filled + count > size) throw invalid('a delta is damaged')
    source.copy(result, filled, from, from + count)
    filled += count
    if (source === delta) offset += count
  }
  if (filled !== size) throw invalid('a delta is damaged')
  return result
}

function invalid(why: string): TransientError {
  return new TransientError('GIT_FAILED', `a pack cannot be read: ${why}`)
}
