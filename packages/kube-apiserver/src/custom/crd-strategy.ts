import { equalJson, type KubeObject } from '@slipway/kube-objects'
import type { Spec } from '../defaults/spec.ts'
import type { Resource } from '../registry/resource.ts'
import type { ObjectRules } from '../schema/object-rules.ts'
import type { Strategy } from '../strategy/strategy.ts'
import { approvalOf } from './api-approval.ts'
import { definitionChangeFaults, newDefinitionFaults, statusFaults } from './definition/check-definition.ts'
import { type DefinitionCondition, removeCondition, setCondition } from './definition/conditions.ts'
import type { DefinitionNames } from './definition/definition-names.ts'

/** Keeps a definition until its objects are gone; Kubernetes' own name. */
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io'

const TERMINATING: DefinitionCondition = {
  type: 'Terminating',
  status: 'True',
  reason: 'InstanceDeletionPending',
  message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
}

/** CustomResourceDefinitions: what their status says, and what may not change. */
export const crdStrategy = (names: DefinitionNames, rules: ObjectRules): Strategy => ({
  hasGeneration: true,
  needsVersion: true,
  statusMetadata: [],
  prepareCreate(crd, { now, resource }) {
    crd.status = { conditions: [], acceptedNames: { plural: '', kind: '' }, storedVersions: storageVersions(crd) }
    manageStatus(crd, rules, resource, () => settle(crd, names, now))
  },
  prepareUpdate(next, _, { now, resource }) {
    const known: string[] = next.status?.storedVersions ?? []
    const added = storageVersions(next).filter((name) => !known.includes(name))
    if (added.length > 0) next.status = { ...next.status, storedVersions: [...known, ...added] }
    manageStatus(next, rules, resource, () => settle(next, names, now))
  },
  abandoned: (crd) => names.release(crd),
  settled: (stored) => names.restore(stored),
  released: (crd) => names.release(crd),
  finalizersOfDelete: [CLEANUP_FINALIZER],
  prepareDelete: (crd, now) => setCondition(crd, TERMINATING, now),
  validateNew: newDefinitionFaults,
  validateUpdate: (next, current, { subresource }) =>
    subresource === 'status' ? statusFaults(next) : definitionChangeFaults(next, current),
})

/** In Kubernetes the controllers that say it are clients of their own server, and manage those fields as it. */
function manageStatus(crd: KubeObject, rules: ObjectRules, resource: Resource, settle: () => void): void {
  const before = structuredClone(statusOf(crd))
  settle()
  if (equalJson(before.status, crd.status)) return
  crd.metadata = rules.tracker(resource, { manager: 'kube-apiserver', subresource: 'status' })(
    statusOf(crd),
    before,
  ).metadata
}

/** Without the schemas, which may be large. */
const statusOf = ({ apiVersion, kind, metadata, status }: KubeObject): KubeObject => ({
  apiVersion,
  kind,
  metadata,
  status,
})

/** What Kubernetes' controllers say of a definition in its status. */
function settle(crd: KubeObject, names: DefinitionNames, now: string): void {
  const type = 'KubernetesAPIApprovalPolicyConformant'
  const approval = approvalOf(crd)
  if (approval) setCondition(crd, { type, ...approval }, now)
  else removeCondition(crd, type)
  names.settle(crd, now)
}

/** The first only: that there is one is checked later. */
const storageVersions = ({ spec }: KubeObject): string[] =>
  ((spec?.versions ?? []) as Spec[])
    .filter(({ storage }) => storage)
    .slice(0, 1)
    .map(({ name }) => name)
