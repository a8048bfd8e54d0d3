import { gunzipSync } from 'node:zlib'
import { classOf, messageOf } from '@slipway/errors'
import { parse } from '@slipway/go-yaml'
import { readBody } from '@slipway/http-server'
import { duplicateFields } from '../api/document-keys.ts'
import { jsonFault } from '../api/json-fault.ts'
import { bodyFormatOf } from '../api/media-types.ts'
import type { ApiRequest } from '../api/request.ts'
import { badRequest, tooLarge } from '../api/status.ts'
import { decodeProtobuf } from '../protobuf/decode.ts'

/** What Kubernetes takes at most. */
const MAX_BODY_BYTES = 3 * 1024 * 1024
/** A deeper text is an attack on recursive code, not an object. */
const MAX_DEPTH = 200

type Json = Record<string, unknown>

/** A body that cannot be read, in the words of Go's decoders; who asked for it says what it should have been. */
export class Undecodable extends Error {}

/** A body as data; where a key is there twice the last one counts, as in Go. */
export interface Document {
  value: Json
  /** What a strict decoder has against keys that are there twice. */
  duplicates: string[]
  /** The JSON that was sent; absent for YAML and protobuf. */
  json?: string
}

/** The text of the body. Throws 413 past 3 MiB. */
export async function readText(request: Pick<ApiRequest, 'http'>): Promise<string> {
  return (await readBytes(request)).toString()
}

async function readBytes({ http }: Pick<ApiRequest, 'http'>): Promise<Buffer> {
  const body = await readBody(http, MAX_BODY_BYTES).catch((error: unknown) => {
    throw classOf(error) === 'user' ? tooLarge(MAX_BODY_BYTES) : error
  })
  if (http.headers['content-encoding'] !== 'gzip') return body
  try {
    return gunzipSync(body, { maxOutputLength: MAX_BODY_BYTES })
  } catch {
    throw badRequest('the body is not gzip, or larger than the limit when unpacked')
  }
}

/** The body of a request that must have one, and its bytes for whoever has to complain. Throws 415; 413 past 3 MiB. */
export async function readDocument(
  request: Pick<ApiRequest, 'http'>,
): Promise<{ bytes: Buffer; document: () => Promise<Document> }> {
  const format = bodyFormatOf(request.http.headers['content-type'])
  const bytes = await readBytes(request)
  return { bytes, document: () => documentOf(bytes, format) }
}

/** Throws Undecodable. */
async function documentOf(bytes: Buffer, format: ReturnType<typeof bodyFormatOf>): Promise<Document> {
  if (format === 'protobuf') return { value: await decodeProtobuf(bytes), duplicates: [] }
  const text = bytes.toString()
  if (format === 'yaml') {
    const { value, duplicates } = parseYaml(text)
    return { value: asObject(value), duplicates: duplicates.map((fault) => `yaml: unmarshal errors:\n${fault}`) }
  }
  const value = asObject(parseJson(text))
  return { value, duplicates: duplicateFields(text).map(duplicateText), json: text }
}

/** What a decoder that is told no format finds in a text: JSON, or else YAML, which may hold nothing. Throws Undecodable. */
export function recognized(text: string): Json {
  return asObject(/^[ \t\r\n]*\{/.test(text) ? parseJson(text) : (parseYaml(text).value ?? {}))
}

export function duplicateText(path: string): string {
  return `duplicate field "${path}"`
}

/** The JSON value of a text. Throws Undecodable. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Undecodable(`couldn't get version/kind; json parse error: ${jsonFault(text)}`)
  }
}

/** YAML as JSON data, and the parser's lines about keys that are there twice. Throws Undecodable with the parser's words. */
export function parseYaml(text: string): { value: unknown; duplicates: string[] } {
  const json = fromJson(text)
  if (json !== undefined) return { value: json, duplicates: [] }
  try {
    return { value: plainData(parse(text)), duplicates: [] }
  } catch (error) {
    const message = messageOf(error).replace(/^error converting YAML to JSON: /, '')
    if (!message.includes('already set in map')) throw new Undecodable(message)
    const lines = message.replace(/^yaml: unmarshal errors:\n/, '')
    return { value: plainData(parse(text, { duplicateKeys: 'last' })), duplicates: [lines] }
  }
}

/** Programs apply JSON, which is YAML, too, and read much faster; undefined = it is not, or a key is there twice. */
function fromJson(text: string): unknown {
  if (!/^\s*\{/.test(text)) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return duplicateFields(text).length === 0 ? value : undefined
  } catch {
    return undefined
  }
}

/** The parser's maps have no prototype; JSON gives the ordinary objects that comparisons expect. */
const plainData = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null))

const TYPE_META =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'

/** Throws Undecodable when the value is no JSON object, or nested beyond reason. */
function asObject(value: unknown): Json {
  if (!isObject(value)) {
    const type = Array.isArray(value) ? 'array' : typeof value
    throw new Undecodable(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${type} into Go value of type ${TYPE_META}`,
    )
  }
  checkDepth(value)
  return value
}

function isObject(value: unknown): value is Json {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

/** Throws Undecodable when the value is nested beyond reason. */
export function checkDepth(value: unknown): void {
  if (depth(value) > MAX_DEPTH) throw new Undecodable('the object is nested too deeply')
}

function depth(value: unknown, level = 0): number {
  if (value === null || typeof value !== 'object' || level > MAX_DEPTH) return level
  let deepest = level
  for (const child of Object.values(value)) deepest = Math.max(deepest, depth(child, level + 1))
  return deepest
}
