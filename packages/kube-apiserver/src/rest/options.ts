import type { ApiRequest } from '../api/request.ts'
import { type FieldError, invalid, type StatusError } from '../api/status.ts'
import type { WriteOptions } from '../storage/write-options.ts'
import { MAX_MANAGER_LENGTH, managerErrors } from '../strategy/validate-metadata.ts'
import { notSupported } from '../validation/field-errors.ts'
import { addWarnings } from './warnings.ts'

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict'
type OptionsKind = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'DeleteOptions'

const FIELD_VALIDATIONS = ['', 'Ignore', 'Strict', 'Warn']

/** The query parameters that all writes share. Throws 422 for values that Kubernetes does not know; `findings` are the caller's. */
export function writeOptionsOf(request: ApiRequest, kind: OptionsKind, findings: FieldError[] = []): WriteOptions {
  const { query, user, subresource, deadline } = request
  const dryRun = query.getAll('dryRun')
  const fieldManager = query.get('fieldManager') ?? ''
  const fieldValidation = query.get('fieldValidation') ?? ''
  const errors = [
    ...findings,
    ...(kind === 'DeleteOptions' ? [] : managerErrors(fieldManager, 'fieldManager')),
    ...dryRunErrors(dryRun),
    ...(kind === 'DeleteOptions' ? [] : validationErrors(fieldValidation)),
  ]
  if (errors.length > 0) throw invalidOptions(kind, errors)
  const warn = (text: string) => addWarnings(request, [text])
  const asked = {
    ...(dryRun.length > 0 && { dryRun }),
    ...(fieldManager && { fieldManager }),
    ...(fieldValidation && { fieldValidation }),
  }
  const more = { ...(subresource && { subresource }), ...(deadline && { deadline }) }
  return { user, dryRun: dryRun.includes('All'), warn, asked, ...more }
}

/** The answer to options that Kubernetes does not know, or that do not go together. */
export function invalidOptions(kind: OptionsKind | 'ListOptions', errors: FieldError[]): StatusError {
  return invalid({ group: 'meta.k8s.io', kind }, '', errors)
}

function dryRunErrors(values: string[]): FieldError[] {
  return values.every((value) => value === 'All') ? [] : [notSupported('dryRun', values, ['All'])]
}

function validationErrors(value: string): FieldError[] {
  return FIELD_VALIDATIONS.includes(value) ? [] : [notSupported('fieldValidation', value, FIELD_VALIDATIONS)]
}

/** What to do with unknown fields. @default Warn */
export function fieldValidationOf({ query }: ApiRequest): FieldValidation {
  return (query.get('fieldValidation') || 'Warn') as FieldValidation
}

/** Who owns the fields of a write: the query parameter, or the program's name as Kubernetes takes it from User-Agent. */
export function fieldManagerOf({ query, http }: ApiRequest): string {
  const agent = http.headers['user-agent'] ?? ''
  return query.get('fieldManager') || agent.split('/')[0]?.slice(0, MAX_MANAGER_LENGTH) || 'unknown'
}
