import { chartError } from './error.ts'

/** An entry of a tar archive. */
export interface TarEntry {
  readonly name: string
  readonly data: Uint8Array
}

interface Header {
  readonly name: string
  readonly size: number
  readonly type: string
  readonly mode: number
}

const block = 512
const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** The regular files of a tar archive (ustar, PAX and GNU long names). Throws UserError CHART_INVALID. */
export function readTar(archive: Uint8Array): TarEntry[] {
  const entries: TarEntry[] = []
  let longName: string | undefined
  for (let at = 0; at + block <= archive.length; ) {
    const header = readHeader(archive.subarray(at, at + block))
    if (!header) break
    const data = archive.subarray(at + block, at + block + header.size)
    if (data.length < header.size) throw chartError('unexpected EOF')
    at += block + Math.ceil(header.size / block) * block
    if (header.type === 'L') longName = decoder.decode(data).replace(/\0+$/, '')
    else if (header.type === 'x') longName = paxPath(data) ?? longName
    else if (header.type !== 'g') {
      const name = longName ?? header.name
      longName = undefined
      if (header.type !== '5' && !name.endsWith('/')) entries.push({ name, data })
    }
  }
  return entries
}

function readHeader(bytes: Uint8Array): Header | undefined {
  if (bytes.every((byte) => byte === 0)) return undefined
  const sum = bytes.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0)
  if (readNumber(bytes, 148, 8) !== sum) throw chartError('archive/tar: invalid tar header')
  const isUstar = readText(bytes, 257, 5) === 'ustar' && bytes[263] === 0x30
  const prefix = isUstar ? readText(bytes, 345, 155) : ''
  const name = readText(bytes, 0, 100)
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    size: readNumber(bytes, 124, 12),
    type: String.fromCharCode(bytes[156] ?? 0),
    mode: readNumber(bytes, 100, 8),
  }
}

function readText(bytes: Uint8Array, start: number, length: number): string {
  const field = bytes.subarray(start, start + length)
  const end = field.indexOf(0)
  return decoder.decode(end < 0 ? field : field.subarray(0, end))
}

function readNumber(bytes: Uint8Array, start: number, length: number): number {
  if (((bytes[start] ?? 0) & 0x80) !== 0) {
    return bytes.subarray(start + 1, start + length).reduce((value, byte) => value * 256 + byte, 0)
  }
  return Number.parseInt(readText(bytes, start, length).trim() || '0', 8)
}

function paxPath(data: Uint8Array): string | undefined {
  let path: string | undefined
  for (let rest = data; rest.length > 0; ) {
    const space = rest.indexOf(0x20)
    const length = Number(decoder.decode(rest.subarray(0, space)))
    if (!(length > space)) throw chartError('archive/tar: invalid tar header')
    const record = decoder.decode(rest.subarray(space + 1, length - 1))
    if (record.startsWith('path=')) path = record.slice(5)
    rest = rest.subarray(length)
  }
  return path
}

/** A tar archive of these files: mode 0644, no owner, and one time (seconds) for all, so that equal input gives equal bytes. */
export function writeTar(entries: readonly TarEntry[], modifiedAt = 0): Uint8Array {
  const parts: Uint8Array[] = []
  for (const { name, data } of entries) {
    parts.push(...writeEntry(name, data, modifiedAt))
  }
  parts.push(new Uint8Array(2 * block))
  return concat(parts)
}

function writeEntry(name: string, data: Uint8Array, modifiedAt: number): Uint8Array[] {
  const encoded = encoder.encode(name)
  const fits = encoded.length <= 100
  const long = fits
    ? []
    : writeEntry('././@PaxHeader', paxRecord(name), modifiedAt).map((part, index) =>
        index === 0 ? retype(part, 'x') : part,
      )
  const header = new Uint8Array(block)
  header.set(fits ? encoded : encoded.subarray(0, 100), 0)
  const field = (start: number, text: string) => header.set(encoder.encode(text), start)
  field(100, '0000644\0')
  field(108, '0000000\0')
  field(116, '0000000\0')
  field(124, `${data.length.toString(8).padStart(11, '0')}\0`)
  field(136, `${modifiedAt.toString(8).padStart(11, '0')}\0`)
  field(156, '0')
  field(257, 'ustar\x0000')
  return [...long, checksummed(header), data, new Uint8Array((block - (data.length % block)) % block)]
}

function retype(header: Uint8Array, type: string): Uint8Array {
  const copy = Uint8Array.from(header)
  copy[156] = type.charCodeAt(0)
  return checksummed(copy)
}

function checksummed(header: Uint8Array): Uint8Array {
  header.set(encoder.encode('        '), 148)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.set(encoder.encode(`${sum.toString(8).padStart(6, '0')}\0 `), 148)
  return header
}

function paxRecord(path: string): Uint8Array {
  const body = ` path=${path}\n`
  const bodyLength = encoder.encode(body).length
  let length = bodyLength + 1
  while (String(length).length + bodyLength !== length) length = String(length).length + bodyLength
  return encoder.encode(`${length}${body}`)
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
