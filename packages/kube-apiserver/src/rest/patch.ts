import { UserError } from '@slipway/errors'
import {
  goText,
  isObject,
  jsonPatch,
  type KubeObject,
  mergePatch,
  strategicMergePatch,
  withSortedKeys,
} from '@slipway/kube-objects'
import { flagOf } from '../api/flag.ts'
import { type PatchKind, patchKindOf } from '../api/media-types.ts'
import type { ApiRequest } from '../api/request.ts'
import { badRequest, conflict, invalid, StatusError } from '../api/status.ts'
import { apiVersionOf } from '../registry/resource.ts'
import type { WriteOptions } from '../storage/write-options.ts'
import { ownPart } from '../strategy/own-part.ts'
import { forbiddenField, invalidValue, required } from '../validation/field-errors.ts'
import { sendObject } from './answer.ts'
import { checkDepth, parseYaml, readText, Undecodable } from './body.ts'
import { decode } from './decode.ts'
import { fieldValidationOf, writeOptionsOf } from './options.ts'
import { type Patch, readPatch } from './read-patch.ts'
import { addWarnings } from './warnings.ts'
import { creationBy, trackerOf, type WriteDeps } from './write.ts'

/** PATCH of an object or of its status: JSON patch, merge patch, strategic merge patch, or server-side apply. */
export async function patchObject(deps: WriteDeps, request: ApiRequest): Promise<void> {
  const kind = patchKindOf(request.http.headers['content-type'], request.resource.custom !== undefined)
  const options = patchOptionsOf(request, kind)
  const text = await readText(request)
  if (kind === 'apply') await applyObject(deps, request, text, options)
  else await mergeObject(deps, request, readPatch(text, kind), options)
}

/** Throws 422 for options that do not go with the kind of patch. */
function patchOptionsOf(request: ApiRequest, kind: PatchKind): WriteOptions {
  const { query } = request
  if (kind === 'apply') {
    const missing = query.get('fieldManager') ? [] : [required('fieldManager', 'is required for apply patch')]
    return writeOptionsOf(request, 'PatchOptions', missing)
  }
  const forced = flagOf(query, 'force') === undefined
  const why = 'may not be specified for non-apply patch'
  return writeOptionsOf(request, 'PatchOptions', forced ? [] : [forbiddenField('force', why)])
}

async function mergeObject(deps: WriteDeps, request: ApiRequest, patch: Patch, options: WriteOptions): Promise<void> {
  const { objects, rules } = deps
  const { resource, namespace, name = '' } = request
  const stored = await objects.update(
    { resource, namespace, name },
    (current) => current && rules.complete(patched(current, patch, deps, request), resource),
    { ...options, track: trackerOf(deps, request) },
  )
  await sendObject(request, stored)
}

/** The current object with a patch, as one of the request's type that a client sent. */
export function patched(current: KubeObject, patch: Patch, { rules }: WriteDeps, request: ApiRequest): KubeObject {
  const value = applyPatch(current, patch, () => rules.schema(request.resource))
  // A strategic merge patch is of maps, which are converted; the result of others is text, which is decoded.
  const isMap = patch.kind === 'strategic'
  const shown = (): string => (isMap ? goText(patch.patch) : JSON.stringify(withSortedKeys(value)))
  const refused = (fault: string, conversionFault = fault) =>
    invalid({ group: '', kind: '' }, '', [invalidValue('patch', shown(), isMap ? conversionFault : fault)])
  if (!isObject(value)) throw refused('the result is no object')
  try {
    checkDepth(value)
  } catch (error) {
    throw error instanceof Undecodable ? refused(error.message) : error
  }
  return decode({ value, duplicates: patch.duplicates }, request, rules, refused)
}

/** The patched object. Throws 422 for a JSON patch that does not fit, and of a strategic merge patch 400 or 500. */
function applyPatch(
  current: KubeObject,
  { kind, patch }: Pick<Patch, 'kind' | 'patch'>,
  schema: () => Parameters<typeof strategicMergePatch>[2],
): unknown {
  try {
    if (kind === 'json') return jsonPatch(current, patch)
    return kind === 'merge' ? mergePatch(current, patch) : strategicMergePatch(current, patch, schema())
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    if (error.code === 'PATCH_MALFORMED') throw badRequest(error.message)
    if (kind !== 'json') throw new StatusError(500, '', error.message)
    throw new StatusError(422, 'Invalid', 'the server rejected our request due to an error in our request', {})
  }
}

async function applyObject(deps: WriteDeps, request: ApiRequest, text: string, options: WriteOptions): Promise<void> {
  const { objects, rules } = deps
  const { resource, namespace, name = '', subresource, query } = request
  const manager = query.get('fieldManager') ?? ''
  const { configuration, duplicates } = readConfiguration(text, request)
  const part = ownPart(resource, objects.strategy(resource), subresource)
  const how = { manager, force: flagOf(query, 'force') ?? false, ...(subresource && { subresource }), part }
  const stored = await objects.update(
    { resource, namespace, name },
    (current) => {
      if (!current && subresource) return undefined
      rules.checkConfiguration(configuration, resource)
      const applied = placed(configuration, request)
      if (!current && applied.metadata.uid) {
        const why = `uid mismatch: the provided object specified uid ${applied.metadata.uid}, and no existing object was found`
        throw conflict(resource, name, why)
      }
      return rules.apply(applied, current, resource, how)
    },
    { ...options, ...creationBy(deps, request) },
  )
  addWarnings(request, duplicates)
  await sendObject(request, stored)
}

/** The configuration of an apply, in YAML or JSON. Throws 400 for keys that are there twice when validation is strict. */
function readConfiguration(text: string, request: ApiRequest): { configuration: KubeObject; duplicates: string[] } {
  const { value, duplicates } = decodedYaml(text)
  const { apiVersion = '', kind = '', metadata } = value as Partial<KubeObject>
  const { resource } = request
  if (apiVersion !== apiVersionOf(resource) || kind !== resource.kind) {
    const [version = '', group = ''] = String(apiVersion).split('/').toReversed()
    throw badRequest(`invalid object type: ${group}/${version}, Kind=${kind}`)
  }
  const configuration = { ...value, metadata: isObject(metadata) ? metadata : {} } as KubeObject
  if (configuration.metadata.managedFields?.length) throw badRequest('metadata.managedFields must be nil')
  const validation = fieldValidationOf(request)
  if (duplicates.length > 0 && validation === 'Strict') {
    throw badRequest(
      `error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n${duplicates[0]}`,
    )
  }
  return { configuration, duplicates: validation === 'Warn' ? duplicates.map((line) => line.trim()) : [] }
}

function decodedYaml(text: string): { value: object; duplicates: string[] } {
  try {
    const { value, duplicates } = parseYaml(text)
    if (!isObject(value))
      throw new Undecodable('json: cannot unmarshal the body into Go value of type map[string]interface {}')
    checkDepth(value)
    return { value, duplicates }
  } catch (error) {
    if (!(error instanceof Undecodable)) throw error
    throw badRequest(`error decoding YAML: error converting YAML to JSON: ${error.message}`)
  }
}

/** The configuration with the name and namespace of the URL. Throws 400 when it has others. */
function placed(configuration: KubeObject, { name = '', namespace }: ApiRequest): KubeObject {
  const { metadata } = configuration
  if (namespace !== undefined && metadata.namespace && metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
  if (metadata.name && metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`)
  }
  return { ...configuration, metadata: { ...metadata, name, ...(namespace !== undefined && { namespace }) } }
}
