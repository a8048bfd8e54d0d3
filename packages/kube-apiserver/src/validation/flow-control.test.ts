import { type KubeObject, schemaFor } from '@slipway/kube-objects'
import { describe, expect, it } from 'vitest'
import { FLOW_SCHEMAS, PRIORITY_LEVELS } from '../flow-control/defaults.ts'
import { builtinTypes } from './type-rules.ts'

function faultsOf(kind: string, name: string, spec: object): string[] {
  const type = { apiVersion: 'flowcontrol.apiserver.k8s.io/v1', kind }
  const schema = schemaFor(type)
  const object = { ...type, metadata: { name }, spec } as unknown as KubeObject
  return schema ? builtinTypes.check(object, schema).map(({ field, message }) => `${field}: ${message}`) : []
}

const everybody = [{ kind: 'Group', group: { name: 'g' } }]
const flow = (rule: object, more: object = {}) => ({
  matchingPrecedence: 5,
  priorityLevelConfiguration: { name: 'x' },
  rules: [{ subjects: everybody, ...rule }],
  ...more,
})
const queued = (queuing: object) => ({ type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing } } })

describe('the rules of flow control', () => {
  it('let every object be that the server itself makes', () => {
    for (const [name, spec] of Object.entries(FLOW_SCHEMAS)) expect(faultsOf('FlowSchema', name, spec)).toEqual([])
    for (const [name, spec] of Object.entries(PRIORITY_LEVELS)) {
      expect(faultsOf('PriorityLevelConfiguration', name, spec)).toEqual([])
    }
  })

  it.each([
    [
      'a schema without rules or level',
      'FlowSchema',
      { matchingPrecedence: 1, rules: [{}] },
      [
        "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1",
        'spec.priorityLevelConfiguration.name: Required value: must reference a priority level',
        'spec.rules[0].subjects: Required value: subjects must contain at least one value',
        'spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty',
      ],
    ],
    [
      'everything and more',
      'FlowSchema',
      flow({ resourceRules: [{ verbs: ['*', 'get'], apiGroups: ['*', ''], resources: [], clusterScope: true }] }),
      [
        `spec.rules[0].resourceRules[0].verbs: Invalid value: ["*","get"]: if '*' is present, must not specify other verbs`,
        `spec.rules[0].resourceRules[0].apiGroups: Invalid value: ["*",""]: if '*' is present, must not specify other api groups`,
        'spec.rules[0].resourceRules[0].resources: Required value: resource rules must supply at least one resource',
      ],
    ],
    [
      'paths that are none',
      'FlowSchema',
      flow({ nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['x', '/a//b', '/a*', '/ok/*'] }] }),
      [
        'spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "x": must start with slash',
        'spec.rules[0].nonResourceRules[0].nonResourceURLs[1]: Invalid value: "/a//b": must not contain double slash',
        'spec.rules[0].nonResourceRules[0].nonResourceURLs[2]: Invalid value: "/a*": wildcard can only do suffix matching',
      ],
    ],
    [
      'a subject of two kinds',
      'FlowSchema',
      flow({
        subjects: [{ kind: 'User', group: { name: 'g' } }],
        nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
      }),
      [
        "spec.rules[0].subjects[0].user: Required value: user is required when subject kind is 'User'",
        "spec.rules[0].subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group'",
      ],
    ],
    [
      'a level of no kind',
      'PriorityLevelConfiguration',
      { type: 'Exempt', limited: {} },
      [
        "spec.type: Invalid value: \"Exempt\": must be 'Exempt' if and only if `name` is 'exempt'",
        'spec.limited: Forbidden: must be nil if the type is not Limited',
      ],
    ],
    [
      'hands that are too large',
      'PriorityLevelConfiguration',
      queued({ queues: 128, handSize: 10, queueLengthLimit: 0 }),
      [
        'spec.limited.limitResponse.queuing.queueLengthLimit: Invalid value: 0: must be positive',
        'spec.limited.limitResponse.queuing.handSize: Invalid value: 10: required entropy bits of deckSize 128 and handSize 10 should not be greater than 60',
      ],
    ],
  ])('tell of %s', (_, kind, spec, faults) => {
    expect(faultsOf(kind, 'x', spec)).toEqual(expect.arrayContaining(faults))
  })

  it('keep what the server needs as it is', () => {
    const changed = { ...FLOW_SCHEMAS['catch-all'], matchingPrecedence: 9999 }

    expect(faultsOf('FlowSchema', 'catch-all', changed).join()).toContain(
      "spec of 'catch-all' must equal the fixed value",
    )
  })
})
