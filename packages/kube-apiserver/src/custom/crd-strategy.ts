import { isKnownFormat, type KubeObject } from '@slipway/kube-objects'
import type { Spec } from '../defaults/spec.ts'
import type { Strategy } from '../strategy/strategy.ts'
import { approvalOf } from './api-approval.ts'
import { definitionChangeFaults, newDefinitionFaults, statusFaults } from './definition/check-definition.ts'
import { type DefinitionCondition, removeCondition, setCondition } from './definition/conditions.ts'
import type { DefinitionNames } from './definition/definition-names.ts'
import { someSchema } from './schema-rules/json-schema.ts'

/** Keeps a definition until its objects are gone; Kubernetes' own name. */
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io'

const TERMINATING: DefinitionCondition = {
  type: 'Terminating',
  status: 'True',
  reason: 'InstanceDeletionPending',
  message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
}

/** CustomResourceDefinitions: what their status says, and what may not change. */
export const crdStrategy = (names: DefinitionNames): Strategy => ({
  hasGeneration: true,
  needsVersion: true,
  prepareCreate(crd, { now }) {
    crd.status = { storedVersions: storageVersions(crd) }
    settle(crd, names, now)
  },
  prepareUpdate(next, _, { now }) {
    const known: string[] = next.status?.storedVersions ?? []
    const added = storageVersions(next).filter((name) => !known.includes(name))
    if (added.length > 0) next.status = { ...next.status, storedVersions: [...known, ...added] }
    settle(next, names, now)
  },
  settled: (stored) => names.restore(stored),
  released: (crd) => names.release(crd),
  finalizersOfDelete: [CLEANUP_FINALIZER],
  prepareDelete: (crd, now) => setCondition(crd, TERMINATING, now),
  validateNew: newDefinitionFaults,
  warningsOfNew: unknownFormats,
  validateUpdate: (next, current, { subresource }) =>
    subresource === 'status' ? statusFaults(next) : definitionChangeFaults(next, current),
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

/** Formats of texts that no Kubernetes checks. */
function unknownFormats({ spec }: KubeObject): string[] {
  const unknown = new Set<string>()
  for (const { schema } of (spec?.versions ?? []) as Spec[]) {
    someSchema(schema?.openAPIV3Schema ?? {}, ({ type, format }) => {
      if (type === 'string' && format && !isKnownFormat(format)) unknown.add(format)
      return false
    })
  }
  return [...unknown].toSorted().map((format) => `unrecognized format ${JSON.stringify(format)}`)
}
