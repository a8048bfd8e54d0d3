import { type KubeObject, labelRequirements } from '@slipway/kube-objects'
import { parseJson, patchKindOf } from '../api/media-types.ts'
import type { ApiRequest } from '../api/request.ts'
import { badRequest, notFound } from '../api/status.ts'
import { sendValue } from '../rest/answer.ts'
import { asObject, parseYaml, readText, readValue } from '../rest/body.ts'
import { fieldManagerOf, writeOptionsOf } from '../rest/options.ts'
import { applyPatch } from '../rest/patch.ts'
import type { WriteDeps } from '../rest/write.ts'
import { decodeEntry } from '../storage/codec.ts'
import { evaluateJsonPath } from '../tables/custom-cells.ts'

/** autoscaling/v1 Scale. */
interface Scale extends KubeObject {
  spec: { replicas?: number }
}

/** The scale subresource: replicas of anything, in one form. */
export async function serveScale(deps: WriteDeps, request: ApiRequest): Promise<void> {
  const { resource, namespace, name = '' } = request
  const address = { resource, namespace, name }
  if (request.verb === 'get') {
    sendValue(request, 200, scaleOf(decodeEntry(deps.objects.entry(address), resource), request))
    return
  }
  const change = await readChange(request)
  const stored = await deps.objects.update(
    address,
    (current) => {
      if (!current) throw notFound(resource, name)
      const scale = change(scaleOf(current, request))
      const replicas = scale.spec?.replicas ?? 0
      if (!Number.isInteger(replicas) || replicas < 0)
        throw badRequest('spec.replicas must be a number that is not negative')
      if (scale.metadata?.resourceVersion) current.metadata.resourceVersion = scale.metadata.resourceVersion
      setPath(current, resource.custom?.scale?.specReplicasPath ?? '.spec.replicas', replicas)
      return current
    },
    {
      ...writeOptionsOf({ ...request, subresource: '' }, 'UpdateOptions'),
      track: deps.rules.tracker(resource, fieldManagerOf(request), 'scale'),
    },
  )
  sendValue(
    request,
    200,
    scaleOf(decodeEntry({ value: stored.value, modRevision: stored.revision }, resource), request),
  )
}

async function readChange(request: ApiRequest): Promise<(current: Scale) => Scale> {
  if (request.verb === 'update') {
    const wanted = (await readValue(request)) as Scale | undefined
    if (!wanted) throw badRequest('no body: a Scale is required')
    return () => wanted
  }
  const kind = patchKindOf(request.http.headers['content-type'], false)
  const text = await readText(request)
  if (kind === 'apply') {
    const applied = asObject(parseYaml(text).value)
    return (current) => ({ ...current, spec: { ...current.spec, ...(applied.spec as object) } })
  }
  const patch = parseJson(text)
  return (current) => applyPatch(current, { kind, patch }, () => undefined) as Scale
}

function scaleOf(object: Readonly<KubeObject>, { resource }: ApiRequest): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const paths = resource.custom?.scale
  const replicas = evaluateJsonPath(object, paths?.specReplicasPath ?? '.spec.replicas')[0] ?? 0
  const current = evaluateJsonPath(object, paths?.statusReplicasPath ?? '.status.replicas')[0] ?? 0
  const selector = paths
    ? String(evaluateJsonPath(object, paths.labelSelectorPath ?? '.none')[0] ?? '')
    : selectorOf(object)
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp } as KubeObject['metadata'],
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
