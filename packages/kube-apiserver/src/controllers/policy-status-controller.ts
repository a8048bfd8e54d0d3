import type { KubeObject } from '@slipway/kube-objects'
import { expressionWarnings } from '../admission/policies/type-checking.ts'
import type { Resource } from '../registry/resource.ts'
import type { ObjectRules } from '../schema/object-rules.ts'
import { viewEntry } from '../storage/codec.ts'
import { prefixOf } from '../storage/keys.ts'
import { controllerWrite } from '../storage/write-options.ts'
import { type ControllerDeps, parseKey, type ServerController } from './controller.ts'
import { WorkQueue } from './work-queue.ts'

/** Tells in the status of a ValidatingAdmissionPolicy what its expressions have against the types that it names. */
export function policyStatusController(deps: ControllerDeps & { rules: ObjectRules }): ServerController {
  const { objects, registry, rules, onError } = deps
  const { store } = objects
  const policies = registry.storedType('admissionregistration.k8s.io', 'validatingadmissionpolicies') as Resource
  const queue = new WorkQueue(reconcile, onError)
  let stop: (() => void) | undefined

  async function reconcile(key: string): Promise<void> {
    const entry = store.get(key)
    const address = parseKey(key, registry)
    if (!entry || !address || isSeen(viewEntry(entry))) return
    await objects.update(address, judged, {
      ...controllerWrite('validatingadmissionpolicy-status-controller'),
      subresource: 'status',
    })
  }

  function judged(policy: KubeObject | undefined): KubeObject | undefined {
    if (!policy || isSeen(policy)) return undefined
    const found = expressionWarnings(policy.spec ?? {}, { registry, rules })
    const status = {
      ...policy.status,
      observedGeneration: policy.metadata.generation,
      typeChecking: found.length > 0 ? { expressionWarnings: found } : {},
    }
    return { ...policy, status }
  }

  return {
    start() {
      const prefix = prefixOf(policies)
      for (const { key } of store.list(prefix).entries) queue.add(key)
      stop = store.watch(prefix, store.revision(), ({ type, entry }) => type === 'put' && queue.add(entry.key))
    },
    async stop() {
      stop?.()
      await queue.stop()
    },
  }
}

function isSeen({ metadata, status }: Readonly<KubeObject>): boolean {
  return (metadata.generation ?? 0) <= (status?.observedGeneration ?? 0)
}
