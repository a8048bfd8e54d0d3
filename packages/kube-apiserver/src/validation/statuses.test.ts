import type { KubeObject } from '@slipway/kube-objects'
import { describe, expect, it } from 'vitest'
import type { Spec } from '../defaults/spec.ts'
import { statusRules } from './statuses.ts'

const DELETED = { deletionTimestamp: '2030-01-01T00:00:00Z' }
const indexed = { completionMode: 'Indexed', completions: 3, parallelism: 1, backoffLimitPerIndex: 1 }
const is = (...types: string[]) => types.map((type) => ({ type, status: 'True' }))
const ended = (name: string, exitCode: number) => ({ name, state: { terminated: { exitCode } } })
const runs = (name: string) => ({ name, state: { running: {} } })

interface Case {
  what: string
  type: string
  status: Spec
  before?: Spec
  spec?: Spec
  metadata?: Spec
  faults: string[]
}

const cases: Case[] = [
  {
    what: 'numbers that contradict each other',
    type: 'apps/deployments',
    status: { replicas: 1, readyReplicas: 2, availableReplicas: 3, unavailableReplicas: -1 },
    faults: [
      'status.unavailableReplicas: Invalid value: -1: must be greater than or equal to 0',
      'status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas',
      'status.availableReplicas: Invalid value: 3: cannot be greater than status.replicas',
      'status.availableReplicas: Invalid value: 3: cannot be greater than readyReplicas',
    ],
  },
  {
    what: 'a count of collisions that shrinks',
    type: 'apps/daemonsets',
    status: {},
    before: { collisionCount: 2 },
    faults: ['status.collisionCount: Invalid value: 0: cannot be decremented'],
  },
  {
    what: 'conditions of budgets that are not whole',
    type: 'policy/poddisruptionbudgets',
    status: { conditions: [{ type: 'A', status: 'Maybe', reason: '1x' }] },
    faults: [
      'status.conditions[0].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown"',
      'status.conditions[0].lastTransitionTime: Required value',
      expect.stringMatching(
        /^status.conditions\[0].reason: Invalid value: "1x": a condition reason must start with/,
      ) as unknown as string,
    ],
  },
  {
    what: 'a namespace that ends before it is deleted',
    type: '/namespaces',
    status: { phase: 'Terminating' },
    faults: ['status.Phase: Invalid value: "Terminating": may only be \'Active\' if `deletionTimestamp` is empty'],
  },
  {
    what: 'no namespace that ends',
    type: '/namespaces',
    metadata: DELETED,
    status: { phase: 'Terminating' },
    faults: [],
  },
  {
    what: 'ways into a Service that has none',
    type: '/services',
    spec: { type: 'ClusterIP' },
    status: { loadBalancer: { ingress: [{ ip: '1.2.3.4', ipMode: 'VIP' }] } },
    faults: ["status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'"],
  },
  {
    what: 'names that are addresses',
    type: 'networking.k8s.io/ingresses',
    status: { loadBalancer: { ingress: [{ hostname: '1.2.3.4' }, { ip: 'x' }] } },
    faults: [
      'status.loadBalancer.ingress[0].hostname: Invalid value: "1.2.3.4": must be a DNS name, not an IP address',
      'status.loadBalancer.ingress[1].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ],
  },
  {
    what: 'a container that has ended and runs again, unless it may',
    type: '/pods',
    spec: { restartPolicy: 'OnFailure' },
    before: { containerStatuses: [ended('a', 0), ended('b', 1)] },
    status: { containerStatuses: [runs('a'), runs('b')] },
    faults: ['status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state'],
  },
  {
    what: 'another class of service, a gone generation and two addresses of a family',
    type: '/pods',
    before: { qosClass: 'Burstable' },
    status: { qosClass: 'Guaranteed', observedGeneration: -1, podIPs: [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }] },
    faults: [
      'status.observedGeneration: Invalid value: -1: must be a non-negative integer',
      'status.qosClass: Invalid value: "Guaranteed": field is immutable',
      'status.podIPs: Invalid value: [{"IP":"10.0.0.1"},{"IP":"10.0.0.2"}]: may specify no more than one IP for each IP family',
    ],
  },
  {
    what: 'a Job that is over without all that comes with it',
    type: 'batch/jobs',
    status: { active: 1, conditions: is('Complete') },
    faults: [
      'status.completionTime: Required value: completionTime is required for Complete jobs',
      'status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition',
      'status.active: Invalid value: 1: active>0 is invalid for finished job',
      'status.startTime: Required value: startTime is required for finished job',
    ],
  },
  {
    what: 'a Job that takes back what it said',
    type: 'batch/jobs',
    before: { failed: 2, startTime: '2030-01-01T00:00:00Z', conditions: is('FailureTarget', 'Failed') },
    status: { failed: 1, startTime: '2030-01-01T00:00:00Z', conditions: is('FailureTarget') },
    faults: [
      'status.conditions: Invalid value: cannot disable the terminal Failed=True condition',
      'status.failed: Invalid value: 1: cannot decrease the failed counter',
    ],
  },
  {
    what: 'indexes that are both done and failed, or none',
    type: 'batch/jobs',
    spec: indexed,
    status: { completedIndexes: '0-2', failedIndexes: '1,3' },
    faults: [
      'status.failedIndexes: Invalid value: "1,3": error parsing failedIndexes: too large index: "3"',
      'status.failedIndexes: Invalid value: "1,3": failedIndexes and completedIndexes overlap at index: 1',
    ],
  },
]

describe('statusRules', () => {
  it.each(cases)('tell of $what ($type)', ({ type, status, before = {}, spec = {}, metadata = {}, faults }) => {
    const of = (state: Spec) => ({ metadata, spec, status: state }) as unknown as KubeObject

    const found = statusRules.get(type)?.(of(status), of(before)) ?? []

    expect(found.map(({ field, message }) => `${field}: ${message}`)).toEqual(faults)
  })
})
