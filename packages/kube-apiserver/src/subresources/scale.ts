import {
  evaluateJsonPath,
  isObject,
  type KubeObject,
  labelRequirements,
  type ManagedFieldsEntry,
} from '@slipway/kube-objects'
import { flagOf } from '../api/flag.ts'
import { type PatchKind, patchKindOf } from '../api/media-types.ts'
import type { ApiRequest } from '../api/request.ts'
import { badRequest, invalid, notFound } from '../api/status.ts'
import { apiVersionOf } from '../registry/resource.ts'
import { sendPart } from '../rest/answer.ts'
import { parseYaml, readText, Undecodable } from '../rest/body.ts'
import { partRequest, readObject } from '../rest/decode.ts'
import { fieldManagerOf, writeOptionsOf } from '../rest/options.ts'
import { patched } from '../rest/patch.ts'
import { readPatch } from '../rest/read-patch.ts'
import type { WriteDeps } from '../rest/write.ts'
import { decodeEntry } from '../storage/codec.ts'
import type { WriteOptions } from '../storage/write-options.ts'
import { invalidValue, required } from '../validation/field-errors.ts'

/** autoscaling/v1 Scale. */
interface Scale extends KubeObject {
  spec: { replicas?: number }
}

/** The scale subresource: replicas of anything, in one form. */
export async function serveScale(deps: WriteDeps, request: ApiRequest): Promise<void> {
  const { resource, namespace, name = '' } = request
  const address = { resource, namespace, name }
  if (request.verb === 'get') {
    await sendScale(request, decodeEntry(deps.objects.entry(address), resource))
    return
  }
  const kind = request.verb === 'patch' ? patchKindOf(request.http.headers['content-type'], false) : undefined
  const part = {
    of: (object: Readonly<KubeObject>) => scaleOf(object, request),
    into: (object: KubeObject, scale: KubeObject) =>
      setPath(object, replicasPath(request), checkReplicas(scale, request)),
  }
  const write = { ...writeOptionsOf(request, kind ? 'PatchOptions' : 'UpdateOptions'), subresource: 'scale', part }
  const applies = kind === 'apply'
  const change = applies ? await readApplied(deps, request) : await readChange(deps, request, kind)
  const stored = await deps.objects.update(
    address,
    (current) => {
      if (!current) throw notFound(resource, name)
      return change(current)
    },
    applies ? write : { ...write, replaces: !kind, track: tracker(deps, request) },
  )
  await sendScale(request, decodeEntry({ value: stored.value, modRevision: stored.revision }, resource))
}

async function sendScale(request: ApiRequest, object: Readonly<KubeObject>): Promise<void> {
  const { resource } = partRequest(request)
  await sendPart(request, scaleOf(object, request), { ...resource, plural: 'scales' })
}

/**
 * To the field manager a Scale is a whole object (managedfields/scalehandler.go): replicas that nobody has managed nobody gets to
 * manage, and none at all are replicas that are not there.
 */
function tracker({ rules }: WriteDeps, request: ApiRequest): NonNullable<WriteOptions['track']> {
  const track = rules.tracker(request.resource, { manager: fieldManagerOf(request), subresource: 'scale' })
  const path = replicasPath(request)
  const fields = path.split('.').filter(Boolean)
  const isManaged = ({ metadata }: KubeObject): boolean =>
    ((metadata.managedFields ?? []) as ManagedFieldsEntry[]).some(
      ({ fieldsV1 }) =>
        fields.reduce<unknown>((at, field) => (isObject(at) ? at[`f:${field}`] : undefined), fieldsV1) !== undefined,
    )
  return (after, before) => {
    if (!before || !isManaged(before)) return after
    if (evaluateJsonPath(after, path)[0] !== 0) return track(after, before)
    const shown = structuredClone(after)
    setPath(shown, path, undefined)
    return { ...after, metadata: track(shown, before).metadata }
  }
}

type Change = (current: KubeObject) => KubeObject

