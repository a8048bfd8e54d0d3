import { equalJson, type KubeObject } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import { forbiddenField, required } from './field-errors.ts'
import type { Strategy } from './strategy.ts'

/** Pods: first status, what admission adds, which fields may change, and time to stop. */
export const podStrategy: Strategy = {
  hasGeneration: true,
  returnsDeleted: true,
  prepareCreate(pod) {
    const spec = pod.spec as Spec
    spec.serviceAccountName ??= 'default'
    spec.serviceAccount ??= spec.serviceAccountName
    addTolerations(spec)
    pod.status = { phase: 'Pending', qosClass: qosClass(spec) }
  },
  validate: ({ spec }) => ((spec?.containers?.length ?? 0) === 0 ? [required('spec.containers')] : []),
  validateUpdate: (next, current) => checkChange(next, current),
  gracePeriod(pod, requested) {
    const seconds = Math.max(0, requested ?? pod.spec?.terminationGracePeriodSeconds ?? 30)
    // Nothing runs that would need time: not on a node yet, or over.
    const over = ['Failed', 'Succeeded'].includes(pod.status?.phase)
    return !pod.spec?.nodeName || over ? 0 : seconds
  },
}

/** What the DefaultTolerationSeconds admission adds. */
function addTolerations(spec: Spec): void {
  const tolerations: Spec[] = spec.tolerations ?? []
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
    const known = tolerations.some(
      (one) => (one.key === key || !one.key) && [undefined, '', 'NoExecute'].includes(one.effect),
    )
    if (!known) tolerations.push({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 })
  }
  spec.tolerations = tolerations
}

function qosClass({ containers = [], initContainers = [] }: Spec): string {
  const resources: Spec[] = [...containers, ...initContainers].map((container: Spec) => container.resources ?? {})
  const amounts = (one: Spec | undefined) =>
    Object.keys(one ?? {}).filter((name) => name === 'cpu' || name === 'memory')
  if (resources.every(({ limits, requests }) => amounts(limits).length + amounts(requests).length === 0))
    return 'BestEffort'
  const guaranteed = resources.every(
    ({ limits, requests }) =>
      amounts(limits).length === 2 && amounts(limits).every((name) => limits[name] === (requests ?? limits)[name]),
  )
  return guaranteed ? 'Guaranteed' : 'Burstable'
}

const RULE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)'

function checkChange(next: KubeObject, current: KubeObject): FieldError[] {
  // A binding sets the node once.
  const fixed = ({ spec }: KubeObject) => {
    const {
      activeDeadlineSeconds: _,
      tolerations: __,
      terminationGracePeriodSeconds: ___,
      nodeName: ____,
      ...rest
    } = spec
    const images = (list: Spec[] | undefined) => list?.map(({ image: _____, ...container }) => container)
    return {
      ...rest,
      containers: images(rest.containers),
      initContainers: images(rest.initContainers),
      ephemeralContainers: [],
    }
  }
  const moved = current.spec.nodeName && next.spec.nodeName !== current.spec.nodeName
  if (!moved && equalJson(strip(fixed(next)), strip(fixed(current)))) return []
  return [forbiddenField('spec', RULE)]
}

const strip = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
