import { setTimeout as sleep } from 'node:timers/promises'
import type { KubeObject } from '@slipway/kube-objects'
import type { RevisionStore } from '@slipway/storage'
import { StatusError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import { viewEntry } from '../storage/codec.ts'
import { keyOf } from '../storage/keys.ts'
import { isLimited, refusedEphemeralSecret, refusedOfMirror, refusedSecret } from './account-secrets.ts'
import { type AdmissionPlugin, type AdmissionRequest, concerns, refused } from './admission.ts'

const ACCOUNTS = { group: '', plural: 'serviceaccounts', namespaced: true }
/** Of the mirror of a static pod. */
const MIRROR = 'kubernetes.io/config.mirror'
const VOLUME = 'kube-api-access-'
const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount'
/** A pod may come right after its namespace: Kubernetes waits about a second for the default account. */
const WAITS = 50
const WAIT_MS = 20

/** Runs pods as a ServiceAccount that exists, with its pull secrets and its token (the ServiceAccount admission). */
export function serviceAccount(store: RevisionStore): AdmissionPlugin {
  return {
    mutate(request) {
      const spec = specOfNew(request)
      if (!spec) return
      // What its agent has of a static pod stays as it is: the agent would delete the mirror that differs.
      return isMirror(request) ? refuse(request, refusedOfMirror(spec)) : admit(store, request, spec)
    },
    async validate(request) {
      const { object, operation, subresource } = request
      const spec = specOfNew(request)
      if (spec && isMirror(request)) return refuse(request, refusedOfMirror(spec))
      if (spec) return await checkAccount(store, request, spec)
      const debugs = operation === 'UPDATE' && subresource === 'ephemeralcontainers'
      if (!debugs || request.resource.plural !== 'pods' || !object?.spec) return
      const account = await accountOf(store, request, object.spec)
      const why = isLimited(account) ? refusedEphemeralSecret(account, object.spec) : undefined
      // Kubernetes says so in the words alone.
      if (why !== undefined) throw new StatusError(500, '', why)
    },
  }
}

const specOfNew = (request: AdmissionRequest): Spec | undefined =>
  request.operation === 'CREATE' && concerns(request, '', 'pods') ? request.object?.spec : undefined

const isMirror = ({ object }: AdmissionRequest): boolean => object?.metadata.annotations?.[MIRROR] !== undefined

function refuse(request: AdmissionRequest, why: string | undefined): void {
  if (why !== undefined) throw refused(request, why)
}

/** Webhooks may have given the pod another account since. */
async function checkAccount(store: RevisionStore, request: AdmissionRequest, spec: Spec): Promise<void> {
  const account = await accountOf(store, request, spec)
  if (isLimited(account)) refuse(request, refusedSecret(account, spec))
}

async function accountOf(store: RevisionStore, request: AdmissionRequest, spec: Spec): Promise<Readonly<KubeObject>> {
  const { namespace, name } = request
  if (!spec.serviceAccountName) throw refused(request, `no service account specified for pod ${namespace}/${name}`)
  return await find(store, request, spec.serviceAccountName)
}

async function admit(store: RevisionStore, request: AdmissionRequest, spec: Spec): Promise<void> {
  spec.serviceAccountName ||= 'default'
  spec.serviceAccount = spec.serviceAccountName
  const account = await find(store, request, spec.serviceAccountName)
  if (!spec.imagePullSecrets?.length && account.imagePullSecrets?.length) {
    spec.imagePullSecrets = structuredClone(account.imagePullSecrets)
  }
  const automount = spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true
  if (automount) addToken(spec)
}

async function find(store: RevisionStore, request: AdmissionRequest, account: string): Promise<Readonly<KubeObject>> {
  const { namespace = '' } = request
  const key = keyOf(ACCOUNTS, namespace, account)
  for (let wait = 0; account === 'default' && wait < WAITS && !store.get(key); wait++) await sleep(WAIT_MS)
  const entry = store.get(key)
  if (entry) return viewEntry(entry)
  const why = `error looking up service account ${namespace}/${account}: serviceaccount "${account}" not found`
  throw refused(request, why)
}

/** Mounts the token where a container has nothing at its path; a pod that is a copy of another has its volume. */
function addToken(spec: Spec): void {
  const containers = ([...(spec.initContainers ?? []), ...(spec.containers ?? [])] as Spec[]).filter(
    ({ volumeMounts = [] }) => !(volumeMounts as Spec[]).some(({ mountPath }) => mountPath === MOUNT_PATH),
  )
  if (containers.length === 0) return
  const volumes = (spec.volumes ?? []) as Spec[]
  const copied = volumes.find(({ name }) => name?.startsWith(VOLUME))
  const name = copied?.name ?? `${VOLUME}${suffix()}`
  for (const container of containers) {
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: MOUNT_PATH }]
  }
  if (!copied) spec.volumes = [...volumes, { name, projected: tokenSources() }]
}

function tokenSources(): Spec {
  const fieldRef = { apiVersion: 'v1', fieldPath: 'metadata.namespace' }
  return {
    defaultMode: 0o644,
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      { downwardAPI: { items: [{ path: 'namespace', fieldRef }] } },
    ],
  }
}

const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'

function suffix(): string {
  return Array.from({ length: 5 }, () => ALPHABET[Math.floor(Math.random() * ALPHABET.length)]).join('')
}
