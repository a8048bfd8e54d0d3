import { type KubeObject, schemaFor } from '@slipway/kube-objects'
import { type FieldError, invalid } from '../api/status.ts'
import { apiVersionOf, resourceKey } from '../registry/resource.ts'
import { autoscalerV2 } from '../storage/autoscaler-conversion.ts'
import { changeRules } from '../validation/changes.ts'
import { statusRules } from '../validation/statuses.ts'
import { builtinTypes } from '../validation/type-rules.ts'
import type { Strategy, WriteContext } from './strategy.ts'
import { checkMetadata, checkMetadataUpdate } from './validate-metadata.ts'

/** Throws 422 with every finding about a new object. */
export function checkCreate(object: KubeObject, context: WriteContext, strategy: Strategy): void {
  const errors = [
    ...checkMetadata(object, context.resource),
    ...checkContent(object, context),
    ...(strategy.validate?.(object, context) ?? []),
    ...(strategy.validateNew?.(object, context) ?? []),
  ]
  if (errors.length > 0) throw invalid(shownKind(context.resource), object.metadata.name ?? '', errors)
}

/** Throws 422 with every finding about a change. */
export function checkUpdate(next: KubeObject, current: KubeObject, context: WriteContext, strategy: Strategy): void {
  const { resource, subresource } = context
  const errors = [
    ...checkMetadataUpdate(next, current, resource),
    ...newFaults(next, current, context),
    ...(strategy.validate?.(next, context) ?? []),
    ...(rulesOf(subresource)?.get(resourceKey(resource))?.(next, current) ?? []),
    ...(strategy.validateUpdate?.(next, current, context) ?? []),
  ]
  if (errors.length > 0) throw invalid(shownKind(resource), next.metadata.name, errors)
}

/** Events of both groups are the core's. */
const shownKind = ({ group, kind }: WriteContext['resource']) => ({
  group: group === 'events.k8s.io' ? '' : group,
  kind,
})

function rulesOf(subresource: string | undefined): typeof changeRules | undefined {
  if (subresource === undefined) return changeRules
  return subresource === 'status' ? statusRules : undefined
}

/** Subresources that leave the content as it is. */
const CONTENT_STAYS = ['status', 'approval', 'finalize', 'binding']

function checkContent(object: KubeObject, { resource, subresource }: WriteContext): FieldError[] {
  if (resource.custom || (subresource && CONTENT_STAYS.includes(subresource))) return []
  const judged = asJudged({ ...object, apiVersion: apiVersionOf(resource), kind: resource.kind })
  const schema = schemaFor(judged)
  return schema ? builtinTypes.check(judged, schema) : []
}

/** An autoscaler is judged as version 2 has it, which version 1 keeps in annotations. */
function asJudged(object: KubeObject): KubeObject {
  const isOld = object.apiVersion === 'autoscaling/v1' && object.kind === 'HorizontalPodAutoscaler'
  return isOld ? { ...autoscalerV2(object), apiVersion: 'autoscaling/v2' } : object
}

/** Objects that an older rule let in can still change elsewhere, or end. */
function newFaults(next: KubeObject, current: KubeObject, context: WriteContext): FieldError[] {
  const faults = checkContent(next, context)
  if (faults.length === 0) return faults
  const textOf = ({ field, message }: FieldError) => `${field}: ${message}`
  const old = new Set(checkContent(current, context).map(textOf))
  return faults.filter((fault) => !old.has(textOf(fault)))
}
