import type { ApiRequest } from '../api/request.ts'
import { badRequest, invalid } from '../api/status.ts'
import type { WriteOptions } from '../storage/object-service.ts'
import { notSupported } from '../strategy/validate.ts'
import { addWarnings } from './warnings.ts'

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict'

/** The query parameters that all writes share. Throws 422 for values Kubernetes does not know. */
export function writeOptionsOf(request: ApiRequest, kind: string): WriteOptions {
  const { query, user, subresource } = request
  const dryRun = query.getAll('dryRun')
  if (dryRun.some((value) => value !== 'All' && value !== '')) {
    throw invalid({ group: 'meta.k8s.io', kind }, '', [notSupported('dryRun', dryRun.join(','), ['All'])])
  }
  const told = new Set<string>()
  // A write that is tried again would say everything twice.
  const warn = (text: string) => {
    if (!told.has(text)) addWarnings(request, [text])
    told.add(text)
  }
  return { user, dryRun: dryRun.includes('All'), warn, ...(subresource && { subresource }) }
}

/** What to do with unknown fields. @default Warn */
export function fieldValidationOf({ query }: ApiRequest): FieldValidation {
  const value = query.get('fieldValidation') || 'Warn'
  if (value === 'Ignore' || value === 'Warn' || value === 'Strict') return value
  throw badRequest(`fieldValidation: Unsupported value: "${value}": supported values: "Ignore", "Strict", "Warn"`)
}

/** Who owns the fields of a write: the query parameter, or the program's name as Kubernetes takes it from User-Agent. */
export function fieldManagerOf({ query, http }: ApiRequest): string {
  const agent = http.headers['user-agent'] ?? ''
  return query.get('fieldManager') || agent.split('/')[0]?.slice(0, 128) || 'unknown'
}
