import { classOf, messageOf } from '@slipway/errors'
import { jsonPatch, type KubeObject, mergePatch, strategicMergePatch } from '@slipway/kube-objects'
import { type PatchKind, parseJson, patchKindOf } from '../api/media-types.ts'
import type { ApiRequest } from '../api/request.ts'
import { badRequest, StatusError } from '../api/status.ts'
import { apiVersionOf } from '../registry/resource.ts'
import type { WriteOptions } from '../storage/object-service.ts'
import { sendObject } from './answer.ts'
import { asObject, checkTarget, parseYaml, readText } from './body.ts'
import { fieldManagerOf, fieldValidationOf, writeOptionsOf } from './options.ts'
import { addWarnings } from './warnings.ts'
import type { WriteDeps } from './write.ts'

/** PATCH of an object or of its status: JSON patch, merge patch, strategic merge patch, or server-side apply. */
export async function patchObject(deps: WriteDeps, request: ApiRequest): Promise<void> {
  const kind = patchKindOf(request.http.headers['content-type'], request.resource.custom !== undefined)
  const options = writeOptionsOf(request, 'PatchOptions')
  const text = await readText(request)
  if (kind === 'apply') await applyObject(deps, request, readConfiguration(text, request), options)
  else await mergeObject(deps, request, { kind, patch: parseJson(text) }, options)
}

/** The configuration of an apply, in YAML or JSON. Throws 400 for keys that are there twice when validation is strict. */
function readConfiguration(text: string, request: ApiRequest): Record<string, unknown> {
  const { value, duplicates } = parseYaml(text)
  const validation = fieldValidationOf(request)
  if (duplicates.length > 0 && validation === 'Strict') throw badRequest(`error strict decoding YAML: ${duplicates[0]}`)
  if (validation === 'Warn') addWarnings(request, duplicates)
  return asObject(value)
}

/** A patch in one of the three forms that change the current object without tracking who wants what. */
export interface Patch {
  kind: Exclude<PatchKind, 'apply'>
  patch: unknown
}

async function mergeObject(deps: WriteDeps, request: ApiRequest, patch: Patch, options: WriteOptions): Promise<void> {
  const { objects, rules } = deps
  const { resource, namespace, name = '', subresource } = request
  if (request.query.get('force'))
    throw badRequest(
      'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
    )
  const track = rules.tracker(resource, fieldManagerOf(request), subresource)
  const warnings = new Set<string>()
  const stored = await objects.update(
    { resource, namespace, name },
    (current) => {
      if (!current) return undefined
      const decoded = rules.decode(patched(current, patch, deps, request), resource, fieldValidationOf(request))
      for (const warning of decoded.warnings) warnings.add(warning)
      return decoded.object
    },
    { ...options, track },
  )
  addWarnings(request, [...warnings])
  await sendObject(request, stored)
}

function patched(current: KubeObject, { kind, patch }: Patch, { rules }: WriteDeps, request: ApiRequest): KubeObject {
  const result = applyPatch(current, { kind, patch }, () => rules.schema(request.resource))
  return checkTarget(asObject(result), request)
}

/** The patched object. Throws 400 for a malformed patch and 422 for one that does not fit the object. */
export function applyPatch(
  current: KubeObject,
  { kind, patch }: Patch,
  schema: () => Parameters<typeof strategicMergePatch>[2],
): unknown {
  try {
    if (kind === 'json') return jsonPatch(current, patch)
    asObject(patch)
    return kind === 'merge' ? mergePatch(current, patch) : strategicMergePatch(current, patch, schema())
  } catch (error) {
    if (classOf(error) !== 'user') throw error
    if (kind !== 'json') throw badRequest(messageOf(error))
    throw new StatusError(
      422,
      'Invalid',
      `the server rejected our request due to an error in our request: ${messageOf(error)}`,
      {},
    )
  }
}

async function applyObject(
  { objects, rules }: WriteDeps,
  request: ApiRequest,
  body: Record<string, unknown>,
  options: WriteOptions,
): Promise<void> {
  const { resource, namespace, name = '', subresource, query } = request
  const manager = query.get('fieldManager')
  if (!manager)
    throw badRequest(
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    )
  const applied = checkTarget({ apiVersion: apiVersionOf(resource), kind: resource.kind, ...body }, request)
  if (applied.metadata.managedFields?.length) throw badRequest('metadata.managedFields must be nil')
  const configuration = rules.configuration(applied, resource)
  const how = { manager, force: ['true', '1'].includes(query.get('force') ?? ''), ...(subresource && { subresource }) }
  const stored = await objects.update(
    { resource, namespace, name },
    (current) => {
      if (!current && subresource) return undefined
      return rules.completed(rules.apply(configuration, current, resource, how), resource)
    },
    options,
  )
  await sendObject(request, stored)
}
