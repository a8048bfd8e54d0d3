import type { KubeObject } from '@slipway/kube-objects'
import { AUDIENCE, type Binding, type TokenIssuer } from '../access/service-account-tokens.ts'
import type { ApiRequest } from '../api/request.ts'
import { badRequest, conflict, type FieldError, invalid, notFound } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import { sendValue } from '../rest/answer.ts'
import { readMade } from '../rest/decode.ts'
import { writeOptionsOf } from '../rest/options.ts'
import type { WriteDeps } from '../rest/write.ts'
import { viewEntry } from '../storage/codec.ts'
import { keyOf } from '../storage/keys.ts'
import type { Address, ObjectService } from '../storage/object-service.ts'
import { timestamp } from '../storage/timestamp.ts'
import { invalidValue } from '../validation/field-errors.ts'

const MIN_SECONDS = 600
const MAX_SECONDS = 2 ** 32
const REQUEST = { group: 'authentication.k8s.io', kind: 'TokenRequest' }

/** serviceaccounts/token: a token for the ServiceAccount, for an hour unless asked otherwise, bound to an object when one is named. */
export async function requestToken(
  { objects, rules, issuer }: WriteDeps & { issuer: TokenIssuer },
  request: ApiRequest,
): Promise<void> {
  const { resource, namespace = '', name = '' } = request
  const options = writeOptionsOf(request, 'CreateOptions')
  const asked = await readMade(request, rules)
  const address = { resource, namespace, name }
  const admitted = await objects.admitAsked(address, asked, options, (one) => complete(one, address, objects))
  const { metadata, spec } = admitted
  const { audiences, expirationSeconds, boundObjectRef = null } = spec
  const binding: Binding = { namespace, serviceaccount: { name, uid: metadata.uid ?? '' } }
  if (boundObjectRef) bindTo(objects, binding, boundObjectRef)
  const { token, expires } = issuer.issue({ binding, audiences, seconds: expirationSeconds })
  const status = { token, expirationTimestamp: timestamp(expires) }
  sendValue(request, 201, { ...admitted, spec: { audiences, expirationSeconds, boundObjectRef }, status })
}

/** Fills in what the account says. Throws what the request may not ask for (TokenREST.Create). */
function complete(asked: KubeObject, address: Address, objects: ObjectService): void {
  const { namespace, name } = address
  const { metadata, spec = {} } = asked
  if (metadata.name && metadata.name !== name) {
    const why = 'must match the service account name if specified'
    throw invalid(REQUEST, name, [invalidValue('metadata.name', metadata.name, why)])
  }
  const { uid = '' } = viewEntry(objects.entry(address)).metadata
  if (metadata.uid && metadata.uid !== uid) {
    const why = `the UID in the token request (${metadata.uid}) does not match the UID of the service account (${uid})`
    throw conflict({ group: REQUEST.group, plural: REQUEST.kind }, name, why)
  }
  const { audiences, expirationSeconds = 3600 } = spec
  checkSeconds(expirationSeconds)
  Object.assign(metadata, { name, namespace, uid, creationTimestamp: timestamp(new Date()) })
  asked.spec = { ...spec, audiences: audiences?.length > 0 ? audiences : [AUDIENCE], expirationSeconds }
}

function checkSeconds(seconds: number): void {
  const errors: FieldError[] = []
  const field = 'spec.expirationSeconds'
  if (seconds < MIN_SECONDS)
    errors.push(invalidValue(field, seconds, 'may not specify a duration less than 10 minutes'))
  if (seconds > MAX_SECONDS)
    errors.push(invalidValue(field, seconds, 'may not specify a duration larger than 2^32 seconds'))
  if (errors.length > 0) throw invalid(REQUEST, '', errors)
}

const BOUND: Record<string, 'pod' | 'secret' | 'node'> = { '/Pod': 'pod', '/Secret': 'secret', '/Node': 'node' }

/** Names in a token what it ends with. Throws 400 for what no token ends with. */
function bindTo(objects: ObjectService, binding: Binding, { apiVersion = '', kind, name, uid: asked }: Spec): void {
  const [version = '', group = ''] = String(apiVersion).split('/').toReversed()
  const part = BOUND[`${group}/${kind}`]
  if (!part) throw badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${kind}`)
  const type = { group: '', plural: `${part}s`, namespaced: part !== 'node' }
  const entry = objects.store.get(keyOf(type, binding.namespace, name))
  if (!entry) throw notFound(type, name)
  const { metadata, spec } = viewEntry(entry)
  const { uid = '' } = metadata
  const account = binding.serviceaccount.name
  if (part === 'pod' && spec?.serviceAccountName !== account) {
    throw badRequest(
      `cannot bind token for serviceaccount "${account}" to pod running with different serviceaccount name.`,
    )
  }
  if (asked && asked !== uid) {
    const why = `the UID in the bound object reference (${asked}) does not match the UID in record. The object might have been deleted and then recreated`
    throw conflict({ group, plural: kind }, name, why)
  }
  binding[part] = { name, uid }
  if (part === 'pod' && spec?.nodeName) binding.node = nodeReference(objects, spec.nodeName)
}

function nodeReference(objects: ObjectService, name: string): NonNullable<Binding['node']> {
  const entry = objects.store.get(keyOf({ group: '', plural: 'nodes', namespaced: false }, undefined, name))
  return { name, ...(entry && { uid: viewEntry(entry).metadata.uid ?? '' }) }
}