/** The replicas of a Scale that replaces or patches the present one. */
async function readChange(
  deps: WriteDeps,
  request: ApiRequest,
  kind: Exclude<PatchKind, 'apply'> | undefined,
): Promise<Change> {
  const scaled = await readScale(deps, request, kind)
  return (current) => {
    const scale = scaled(scaleOf(current, request))
    // A Scale says of which object it is, and of which version.
    const { uid, resourceVersion } = scale.metadata
    if (uid) current.metadata.uid = uid
    if (resourceVersion) current.metadata.resourceVersion = resourceVersion
    setPath(current, replicasPath(request), scale.spec?.replicas ?? 0)
    return current
  }
}

async function readScale(
  deps: WriteDeps,
  request: ApiRequest,
  kind: Exclude<PatchKind, 'apply'> | undefined,
): Promise<(current: Scale) => KubeObject> {
  const own = partRequest(request)
  if (kind === undefined) {
    const wanted = await readObject(own, deps.rules)
    return () => wanted
  }
  const patch = readPatch(await readText(request), kind)
  return (current) => patched(current, patch, deps, own)
}

/** A Scale that is applied is a configuration of the object with nothing but its replicas. */
async function readApplied({ rules }: WriteDeps, request: ApiRequest): Promise<Change> {
  const { resource, namespace, name = '', query } = request
  const manager = query.get('fieldManager')
  if (!manager) {
    const errors = [required('fieldManager', 'is required for apply patch')]
    throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', errors)
  }
  const scale = appliedScale(await readText(request))
  const metadata = { name, ...(namespace !== undefined && { namespace }) }
  const configuration = { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata } as KubeObject
  if (scale.spec?.replicas !== undefined) setPath(configuration, replicasPath(request), checkReplicas(scale, request))
  const how = { manager, force: flagOf(query, 'force') ?? false, subresource: 'scale' }
  return (current) => rules.completed(rules.apply(configuration, current, resource, how), resource)
}

function appliedScale(text: string): Scale {
  try {
    return parseYaml(text).value as Scale
  } catch (error) {
    throw error instanceof Undecodable ? badRequest(`error decoding YAML: ${error.message}`) : error
  }
}

function checkReplicas({ spec }: KubeObject, { name = '' }: ApiRequest): number {
  const replicas = spec?.replicas ?? 0
  if (Number.isInteger(replicas) && replicas >= 0) return replicas
  const why = 'must be greater than or equal to 0'
  throw invalid({ group: 'autoscaling', kind: 'Scale' }, name, [invalidValue('spec.replicas', replicas, why)])
}

function replicasPath({ resource }: ApiRequest): string {
  return resource.custom?.scale?.specReplicasPath ?? '.spec.replicas'
}

function scaleOf(object: Readonly<KubeObject>, request: ApiRequest): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const paths = request.resource.custom?.scale
  const replicas = evaluateJsonPath(object, replicasPath(request))[0] ?? 0
  const current = evaluateJsonPath(object, paths?.statusReplicasPath ?? '.status.replicas')[0] ?? 0
  const selector = paths
    ? String(evaluateJsonPath(object, paths.labelSelectorPath ?? '.none')[0] ?? '')
    : selectorOf(object)
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      ...(namespace && { namespace }),
      uid,
      resourceVersion,
      creationTimestamp,
    } as KubeObject['metadata'],
    spec: { ...(replicas !== 0 && { replicas: replicas as number }) },
    status: { replicas: current, ...(selector && { selector }) },
  }
}

function selectorOf({ spec }: Readonly<KubeObject>): string {
  const given = spec?.selector ?? {}
  // A ReplicationController's selector is a plain map.
  const selector = given.matchLabels || given.matchExpressions ? given : { matchLabels: given }
  return labelRequirements(selector)
    .map(({ key, operator, values }) => {
      if (operator === 'In') return values.length === 1 ? `${key}=${values[0]}` : `${key} in (${values.join(',')})`
      if (operator === 'NotIn') return `${key} notin (${values.join(',')})`
      return operator === 'Exists' ? key : `!${key}`
    })
    .join(',')
}

function setPath(object: KubeObject, path: string, value: unknown): void {
  const parts = path.split('.').filter(Boolean)
  const last = parts.pop() ?? ''
  let target = object as Record<string, unknown>
  for (const part of parts) {
    target[part] ??= {}
    target = target[part] as Record<string, unknown>
  }
  target[last] = value
}
