import { type KubeObject, schemaFor, unknownFieldText } from '@slipway/kube-objects'
import { documentKeys } from '../api/document-keys.ts'
import type { ApiRequest } from '../api/request.ts'
import { badRequest } from '../api/status.ts'
import { apiVersionOf, partOf, type Resource } from '../registry/resource.ts'
import type { ObjectRules } from '../schema/object-rules.ts'
import { type Document, duplicateText, readDocument, Undecodable } from './body.ts'
import { fieldValidationOf } from './options.ts'
import { addWarnings } from './warnings.ts'

/**
 * The body of a create or update as an object of the request's type and place, with defaults. Throws 400 when it is none,
 * or has fields that strict validation does not want, and 422 for what its schema forbids.
 */
export async function readObject(request: ApiRequest, rules: ObjectRules): Promise<KubeObject> {
  const { resource } = request
  const { bytes, document } = await readDocument(request)
  let read: Document
  try {
    read = await document()
  } catch (error) {
    if (!(error instanceof Undecodable)) throw error
    const what = `the object provided is unrecognized (must be of type ${resource.kind})`
    throw badRequest(`${what}: ${error.message} (${summary(bytes)})`)
  }
  const object = decode(read, request, rules, (fault) => {
    const { kind, version } = typeOf(read.value, resource)
    return badRequest(`${kind} in version "${version}" cannot be handled as a ${resource.kind}: ${fault}`)
  })
  return rules.complete(object, resource)
}

/** A request for a part of an object, with the part's own type: a Scale, an Eviction. */
export function partRequest(request: ApiRequest): ApiRequest {
  return { ...request, resource: partOf(request.resource, request.subresource) }
}

/** The body of a request that makes something of a named object: that has its name already, which the body need not say. */
export async function readMade(request: ApiRequest, rules: ObjectRules): Promise<KubeObject> {
  const { name: _, ...unnamed } = partRequest(request)
  return await readObject(unnamed, rules)
}

/** What is decoded, and what a strict decoder has against its text. */
type Decodable = Pick<Document, 'value' | 'duplicates' | 'json'>

/** The value as an object of the request's type and place; `refused` makes the answer of what the decoder, or the conversion, says. */
export function decode(
  document: Decodable,
  request: ApiRequest,
  rules: ObjectRules,
  refused: (fault: string, conversionFault?: string) => Error,
): KubeObject {
  const { resource } = request
  const foreign = typeFault(document.value, resource)
  if (foreign !== undefined) throw refused(foreign)
  const { object, unknown, fault, conversionFault } = rules.read({ ...document.value } as KubeObject, resource)
  if (fault !== undefined) throw refused(fault, conversionFault)
  const faults = strictFaults(document, unknown, resource)
  const validation = fieldValidationOf(request)
  if (validation === 'Strict' && faults.length > 0) throw refused(`strict decoding error: ${faults.join(', ')}`)
  if (validation === 'Warn') addWarnings(request, faults)
  Object.assign(object, { apiVersion: apiVersionOf(resource), kind: resource.kind })
  object.metadata ??= {} as KubeObject['metadata']
  checkPlace(object, request)
  return object
}

/** What a strict decoder would say, in the order of the text; of a custom resource, first what the text itself has. */
function strictFaults({ duplicates, json }: Decodable, unknown: string[], { custom }: Resource): string[] {
  if (custom || json === undefined || duplicates.length === 0 || unknown.length === 0) {
    return [...duplicates, ...unknown.map(unknownFieldText)]
  }
  const faults = new Set<string>()
  const foreign = new Set(unknown)
  for (const { path, repeated } of documentKeys(json)) {
    if (repeated) faults.add(duplicateText(path))
    if (foreign.has(path)) faults.add(unknownFieldText(path))
  }
  return [...faults]
}

/** The kind and version that a body says it has, or is to have. */
function typeOf({ apiVersion, kind }: Record<string, unknown>, resource: Resource): { kind: string; version: string } {
  const version = typeof apiVersion === 'string' && apiVersion ? apiVersion : apiVersionOf(resource)
  return {
    kind: typeof kind === 'string' && kind ? kind : resource.kind,
    version: version.split('/').at(-1) ?? '',
  }
}

/** What is no longer served, and read all the same, for its clients are many (EvictionREST's AcceptsGroupVersion). */
const OLDER: Partial<Record<string, string>> = { 'policy/v1 Eviction': 'policy/v1beta1' }

/** What Kubernetes' scheme says of a body of another type; undefined = it is of the resource's. */
function typeFault(value: Record<string, unknown>, resource: Resource): string | undefined {
  for (const field of ['apiVersion', 'kind']) {
    const given = value[field]
    if (given !== undefined && given !== null && typeof given !== 'string') {
      return `couldn't get version/kind; json parse error: json: cannot unmarshal ${typeof given} into Go struct field .${field} of type string`
    }
  }
  const expected = apiVersionOf(resource)
  const apiVersion = (value.apiVersion as string | undefined) || expected
  const kind = (value.kind as string | undefined) || resource.kind
  if (kind === resource.kind && (apiVersion === expected || apiVersion === OLDER[`${expected} ${kind}`]))
    return undefined
  if (resource.custom) {
    return `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`
  }
  if (schemaFor({ apiVersion, kind })) {
    const from = `${apiVersion.split('/').at(-1)}.${kind}`
    return `converting (${from}) to (${resource.group.split('.')[0] || 'core'}.${resource.kind}): unknown conversion`
  }
  return `no kind "${kind}" is registered for version "${apiVersion}" in scheme "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"`
}

/** Puts the object where the URL says. Throws 400 when it says otherwise itself. */
function checkPlace(object: KubeObject, { resource, namespace, name }: ApiRequest): void {
  const { metadata } = object
  if (namespace !== undefined) {
    if (metadata.namespace && metadata.namespace !== namespace) {
      throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
    }
    metadata.namespace = namespace
  } else if (!resource.namespaced) delete metadata.namespace
  if (!name) return
  if (!metadata.name) {
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`)
  }
  if (metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`)
  }
}

/** The beginning of a body, as refusals show it. */
function summary(bytes: Buffer): string {
  if (bytes.length === 0) return '<empty>'
  const start = bytes.subarray(0, 30)
  const text = start[0] === 0x7b ? start.toString() : start.toString('hex')
  return bytes.length > 30 ? `${text} ...` : text
}
