import type { KubeObject } from '@slipway/kube-objects'
import { invalid } from '../api/status.ts'
import type { Strategy, WriteContext } from './strategy.ts'
import { checkMetadata, checkMetadataUpdate } from './validate-metadata.ts'

/** Throws 422 with every finding about a new object. */
export function checkCreate(object: KubeObject, context: WriteContext, strategy: Strategy): void {
  const errors = [
    ...checkMetadata(object, context.resource),
    ...(strategy.validate?.(object, context) ?? []),
    ...(strategy.validateNew?.(object, context) ?? []),
  ]
  if (errors.length > 0) throw invalid(context.resource, object.metadata.name ?? '', errors)
}

/** Throws 422 with every finding about a change. */
export function checkUpdate(next: KubeObject, current: KubeObject, context: WriteContext, strategy: Strategy): void {
  const errors = [
    ...checkMetadataUpdate(next, current, context.resource),
    ...(strategy.validate?.(next, context) ?? []),
    ...(strategy.validateUpdate?.(next, current, context) ?? []),
  ]
  if (errors.length > 0) throw invalid(context.resource, next.metadata.name, errors)
}
