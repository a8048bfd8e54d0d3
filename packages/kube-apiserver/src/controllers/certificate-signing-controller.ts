import type { KubeObject } from '@slipway/kube-objects'
import type { CertificatePair } from '../certificates.ts'
import type { Spec } from '../defaults/spec.ts'
import type { Resource } from '../registry/resource.ts'
import { signerRules } from '../signers/signer-rules.ts'
import { viewEntry } from '../storage/codec.ts'
import { prefixOf } from '../storage/keys.ts'
import { timestamp } from '../storage/timestamp.ts'
import { controllerWrite } from '../storage/write-options.ts'
import { type ControllerDeps, parseKey, type ServerController } from './controller.ts'
import { WorkQueue } from './work-queue.ts'

const AS_CONTROLLER = { ...controllerWrite('certificate-controller'), subresource: 'status' }

/** Signs approved CertificateSigningRequests of the signers that kube-controller-manager has. */
export function certificateSigningController(
  deps: ControllerDeps & { authority: CertificatePair; now: () => Date },
): ServerController {
  const { objects, registry, authority, now, onError } = deps
  const { store } = objects
  const requests = registry.storedType('certificates.k8s.io', 'certificatesigningrequests') as Resource
  const queue = new WorkQueue(reconcile, onError)
  let stop: (() => void) | undefined

  async function reconcile(key: string): Promise<void> {
    const entry = store.get(key)
    const address = parseKey(key, registry)
    if (!entry || !address || !isWaiting(viewEntry(entry))) return
    const outcome = await signed(viewEntry(entry).spec ?? {})
    const settled = (request: KubeObject | undefined): KubeObject | undefined => {
      if (!request || !isWaiting(request)) return undefined
      const { certificate, failed } = outcome
      const conditions = [...(request.status?.conditions ?? []), ...(failed ? [failed] : [])]
      return { ...request, status: { ...request.status, conditions, ...(certificate && { certificate }) } }
    }
    await objects.update(address, settled, AS_CONTROLLER)
  }

  async function signed(spec: Spec): Promise<{ certificate?: string; failed?: object }> {
    const { request = '', usages = [], signerName = '', expirationSeconds } = spec
    // Loading the X.509 code takes longer than starting the server.
    const { readRequest, signRequest } = await import('../signers/sign-request.ts')
    const read = await readRequest(decode(request))
    const fault = signerRules[signerName]?.(read.subject, usages)
    if (fault !== undefined) return { failed: failure(fault, timestamp(now())) }
    const pem = await signRequest(read, authority, { usages, expirationSeconds, now: now() })
    return { certificate: Buffer.from(pem).toString('base64') }
  }

  return {
    start() {
      const prefix = prefixOf(requests)
      for (const { key } of store.list(prefix).entries) queue.add(key)
      stop = store.watch(prefix, store.revision(), ({ type, entry }) => type === 'put' && queue.add(entry.key))
    },
    async stop() {
      stop?.()
      await queue.stop()
    },
  }
}

function isWaiting({ spec, status }: Readonly<KubeObject>): boolean {
  const has = (type: string): boolean =>
    (status?.conditions ?? []).some((one: Spec) => one.type === type && one.status === 'True')
  return signerRules[spec?.signerName] !== undefined && has('Approved') && !has('Failed') && !status?.certificate
}

function failure(message: string, lastUpdateTime: string): object {
  return { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message, lastUpdateTime }
}

const decode = (text: string): string => Buffer.from(text, 'base64').toString()
