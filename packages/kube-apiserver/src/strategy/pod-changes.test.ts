import { expect, it } from 'vitest'
import type { Spec } from '../defaults/spec.ts'
import { podChangeErrors } from './pod-changes.ts'

const amounts = (requests: object, limits?: object): Spec => ({ resources: { requests, ...(limits && { limits }) } })
const podOf = (container: Spec, init: Spec = {}, spec: Spec = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  spec: {
    containers: [{ name: 'c', image: 'i', ...container }],
    initContainers: [{ name: 'init', image: 'i', ...init }],
    ...spec,
  },
  status: { qosClass: 'Burstable' },
})
const sidecar = (requests: object): Spec => ({ restartPolicy: 'Always', ...amounts(requests) })
const before = podOf(amounts({ cpu: '1' }, { cpu: '2' }))

/** The words are those of ValidatePodResize. */
it.each([
  ['other amounts', before, podOf(amounts({ cpu: '2' }, { cpu: '3' })), []],
  ['more kinds of them', before, podOf(amounts({ cpu: '1', memory: '1Gi' }, { cpu: '2' })), []],
  ['a sidecar', podOf({}, sidecar({ cpu: '1' })), podOf({}, sidecar({ cpu: '2' })), []],
  [
    'a limit that is gone',
    before,
    podOf(amounts({ cpu: '1' })),
    ['spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed'],
  ],
  [
    "a sidecar's request that is gone",
    podOf(amounts({ cpu: '1' }), sidecar({ cpu: '1', memory: '1Gi' })),
    podOf(amounts({ cpu: '1' }), sidecar({ cpu: '1' })),
    ['spec.initContainers[0].resources.requests: Forbidden: resource requests cannot be removed'],
  ],
  [
    'another class of service',
    podOf({}),
    podOf(amounts({ cpu: '1' })),
    ['spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing'],
  ],
  [
    'an init container',
    podOf(amounts({ cpu: '1' }), amounts({ cpu: '1' })),
    podOf(amounts({ cpu: '1' }), amounts({ cpu: '2' })),
    ['spec: Forbidden: resources for non-sidecar init containers are immutable'],
  ],
  [
    'another container',
    before,
    podOf({ ...amounts({ cpu: '1' }, { cpu: '2' }), name: 'd' }),
    ['spec.containers[0].name: Forbidden: containers may not be renamed or reordered on resize'],
  ],
  [
    'one container less',
    before,
    podOf(amounts({ cpu: '1' }, { cpu: '2' }), {}, { initContainers: [] }),
    ['spec.initContainers: Forbidden: initContainers may not be added or removed on resize'],
  ],
  [
    'another image',
    before,
    podOf({ ...amounts({ cpu: '1' }, { cpu: '2' }), image: 'j' }),
    ['spec: Forbidden: only cpu and memory resources are mutable'],
  ],
  [
    'resources of the pod as a whole',
    podOf(amounts({ cpu: '1' }), {}, { resources: { requests: { cpu: '1' } } }),
    podOf(amounts({ cpu: '2' }), {}, { resources: { requests: { cpu: '1' } } }),
    ['[]: Forbidden: pods with pod-level resources cannot be resized'],
  ],
])('a resize with %s is checked', (_what, current, next, expected) => {
  const errors = podChangeErrors(next, current, 'resize')

  expect(errors.map(({ field, message }) => `${field}: ${message}`)).toEqual(expected)
})

const TERMS = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms'
const zones = (...lists: string[][]): Spec => {
  const nodeSelectorTerms = lists.map((keys) => ({
    matchExpressions: keys.map((key) => ({ key, operator: 'Exists' })),
  }))
  return { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } } }
}

it.each([
  ['for fewer nodes', { nodeSelector: { a: 'b', c: 'd' }, ...zones(['x', 'y']) }, []],
  [
    'for others',
    { nodeSelector: { a: 'c' }, ...zones(['y']) },
    [
      'spec.nodeSelector: Invalid value: {"a":"c"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)',
      `${TERMS}[0]: Invalid value: {"MatchExpressions":[{"Key":"y","Operator":"Exists","Values":null}],"MatchFields":null}: only additions are allowed (no mutations or deletions)`,
    ],
  ],
  [
    'for more nodes',
    { nodeSelector: { a: 'b' }, ...zones(['x'], ['y']) },
    [expect.stringContaining('no additions/deletions to non-empty NodeSelectorTerms list are allowed')],
  ],
  [
    'for other pods',
    { nodeSelector: { a: 'b' }, affinity: { ...zones(['x']).affinity, podAffinity: {} } },
    [expect.stringContaining('spec: Forbidden: pod updates may not change fields other than')],
  ],
])('a pod that is not to be scheduled yet asks %s', (_, change, expected) => {
  const gated = { schedulingGates: [{ name: 'a' }], nodeSelector: { a: 'b' }, ...zones(['x']) }

  const found = podChangeErrors(podOf({}, {}, { ...gated, ...change }), podOf({}, {}, gated), undefined)

  expect(found.map(({ field, message }) => `${field}: ${message}`)).toEqual(expected)
})
