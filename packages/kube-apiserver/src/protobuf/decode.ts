import { messageOf } from '@slipway/errors'
import { badRequest } from '../api/status.ts'
import { loadTable } from '../generated-tables.ts'
import { decodeSpecial } from './special-types.ts'
import { readFields } from './wire.ts'

/**
 * A field of a Go type: number, name in JSON (empty = its fields belong to the parent), type (`s`tring, `i`nteger, `d`ouble,
 * `b`ool, b`y`tes, `@…` special, else a message) and flags (`r`epeated, `m`ap, `p`ointer, `o`mitempty).
 */
type Field = [number: number, json: string, type: string, flags: string]
export type FieldTable = Record<string, Field[]>
type Json = Record<string, unknown>

/** Every message begins with it, so that nothing else is taken for one (runtime/serializer/protobuf). */
const MAGIC = Buffer.from('k8s\0')
const MAX_DEPTH = 100

/** The JSON form of an object in Kubernetes' protobuf encoding, which Go clients send for Kubernetes' own kinds. Throws 400. */
export async function decodeProtobuf(body: Uint8Array): Promise<Json> {
  const table = await loadTable<FieldTable>('protobufFields')
  try {
    return decodeEnvelope(body, table)
  } catch (error) {
    throw badRequest(`the body is not a Kubernetes object in protobuf: ${messageOf(error)}`)
  }
}

/** runtime.Unknown: type meta, and the object as bytes. */
function decodeEnvelope(body: Uint8Array, table: FieldTable): Json {
  if (!MAGIC.equals(body.subarray(0, 4))) throw new Error('it does not begin with the magic number')
  let typeMeta: Uint8Array = new Uint8Array()
  let raw: Uint8Array = new Uint8Array()
  for (const { number, value } of readFields(body.subarray(4))) {
    if (number === 1) typeMeta = value as Uint8Array
    if (number === 2) raw = value as Uint8Array
  }
  const [apiVersion = '', kind = ''] = [1, 2].map((wanted) => {
    for (const { number, value } of readFields(typeMeta)) if (number === wanted) return text(value as Uint8Array)
    return ''
  })
  return { apiVersion, kind, ...decodeMessage(raw, typeName(apiVersion, kind, table), table) }
}

/** `rbac.authorization.k8s.io/v1` Role is `rbac/v1.Role`; the options of requests belong to every group. */
function typeName(apiVersion: string, kind: string, table: FieldTable): string {
  if (kind.endsWith('Options') && table[`meta/v1.${kind}`]) return `meta/v1.${kind}`
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['core', apiVersion]
  const name = `${group.split('.')[0]}/${version}.${kind}`
  if (!table[name]) throw new Error(`${apiVersion} ${kind} is not known`)
  return name
}

function decodeMessage(bytes: Uint8Array, type: string, table: FieldTable, depth = 0): Json {
  if (depth > MAX_DEPTH) throw new Error('it is nested too deeply')
  const fields = new Map((table[type] ?? []).map((field) => [field[0], field]))
  const object: Json = {}
  for (const { number, value } of readFields(bytes)) {
    const field = fields.get(number)
    // A field of a later version: unknown to us in JSON too.
    if (field) addField(object, field, value, (inner, name) => decodeMessage(inner, name, table, depth + 1))
  }
  return object
}

type DecodeMessage = (bytes: Uint8Array, type: string) => Json

function addField(object: Json, [, name, type, flags]: Field, raw: bigint | Uint8Array, message: DecodeMessage): void {
  if (flags.includes('m')) {
    const [key, value] = mapEntry(raw as Uint8Array, type, message)
    const map = (object[name] as Json | undefined) ?? {}
    object[name] = map
    Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true })
    return
  }
  const value = decodeValue(raw, type, message)
  if (flags.includes('r')) {
    const list = (object[name] as unknown[] | undefined) ?? []
    object[name] = list
    list.push(value)
  } else if (name === '') Object.assign(object, value)
  else if (flags.includes('p') || !(flags.includes('o') && isZero(value))) {
    if (value !== undefined) object[name] = value
  }
}

/** Go writes every field that is no pointer, and omitempty leaves its zero out of JSON; an empty struct stays, as `{}`. */
function isZero(value: unknown): boolean {
  return value === '' || value === 0 || value === false || value === undefined
}

function mapEntry(bytes: Uint8Array, type: string, message: DecodeMessage): [string, unknown] {
  let key = ''
  let value: unknown = decodeValue(new Uint8Array(), type, message)
  for (const field of readFields(bytes)) {
    if (field.number === 1) key = text(field.value as Uint8Array)
    else value = decodeValue(field.value, type, message)
  }
  return [key, value]
}

function decodeValue(raw: bigint | Uint8Array, type: string, message: DecodeMessage): unknown {
  if (typeof raw === 'bigint') return type === 'b' ? raw !== 0n : Number(raw)
  if (type === 's') return text(raw)
  if (type === 'y') return Buffer.from(raw).toString('base64')
  if (type === 'd') return new DataView(raw.buffer, raw.byteOffset, raw.length).getFloat64(0, true)
  if (type.startsWith('@'))
    return decodeSpecial(raw, type, (inner) => message(inner, 'apiextensions/v1.JSONSchemaProps'))
  return message(raw, type)
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8')
}
