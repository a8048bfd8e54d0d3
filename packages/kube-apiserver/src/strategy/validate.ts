import { isIP } from 'node:net'
import {
  type KubeObject,
  labelNameErrors,
  labelValueErrors,
  qualifiedNameErrors,
  rfc1035NameErrors,
  subdomainNameErrors,
} from '@slipway/kube-objects'
import { type FieldError, invalid } from '../api/status.ts'
import type { Strategy, WriteContext } from './strategy.ts'

/** Throws 422 with every finding about a new object. */
export function checkCreate(object: KubeObject, context: WriteContext, strategy: Strategy): void {
  const errors = [
    ...checkMetadata(object, context),
    ...(strategy.validate?.(object, context) ?? []),
    ...(strategy.validateNew?.(object, context) ?? []),
  ]
  if (errors.length > 0) throw invalid(context.resource, object.metadata.name ?? '', errors)
}

/** Throws 422 with every finding about a change. */
export function checkUpdate(next: KubeObject, current: KubeObject, context: WriteContext, strategy: Strategy): void {
  const errors = [
    ...checkLabels(next),
    ...(strategy.validate?.(next, context) ?? []),
    ...(strategy.validateUpdate?.(next, current, context) ?? []),
  ]
  if (errors.length > 0) throw invalid(context.resource, next.metadata.name, errors)
}

/** field.Required, as Kubernetes words it. */
export function required(field: string, why = ''): FieldError {
  return { reason: 'FieldValueRequired', field, message: why ? `Required value: ${why}` : 'Required value' }
}

/** field.Invalid; objects and lists are shown as JSON, as Kubernetes does. */
export function invalidValue(field: string, value: unknown, why: string): FieldError {
  return { reason: 'FieldValueInvalid', field, message: `Invalid value: ${JSON.stringify(value)}: ${why}` }
}

/** field.Forbidden. */
export function forbiddenField(field: string, why: string): FieldError {
  return { reason: 'FieldValueForbidden', field, message: `Forbidden: ${why}` }
}

/** field.NotSupported. */
export function notSupported(field: string, value: unknown, supported: string[]): FieldError {
  const list = supported.map((one) => JSON.stringify(one)).join(', ')
  return {
    reason: 'FieldValueNotSupported',
    field,
    message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${list}`,
  }
}

function checkMetadata(object: KubeObject, { resource }: WriteContext): FieldError[] {
  const { name } = object.metadata
  if (!name) return [required('metadata.name', 'name or generateName is required'), ...checkLabels(object)]
  const errors = nameErrors(name, resource.custom ? '' : `${resource.group}/${resource.plural}`)
  return [...errors.map((why) => invalidValue('metadata.name', name, why)), ...checkLabels(object)]
}

function nameErrors(name: string, resource: string): string[] {
  // RBAC names may hold colons; they only must be one path segment.
  if (resource.startsWith('rbac.authorization.k8s.io/')) {
    const bad = /^\.\.?$|[/%]/.exec(name)?.[0]
    if (!bad) return []
    return [bad === name ? `may not be '${bad}'` : `may not contain '${bad}'`]
  }
  if (resource === 'networking.k8s.io/ipaddresses') {
    return isIP(name) === 0 ? ['must be a valid IP address in canonical form, (e.g. 10.9.8.7 or 2001:db8::ffff)'] : []
  }
  if (resource === '/services') return rfc1035NameErrors(name)
  return resource === '/namespaces' ? labelNameErrors(name) : subdomainNameErrors(name)
}

function checkLabels({ metadata }: KubeObject): FieldError[] {
  const errors: FieldError[] = []
  const report = (field: string, value: string, whys: string[]) =>
    errors.push(...whys.map((why) => invalidValue(`metadata.${field}`, value, why)))
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    report('labels', key, qualifiedNameErrors(key))
    report('labels', value, labelValueErrors(value))
  }
  for (const key of Object.keys(metadata.annotations ?? {})) {
    report('annotations', key, qualifiedNameErrors(key.toLowerCase()))
  }
  return errors
}
