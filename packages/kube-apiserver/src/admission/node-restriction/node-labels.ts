const RESTRICTED = 'node-restriction.kubernetes.io'

/** What kubelets know of their machine (k8s.io/kubelet's well_known_labels.go). */
const OWN_LABELS = new Set([
  'kubernetes.io/hostname',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'beta.kubernetes.io/instance-type',
  'node.kubernetes.io/instance-type',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
])
const OWN_NAMESPACES = ['kubelet.kubernetes.io', 'node.kubernetes.io']

type Labels = Record<string, string>

/** The labels that differ and that no node may change of itself, for they say which pods come to it. */
export function forbiddenLabels(next: Labels = {}, current: Labels = {}): string[] {
  const keys = new Set([...Object.keys(next), ...Object.keys(current)])
  return [...keys].filter((key) => next[key] !== current[key] && isForbidden(key)).toSorted()
}

function isForbidden(key: string): boolean {
  const namespace = key.includes('/') ? (key.split('/', 1)[0] ?? '') : ''
  if (isWithin(namespace, RESTRICTED)) return true
  const isKubernetes = isWithin(namespace, 'kubernetes.io') || isWithin(namespace, 'k8s.io')
  return isKubernetes && !OWN_LABELS.has(key) && !OWN_NAMESPACES.some((own) => isWithin(namespace, own))
}

const isWithin = (namespace: string, parent: string): boolean =>
  namespace === parent || namespace.endsWith(`.${parent}`)
