import type { Spec } from '../defaults/spec.ts'

// The configuration of priority and fairness that every API server of Kubernetes 1.34 has (apiserver, flowcontrol/bootstrap).

export const GROUP = 'flowcontrol.apiserver.k8s.io'
export const AUTO_UPDATED = { 'apf.kubernetes.io/autoupdate-spec': 'true' }

const ANYTHING = {
  resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true }],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
}
const LEASES = { apiGroups: ['coordination.k8s.io'], resources: ['leases'], namespaces: ['*'] }

const group = (name: string): Spec => ({ kind: 'Group', group: { name } })
const user = (name: string): Spec => ({ kind: 'User', user: { name } })
const KUBE_SYSTEM = { kind: 'ServiceAccount', serviceAccount: { namespace: 'kube-system', name: '*' } }
const EVERYBODY = [group('system:unauthenticated'), group('system:authenticated')]

const limited = (nominalConcurrencyShares: number, lendablePercent: number, limitResponse: Spec): Spec => ({
  type: 'Limited',
  limited: { nominalConcurrencyShares, lendablePercent, limitResponse },
})
const queued = (queues: number, handSize: number): Spec => ({
  type: 'Queue',
  queuing: { queues, handSize, queueLengthLimit: 50 },
})

/** Specs of PriorityLevelConfigurations by their name. */
export const PRIORITY_LEVELS: Readonly<Record<string, Spec>> = {
  system: limited(30, 33, queued(64, 6)),
  'node-high': limited(40, 25, queued(64, 6)),
  'leader-election': limited(10, 0, queued(16, 4)),
  'workload-high': limited(40, 50, queued(128, 6)),
  'workload-low': limited(100, 90, queued(128, 6)),
  'global-default': limited(20, 50, queued(128, 6)),
  'catch-all': limited(5, 0, { type: 'Reject' }),
  exempt: { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } },
}

interface Flow {
  precedence: number
  level: string
  /** What tells one flow of a schema from another. */
  by?: 'ByUser' | 'ByNamespace'
  subjects: Spec[]
  rules?: Spec
}

const FLOWS: Record<string, Flow> = {
  'system-nodes': { precedence: 500, level: 'system', by: 'ByUser', subjects: [group('system:nodes')] },
  'system-node-high': {
    precedence: 400,
    level: 'node-high',
    by: 'ByUser',
    subjects: [group('system:nodes')],
    rules: {
      resourceRules: [
        { verbs: ['*'], apiGroups: [''], resources: ['nodes', 'nodes/status'], namespaces: ['*'], clusterScope: true },
        { verbs: ['*'], ...LEASES },
      ],
    },
  },
  'system-leader-election': {
    precedence: 100,
    level: 'leader-election',
    by: 'ByUser',
    subjects: [user('system:kube-controller-manager'), user('system:kube-scheduler'), KUBE_SYSTEM],
    rules: { resourceRules: [{ verbs: ['get', 'create', 'update'], ...LEASES }] },
  },
  'kube-controller-manager': {
    precedence: 800,
    level: 'workload-high',
    by: 'ByNamespace',
    subjects: [user('system:kube-controller-manager')],
  },
  'kube-scheduler': {
    precedence: 800,
    level: 'workload-high',
    by: 'ByNamespace',
    subjects: [user('system:kube-scheduler')],
  },
  'kube-system-service-accounts': {
    precedence: 900,
    level: 'workload-high',
    by: 'ByNamespace',
    subjects: [KUBE_SYSTEM],
  },
  'service-accounts': {
    precedence: 9000,
    level: 'workload-low',
    by: 'ByUser',
    subjects: [group('system:serviceaccounts')],
  },
  'global-default': { precedence: 9900, level: 'global-default', by: 'ByUser', subjects: EVERYBODY },
  'catch-all': { precedence: 10_000, level: 'catch-all', by: 'ByUser', subjects: EVERYBODY },
  probes: {
    precedence: 2,
    level: 'exempt',
    subjects: EVERYBODY,
    rules: { nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }] },
  },
  exempt: { precedence: 1, level: 'exempt', subjects: [group('system:masters')] },
}

/** Specs of FlowSchemas by their name. */
export const FLOW_SCHEMAS: Readonly<Record<string, Spec>> = Object.fromEntries(
  Object.entries(FLOWS).map(([name, { precedence, level, by, subjects, rules = ANYTHING }]) => [
    name,
    {
      matchingPrecedence: precedence,
      priorityLevelConfiguration: { name: level },
      ...(by && { distinguisherMethod: { type: by } }),
      rules: [{ subjects, ...rules }],
    },
  ]),
)
