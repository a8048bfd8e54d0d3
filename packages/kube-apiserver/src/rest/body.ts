import { gunzipSync } from 'node:zlib'
import { classOf } from '@slipway/errors'
import { parse } from '@slipway/go-yaml'
import { readBody } from '@slipway/http-server'
import type { KubeObject } from '@slipway/kube-objects'
import { duplicateFields } from '../api/duplicate-fields.ts'
import { bodyFormatOf, parseJson } from '../api/media-types.ts'
import type { ApiRequest } from '../api/request.ts'
import { badRequest, tooLarge } from '../api/status.ts'
import { decodeProtobuf } from '../protobuf/decode.ts'
import { apiVersionOf } from '../registry/resource.ts'

/** What Kubernetes takes at most. */
const MAX_BODY_BYTES = 3 * 1024 * 1024
/** A deeper text is an attack on recursive code, not an object. */
const MAX_DEPTH = 200

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

/** The object of a body in JSON, YAML or protobuf; undefined when the body is empty. Throws 400 and 415. */
export async function readValue(request: Pick<ApiRequest, 'http'>): Promise<Record<string, unknown> | undefined> {
  return (await readDocument(request))?.value
}

/** A body as data, and what its text says twice: the last one counts, as in Go. */
interface Document {
  value: Record<string, unknown>
  /** `duplicate field "spec.replicas"` */
  duplicates: string[]
}

async function readDocument(request: Pick<ApiRequest, 'http'>): Promise<Document | undefined> {
  const format = bodyFormatOf(request.http.headers['content-type'])
  const bytes = await readBytes(request)
  if (bytes.length === 0) return undefined
  if (format === 'protobuf') return { value: await decodeProtobuf(bytes), duplicates: [] }
  const text = bytes.toString()
  if (text.trim() === '') return undefined
  if (format === 'yaml') {
    const { value, duplicates } = parseYaml(text)
    return { value: asObject(value), duplicates }
  }
  const value = asObject(parseJson(text))
  return { value, duplicates: duplicateFields(text).map((path) => `duplicate field "${path}"`) }
}

/** YAML as JSON data, and the parser's complaint about keys that are there twice. Throws 400 with the parser's words. */
export function parseYaml(text: string): { value: unknown; duplicates: string[] } {
  const json = fromJson(text)
  if (json !== undefined) return { value: json, duplicates: [] }
  try {
    return { value: plainData(parse(text)), duplicates: [] }
  } catch (error) {
    const { message } = error as Error
    if (!message.includes('already set in map')) throw badRequest(`error decoding YAML: ${message}`)
    return { value: plainData(parse(text, { duplicateKeys: 'last' })), duplicates: [message] }
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
const plainData = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

/** Throws 400 when the value is no JSON object, or nested beyond reason. */
export function asObject(value: unknown): Record<string, unknown> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw badRequest("couldn't get version/kind; json parse error: json: cannot unmarshal the body into an object")
  }
  if (depth(value) > MAX_DEPTH) throw badRequest('the object is nested too deeply')
  return value as Record<string, unknown>
}

function depth(value: unknown, level = 0): number {
  if (value === null || typeof value !== 'object' || level > MAX_DEPTH) return level
  let deepest = level
  for (const child of Object.values(value)) deepest = Math.max(deepest, depth(child, level + 1))
  return deepest
}

/** The body as an object of the request's resource and place. Throws 400 when it is of another kind, namespace or name. */
export async function readObject(request: ApiRequest): Promise<{ object: KubeObject; duplicates: string[] }> {
  const document = await readDocument(request)
  if (!document) throw badRequest('no body: an object is required')
  return { object: checkTarget(document.value, request), duplicates: document.duplicates }
}

/** The value as an object of the request's resource and place. */
export function checkTarget(value: Record<string, unknown>, request: ApiRequest): KubeObject {
  const { resource, namespace, name } = request
  const expected = { apiVersion: apiVersionOf(resource), kind: resource.kind }
  const object = { ...expected, ...value } as KubeObject
  if (!object.kind) object.kind = expected.kind
  if (!object.apiVersion) object.apiVersion = expected.apiVersion
  if (object.apiVersion !== expected.apiVersion) {
    throw badRequest(
      `the API version in the data (${object.apiVersion}) does not match the expected API version (${expected.apiVersion})`,
    )
  }
  if (object.kind !== expected.kind) {
    throw badRequest(`the kind in the data (${object.kind}) does not match the expected kind (${expected.kind})`)
  }
  checkMetadataShape(object)
  if (namespace !== undefined) {
    if (object.metadata.namespace && object.metadata.namespace !== namespace) {
      throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
    }
    object.metadata.namespace = namespace
  }
  if (name) {
    if (object.metadata.name && object.metadata.name !== name) {
      throw badRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`)
    }
    object.metadata.name = name
  }
  return object
}

/** Everything below relies on these types; the rest of the object is checked against its schema. */
function checkMetadataShape(object: KubeObject): void {
  object.metadata = { ...(object.metadata as object | undefined) } as KubeObject['metadata']
  const metadata = object.metadata as unknown as Record<string, unknown>
  const is = (type: string, value: unknown) => value === undefined || value === null || typeof value === type
  const isMap = (value: unknown) =>
    is('object', value) && !Array.isArray(value) && Object.values(value ?? {}).every((one) => typeof one === 'string')
  const isList = (value: unknown) => value === undefined || value === null || Array.isArray(value)
  const wrong = [
    ...['name', 'namespace', 'generateName', 'uid', 'resourceVersion'].filter(
      (field) => !is('string', metadata[field]),
    ),
    ...['labels', 'annotations'].filter((field) => !isMap(metadata[field])),
    ...['finalizers', 'ownerReferences', 'managedFields'].filter((field) => !isList(metadata[field])),
  ]
  if (wrong.length > 0) {
    throw badRequest(
      `${object.kind} in version "${object.apiVersion}" cannot be handled as a ${object.kind}: json: cannot unmarshal metadata.${wrong[0]}`,
    )
  }
  for (const [field, value] of Object.entries(metadata)) if (value === null) delete metadata[field]
}
