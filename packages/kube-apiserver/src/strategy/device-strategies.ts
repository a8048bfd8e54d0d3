import type { KubeObject } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import { forbiddenField } from '../validation/field-errors.ts'
import type { Strategy } from './strategy.ts'

/** The labels of a namespace; undefined = there is none of the name. */
export type NamespaceLabels = (name: string) => Readonly<Record<string, string>> | undefined

const ADMIN = 'resource.kubernetes.io/admin-access'

/** Devices that others have may be asked for where a namespace allows it only (KEP-5018; pkg/registry/resource/utils.go). */
function adminErrors(
  list: Spec[],
  { namespace, at, labels }: { namespace: string | undefined; at: string; labels: NamespaceLabels },
): FieldError[] {
  const index = list.findIndex(({ adminAccess }) => adminAccess === true)
  if (index < 0 || labels(namespace ?? '')?.[ADMIN] === 'true') return []
  const why = `admin access to devices requires the \`${ADMIN}: true\` label on the containing namespace`
  return [forbiddenField(`${at}[${index}].adminAccess`, why)]
}

const requestsOf = (spec: Spec | undefined): Spec[] =>
  ((spec?.devices?.requests ?? []) as Spec[]).map(({ exactly }) => exactly ?? {})
const resultsOf = ({ status }: KubeObject): Spec[] => status?.allocation?.devices?.results ?? []
const AT = 'spec.devices.requests'

/** Its status is written without any metadata (ResetObjectMetaForStatus). */
export const resourceClaimStrategy = (labels: NamespaceLabels): Strategy => ({
  returnsDeleted: true,
  statusMetadata: [],
  prepareUpdate(next, current, { subresource }) {
    if (subresource === 'status') forgetReleased(next, current)
  },
  validateNew: ({ metadata, spec }) => adminErrors(requestsOf(spec), { namespace: metadata.namespace, at: AT, labels }),
  validateUpdate(next, current, { subresource }) {
    if (subresource !== 'status' || resultsOf(current).some(({ adminAccess }) => adminAccess === true)) return []
    const at = 'status.allocation.devices.results'
    return adminErrors(resultsOf(next), { namespace: next.metadata.namespace, at, labels })
  },
})

export const claimTemplateStrategy = (labels: NamespaceLabels): Strategy => ({
  returnsDeleted: true,
  validateNew: ({ metadata, spec }) =>
    adminErrors(requestsOf(spec?.spec), { namespace: metadata.namespace, at: AT, labels }),
})

const idOf = ({ driver, pool, device }: Spec): string => `${driver}/${pool}/${device}`

/** What was said of devices that the claim no longer has goes with them (dropDeallocatedStatusDevices). */
function forgetReleased(next: KubeObject, current: KubeObject): void {
  const { status } = next
  const kept = new Set(resultsOf(next).map(idOf))
  const released = new Set(
    resultsOf(current)
      .map(idOf)
      .filter((id) => !kept.has(id)),
  )
  if (!status?.devices || released.size === 0) return
  status.devices = (status.devices as Spec[]).filter((device) => !released.has(idOf(device)))
  if (status.devices.length === 0) delete status.devices
}
