import type { Binding, TokenIssuer } from '../access/service-account-tokens.ts'
import { AUDIENCE } from '../access/service-account-tokens.ts'
import type { ApiRequest } from '../api/request.ts'
import { conflict, type FieldError, invalid, notFound } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import { sendValue } from '../rest/answer.ts'
import { readValue } from '../rest/body.ts'
import { viewEntry } from '../storage/codec.ts'
import type { ObjectService } from '../storage/object-service.ts'
import { timestamp } from '../storage/timestamp.ts'
import { invalidValue } from '../validation/field-errors.ts'

const MIN_SECONDS = 600
const MAX_SECONDS = 2 ** 32

/** serviceaccounts/token: a token for the ServiceAccount, for an hour unless asked otherwise, bound to a pod or secret when named. */
export async function requestToken(objects: ObjectService, issuer: TokenIssuer, request: ApiRequest): Promise<void> {
  const { resource, namespace = '', name = '' } = request
  const { uid = '' } = viewEntry(objects.entry({ resource, namespace, name })).metadata
  const spec = ((await readValue(request))?.spec ?? {}) as Spec
  const { audiences: asked = [], expirationSeconds = 3600, boundObjectRef } = spec
  checkSeconds(expirationSeconds)
  const audiences: string[] = asked.length > 0 ? asked : [AUDIENCE]
  const binding: Binding = { namespace, serviceaccount: { name, uid } }
  if (boundObjectRef) bindTo(objects, request, boundObjectRef, binding)
  const { token, expires } = issuer.issue({ binding, audiences, seconds: expirationSeconds })
  sendValue(request, 201, {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, creationTimestamp: timestamp(new Date()) },
    spec: { audiences, expirationSeconds, boundObjectRef: boundObjectRef ?? null },
    status: { token, expirationTimestamp: timestamp(expires) },
  })
}

function checkSeconds(seconds: number): void {
  const errors: FieldError[] = []
  const field = 'spec.expirationSeconds'
  if (seconds < MIN_SECONDS)
    errors.push(invalidValue(field, seconds, 'may not specify a duration less than 10 minutes'))
  if (seconds > MAX_SECONDS)
    errors.push(invalidValue(field, seconds, 'may not specify a duration larger than 2^32 seconds'))
  if (errors.length > 0) throw invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', errors)
}

const BOUND: Record<string, 'pod' | 'secret'> = { Pod: 'pod', Secret: 'secret' }

function bindTo(
  objects: ObjectService,
  { namespace = '', name = '' }: ApiRequest,
  reference: Spec,
  binding: Binding,
): void {
  const part = BOUND[reference.kind]
  if (!part) return
  const type = { group: '', plural: `${part}s`, namespaced: true }
  const entry = objects.store.get(`/registry/core/${type.plural}/${namespace}/${reference.name}`)
  if (!entry) throw notFound(type, reference.name)
  const object = viewEntry(entry)
  const { uid = '' } = object.metadata
  if (reference.uid && reference.uid !== uid) {
    throw conflict(
      type,
      reference.name,
      `the UID in the bound object reference (${reference.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    )
  }
  binding[part] = { name: reference.name, uid }
  if (part === 'pod' && object.spec?.nodeName) binding.node = nodeReference(objects, object.spec.nodeName)
  if (part === 'pod' && object.spec?.serviceAccountName !== name) {
    throw conflict(
      type,
      reference.name,
      `cannot bind token for serviceaccount "${name}" to pod running with different serviceaccount name.`,
    )
  }
}

function nodeReference(objects: ObjectService, name: string): NonNullable<Binding['node']> {
  const entry = objects.store.get(`/registry/core/nodes/${name}`)
  return { name, ...(entry && { uid: viewEntry(entry).metadata.uid ?? '' }) }
}
