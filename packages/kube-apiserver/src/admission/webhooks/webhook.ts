import type { Authorizer } from '../../access/authorize.ts'
import { badRequest, internalError, StatusError } from '../../api/status.ts'
import type { Spec } from '../../defaults/spec.ts'
import type { Resource } from '../../registry/resource.ts'
import { viewEntry } from '../../storage/codec.ts'
import { prefixOf } from '../../storage/keys.ts'
import { type AdmissionRequest, refused } from '../admission.ts'
import { admissionBindings } from '../expression-bindings.ts'
import { conditionsHold } from '../match-conditions.ts'
import { type MatchDeps, matchRequest } from '../matching.ts'
import { type Converter, reviewRequest } from '../review-request.ts'
import { patchIn } from './read-patch.ts'
import { readReview } from './read-review.ts'
import { verifiedResponse } from './verify-response.ts'
import { callWebhook } from './webhook-client.ts'

/** One webhook of a configuration. */
export interface Webhook {
  configuration: string
  hook: Spec
  /** Whether it may change what it is asked about. */
  mutating: boolean
}

export interface WebhookDeps extends MatchDeps {
  convert: Converter
  authorize: Authorizer
}

/** The webhooks of all configurations of a kind, in the order of the configurations' names. */
export function webhooksOf(plural: string, { store }: MatchDeps): Webhook[] {
  const { entries } = store.list(prefixOf({ group: 'admissionregistration.k8s.io', plural, namespaced: false }))
  const mutating = plural.startsWith('mutating')
  return entries.flatMap((entry) => {
    const { metadata, webhooks = [] } = viewEntry(entry)
    return (webhooks as Spec[]).map((hook) => ({ configuration: metadata.name, hook, mutating }))
  })
}

/** Configurations are not shown to webhooks, so that none can lock out its own removal. */
export function isExempt({ resource }: AdmissionRequest): boolean {
  return resource.group === 'admissionregistration.k8s.io'
}

/** In which version the webhook wants to see the request; undefined = not at all. Throws when its conditions cannot be told. */
export function wantedVersion({ hook }: Webhook, request: AdmissionRequest, deps: MatchDeps): Resource | undefined {
  const { rules = [], matchPolicy, namespaceSelector, objectSelector } = hook
  return matchRequest({ rules, matchPolicy, namespaceSelector, objectSelector }, request, deps)
}

/** What a webhook said of a request it allows. */
export interface Allowed {
  /** The operations of a JSON patch, of mutating webhooks only. */
  patch?: unknown[]
}

/** Asks one webhook. Throws a StatusError when it denies, or fails and its policy is Fail; undefined = it has no say. */
export async function askWebhook(
  webhook: Webhook,
  request: AdmissionRequest,
  as: Resource,
  deps: WebhookDeps,
): Promise<Allowed | undefined> {
  const { hook } = webhook
  const review = await reviewRequest(request, as, deps.convert)
  try {
    if (!conditionsHold(hook.matchConditions, () => admissionBindings(request, review, deps))) return undefined
  } catch (error) {
    if (hook.failurePolicy === 'Ignore') return undefined
    throw refused(request, (error as Error).message)
  }
  if (request.dryRun && !['None', 'NoneOnDryRun'].includes(hook.sideEffects)) {
    throw badRequest(`admission webhook "${hook.name}" does not support dry run`)
  }
  try {
    const answer = await reviewed(webhook, review, request, deps)
    for (const warning of answer.warnings ?? []) request.warn(warning)
    if (!answer.allowed) throw denied(hook.name, answer.status ?? {})
    const patch = patchIn(answer)
    return { ...(patch && { patch }) }
  } catch (error) {
    if (error instanceof StatusError) throw error
    if (hook.failurePolicy === 'Ignore') return undefined
    throw internalError(`failed calling webhook "${hook.name}": ${(error as Error).message}`)
  }
}

async function reviewed(
  { hook, mutating }: Webhook,
  request: { uid: string },
  { deadline }: AdmissionRequest,
  { store }: WebhookDeps,
): Promise<Spec> {
  const versions: string[] = hook.admissionReviewVersions ?? ['v1']
  const version = versions.find((one) => one === 'v1' || one === 'v1beta1') ?? 'v1'
  const body = { kind: 'AdmissionReview', apiVersion: `admission.k8s.io/${version}`, request }
  const own = { client: hook.clientConfig ?? {}, seconds: hook.timeoutSeconds ?? 10 }
  const call = { ...own, ...(deadline && { deadline }) }
  let answer: Spec
  try {
    answer = readReview(await callWebhook(store, call, body), version)
  } catch (error) {
    throw new Error(`failed to call webhook: ${(error as Error).message}`)
  }
  try {
    return verifiedResponse(answer, { uid: request.uid, version, mutating })
  } catch (error) {
    throw new Error(`received invalid webhook response: ${(error as Error).message}`)
  }
}

/** webhookerrors.ToStatusErr: what the webhook answered, with a code that is a failure. */
function denied(name: string, { code, message, reason, details }: Spec): StatusError {
  const by = `admission webhook "${name}" denied the request`
  const text = message || reason ? `${by}: ${message || reason}` : `${by} without explanation`
  return new StatusError(code >= 400 ? code : 400, reason ?? '', text, details)
}
