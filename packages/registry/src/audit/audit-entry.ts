import type { RegistryEvent } from '../events.ts'
import type { SpoiltBlob } from '../scrub/spoilt-blobs.ts'

/** Who did what from where, and what came of it. Never holds what a credential is made of. */
export interface AuditEntry {
  /** RFC 3339. */
  time: string
  /** Of the request, as its answer has it in x-ms-correlation-request-id. Absent for what the registry does by itself. */
  id?: string
  /** Absent when nobody was recognized. */
  actor?: string
  /** login, pull, push, delete, lock, gc, … */
  action: string
  repository?: string
  /** Tag, digest or file. */
  reference?: string
  outcome: 'done' | 'refused' | 'failed'
  /** Of the answer. */
  status?: number
  /** The scope that the caller lacked. */
  refused?: string
  remoteAddress?: string
  userAgent?: string
  method?: string
  /** Without its query, which may hold secrets. */
  path?: string
}

/** The entry for what the registry did by itself. */
export function auditOf({ action, at, repository, tag, digest, origin }: RegistryEvent): AuditEntry {
  return { time: at, actor: origin.actor, action, repository, reference: tag ?? digest, outcome: 'done' }
}

/** The entries for a blob that was found spoilt and set aside: one for each repository that had it. */
export function auditOfSpoilt({ digest, repositories, at }: SpoiltBlob): AuditEntry[] {
  const entry: AuditEntry = { time: at, actor: 'registry', action: 'set-aside', reference: digest, outcome: 'done' }
  return repositories.length === 0 ? [entry] : repositories.map((repository) => ({ ...entry, repository }))
}
