import type { KubeObject } from '@slipway/kube-objects'
import type { Spec } from '../defaults/spec.ts'
import type { Cell, CellMaker } from './cells.ts'
import { humanDuration } from './duration.ts'

type View = Readonly<KubeObject>

const length = (list: unknown[] | undefined): number => list?.length ?? 0

const webhooks: CellMaker = ({ webhooks: hooks }) => ({ Webhooks: length(hooks) })

const parameterKind = ({ paramKind }: Spec): Cell =>
  paramKind ? `${paramKind.apiVersion}/${paramKind.kind}` : '<unset>'

function parameterReference({ paramRef }: Spec): Cell {
  if (!paramRef) return '<unset>'
  return paramRef.name ? `${paramRef.namespace || '*'}/${paramRef.name}` : '<unset>'
}

function priorityLevel({ spec = {} }: View): Record<string, Cell> {
  const { limited } = spec
  const queuing = limited?.limitResponse?.queuing ?? {}
  return {
    Type: spec.type ?? '',
    NominalConcurrencyShares: limited?.nominalConcurrencyShares ?? '<none>',
    Queues: queuing.queues ?? '<none>',
    HandSize: queuing.handSize ?? '<none>',
    QueueLengthLimit: queuing.queueLengthLimit ?? '<none>',
  }
}

function flowSchema({ spec = {}, status = {} }: View): Record<string, Cell> {
  const dangling = (status.conditions ?? []).find(({ type }: Spec) => type === 'Dangling')
  return {
    PriorityLevel: spec.priorityLevelConfiguration?.name ?? '',
    MatchingPrecedence: spec.matchingPrecedence ?? 0,
    DistinguisherMethod: spec.distinguisherMethod?.type ?? '<none>',
    MissingPL: dangling?.status ?? '?',
  }
}

function signingRequest({ spec = {}, status = {} }: View): Record<string, Cell> {
  const has = (type: string) => (status.conditions ?? []).some((one: Spec) => one.type === type)
  const { expirationSeconds } = spec
  const condition = [
    has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending',
    ...(has('Failed') ? ['Failed'] : []),
    ...(status.certificate ? ['Issued'] : []),
  ]
  return {
    SignerName: spec.signerName || '<none>',
    Requestor: spec.username ?? '',
    RequestedDuration: expirationSeconds === undefined ? '<none>' : humanDuration(expirationSeconds),
    Condition: condition.join(','),
  }
}

function resourceClaim({ metadata, status = {} }: View): Record<string, Cell> {
  const isDeleted = metadata.deletionTimestamp !== undefined
  const use = status.allocation ? ['allocated', ...(length(status.reservedFor) > 0 ? ['reserved'] : [])] : undefined
  return { State: [...(isDeleted ? ['deleted'] : []), ...(use ?? (isDeleted ? [] : ['pending']))].join(',') }
}

/** Limits are told apart from what else is limited; what no controller has counted yet is not shown. */
function resourceQuota({ status = {} }: View): Record<string, Cell> {
  const hard: Record<string, string> = status.hard ?? {}
  const text = (isLimit: boolean): string =>
    Object.keys(hard)
      .filter((name) => name.startsWith('limits.') === isLimit)
      .toSorted()
      .map((name) => `${name}: ${status.used?.[name] ?? '0'}/${hard[name]}`)
      .join(', ')
  return { Request: text(false), Limit: text(true) }
}

/** What may be done, by whom and how much of it. */
export const policyCells: Record<string, CellMaker> = {
  '/resourcequotas': resourceQuota,
  'admissionregistration.k8s.io/validatingwebhookconfigurations': webhooks,
  'admissionregistration.k8s.io/mutatingwebhookconfigurations': webhooks,
  'admissionregistration.k8s.io/validatingadmissionpolicies': ({ spec = {} }) => ({
    Validations: length(spec.validations),
    ParamKind: parameterKind(spec),
  }),
  'admissionregistration.k8s.io/validatingadmissionpolicybindings': ({ spec = {} }) => ({
    PolicyName: spec.policyName ?? '',
    ParamRef: parameterReference(spec),
  }),
  'certificates.k8s.io/certificatesigningrequests': signingRequest,
  'flowcontrol.apiserver.k8s.io/flowschemas': flowSchema,
  'flowcontrol.apiserver.k8s.io/prioritylevelconfigurations': priorityLevel,
  'node.k8s.io/runtimeclasses': ({ handler }) => ({ Handler: handler ?? '' }),
  'resource.k8s.io/resourceclaims': resourceClaim,
  'resource.k8s.io/resourceslices': ({ spec = {} }) => ({
    Node: spec.nodeName ?? '',
    Driver: spec.driver ?? '',
    Pool: spec.pool?.name ?? '',
  }),
}
