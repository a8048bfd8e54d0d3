import { describe, expect, it } from 'vitest'
import {
  applyStages,
  canonicalQuantity,
  crdSchema,
  diff,
  fieldErrorText,
  fillDefaults,
  healthOf,
  type KubeObject,
  labelNameErrors,
  labelRequirements,
  matchesLabels,
  parseFieldSelector,
  parseLabelSelector,
  prune,
  quantityValue,
  refString,
  schemaFor,
  sortForApply,
  validate,
} from './index.ts'

const object = (kind: string, name: string, rest: object = {}, apiVersion = 'v1'): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name },
  ...rest,
})

describe('identity and names', () => {
  it('names objects with and without a namespace', () => {
    expect(refString({ kind: 'Deployment', metadata: { namespace: 'default', name: 'appa' } })).toBe(
      'Deployment/default/appa',
    )
    expect(refString({ kind: 'Namespace', name: 'prod' })).toBe('Namespace/prod')
  })

  it.each([
    ['web-1', true],
    ['Web', false],
    ['-a', false],
    ['a.b', false],
    ['a'.repeat(64), false],
  ])('judges the label %s', (name, valid) => {
    expect(labelNameErrors(name).length === 0).toBe(valid)
  })
})

describe('selectors', () => {
  it.each([
    ['app=web', true],
    ['app==web,tier!=db', true],
    ['app in (web, api)', true],
    ['app notin (web)', false],
    ['!missing', true],
    ['app', true],
    ['missing', false],
    ['size>3', true],
    ['', true],
  ])('matches labels with %s: %s', (selector, matches) => {
    expect(matchesLabels({ app: 'web', size: '4' }, parseLabelSelector(selector))).toBe(matches)
  })

  it('reads matchLabels and matchExpressions', () => {
    const requirements = labelRequirements({
      matchLabels: { a: '1' },
      matchExpressions: [{ key: 'b', operator: 'DoesNotExist' }],
    })

    expect(matchesLabels({ a: '1' }, requirements)).toBe(true)
    expect(matchesLabels({ a: '1', b: '' }, requirements)).toBe(false)
  })

  it.each([
    ['1x', false],
    ['9223372036854775808', false],
    ['+9', true],
  ])('takes %s for what Go takes it for, where integers are compared', (value, matches) => {
    expect(matchesLabels({ a: value }, parseLabelSelector('a<10'))).toBe(matches)
  })

  it.each([
    ['metadata.name=p,status.phase!=Failed', ['metadata.name = p', 'status.phase != Failed']],
    ['spec.nodeName=', ['spec.nodeName = ']],
    ['a=x\\,y\\=\\\\', ['a = x,y=\\']],
    ['!a=!b', ['!a = !b']],
    [',=,', []],
  ])('reads the fields %s', (text, expected) => {
    expect(parseFieldSelector(text).map(({ field, operator, value }) => `${field} ${operator} ${value}`)).toEqual(
      expected,
    )
  })

  it.each([
    ['nonsense', "invalid selector: 'nonsense'; can't understand 'nonsense'"],
    ['a=b=c', 'invalid field selector: unescaped character in value: 61'],
    ['a=\\x', 'invalid field selector: invalid escape sequence: \\x'],
  ])('refuses the fields %s', (text, message) => {
    expect(() => parseFieldSelector(text)).toThrow(message)
  })
})

describe('quantities', () => {
  it.each([
    ['100m', 0.1, '100m'],
    ['1000m', 1, '1'],
    ['0.5', 0.5, '500m'],
    ['1024Mi', 2 ** 30, '1Gi'],
    ['1.5Gi', 1.5 * 2 ** 30, '1536Mi'],
    ['1e3', 1000, '1e3'],
    [2, 2, '2'],
    ['1500k', 1.5e6, '1500k'],
    // Kubernetes takes these for canonical.
    ['1.500', 1.5, '1.500'],
    ['+0012Mi', 12 * 2 ** 20, '+0012Mi'],
    ['0.500', 0.5, '500m'],
    ['512.5Ki', 524800, '524800'],
    ['0.5Ki', 512, '512'],
    ['16Ei', 2 ** 63 - 1, '9223372036854775807'],
    ['1e100', 1e100, '10e99'],
    ['1e-1000000', 1e-9, '1e-9'],
  ])('reads %s', (text, value, canonical) => {
    expect(quantityValue(text)).toBe(value)
    expect(canonicalQuantity(text)).toBe(canonical)
  })

  it('refuses nonsense', () => {
    expect(() => quantityValue('1x')).toThrow('quantities must match the regular expression')
    expect(() => quantityValue('1K')).toThrow("unable to parse quantity's suffix")
  })

  it('refuses numbers that would take minutes to calculate with', () => {
    expect(() => quantityValue('1e999999999')).toThrow('unable to parse numeric part of quantity')
    expect(() => quantityValue('9'.repeat(100_000))).toThrow('unable to parse numeric part of quantity')
  })
})

describe('order', () => {
  const objects = [
    object('Deployment', 'd'),
    object('Thing', 't'),
    object('ConfigMap', 'b'),
    object('ConfigMap', 'a'),
    object('Namespace', 'n'),
    object('CustomResourceDefinition', 'c'),
  ]

  it('applies definitions first and custom resources last', () => {
    expect(sortForApply(objects).map(refString)).toEqual([
      'CustomResourceDefinition/c',
      'Namespace/n',
      'ConfigMap/a',
      'ConfigMap/b',
      'Deployment/d',
      'Thing/t',
    ])
    expect(applyStages(objects).map((stage) => stage.length)).toEqual([2, 4])
  })
})

describe('schemas', () => {
  const crd = crdSchema({
    type: 'object',
    required: ['spec'],
    properties: {
      spec: {
        type: 'object',
        required: ['size'],
        properties: {
          size: { type: 'integer', minimum: 1 },
          mode: { type: 'string', enum: ['a', 'b'], default: 'a' },
          port: { 'x-kubernetes-int-or-string': true },
          nested: { type: 'object', default: {}, properties: { on: { type: 'boolean', default: true } } },
          free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
    },
  })

  it('finds unknown fields of built-in and custom kinds', () => {
    const pod = object('Pod', 'p', { spec: { containers: [{ name: 'c', imagee: 'x' }], foo: 1 } })

    expect(prune(pod, schemaFor(pod)!).unknown).toEqual(['spec.containers[0].imagee', 'spec.foo'])
    expect(prune(object('T', 't', { spec: { size: 1, x: 1, free: { any: 1 } } }), crd)).toMatchObject({
      value: { spec: { size: 1, free: { any: 1 } } },
      unknown: ['spec.x'],
    })
  })

  it('fills defaults in, also inside defaults', () => {
    const custom = { spec: { size: 1 } }
    fillDefaults(custom, crd)
    expect(custom).toEqual({ spec: { size: 1, mode: 'a', nested: { on: true } } })
    const service = { spec: { ports: [{ port: 80 }] } }
    fillDefaults(service, schemaFor({ apiVersion: 'v1', kind: 'Service' })!)
    expect(service).toEqual({
      metadata: {},
      spec: { ports: [{ port: 80, protocol: 'TCP', targetPort: 0 }] },
      status: { loadBalancer: {} },
    })
  })

  it('says what is wrong as the API server does', () => {
    const errors = validate({ spec: { mode: 'c', port: true } }, crd).map(fieldErrorText)

    expect(errors).toEqual([
      'spec.mode: Unsupported value: "c": supported values: "a", "b"',
      'spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"',
      'spec.size: Required value',
    ])
    expect(validate({ spec: { size: 0 } }, crd).map(fieldErrorText)).toEqual([
      'spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1',
    ])
  })
})

describe('diff', () => {
  it('tells paths and masks secrets', () => {
    const before = object('Deployment', 'd', { spec: { c: [{ name: 'x', image: '1' }], n: 1 }, status: { a: 1 } })
    const after = object('Deployment', 'd', { spec: { c: [{ name: 'x', image: '2' }], m: 2 }, status: { a: 2 } })

    expect(diff(before, after)).toEqual([
      { path: 'spec.c[name=x].image', before: '1', after: '2' },
      { path: 'spec.n', before: 1 },
      { path: 'spec.m', after: 2 },
    ])
    const secret = diff(object('Secret', 's', { data: { a: 'b2xk' } }), object('Secret', 's', { data: { a: 'bmV3' } }))
    expect(secret).toEqual([{ path: 'data.a', before: '***', after: '***' }])
    expect(JSON.stringify(diff(undefined, object('Secret', 's', { data: { a: 'bmV3' } })))).not.toContain('bmV3')
  })
})

describe('healthOf', () => {
  const done = { observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 }
  it.each([
    [
      'a Deployment that is available',
      object('Deployment', 'd', { spec: { replicas: 1 }, status: done }, 'apps/v1'),
      'Current',
    ],
    [
      'a Deployment that rolls out',
      object('Deployment', 'd', { spec: { replicas: 2 }, status: done }, 'apps/v1'),
      'InProgress',
    ],
    [
      'a Deployment past its deadline',
      object(
        'Deployment',
        'd',
        { status: { conditions: [{ type: 'Progressing', reason: 'ProgressDeadlineExceeded' }] } },
        'apps/v1',
      ),
      'Failed',
    ],
    [
      'a running, ready Pod',
      object('Pod', 'p', { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } }),
      'Current',
    ],
    ['a failed Pod', object('Pod', 'p', { status: { phase: 'Failed' } }), 'Failed'],
    ['an unbound claim', object('PersistentVolumeClaim', 'c'), 'InProgress'],
    ['a ConfigMap', object('ConfigMap', 'c'), 'Current'],
    [
      'a custom resource that is not Ready',
      object('T', 't', { status: { conditions: [{ type: 'Ready', status: 'False', message: 'no' }] } }, 'x/v1'),
      'InProgress',
    ],
    [
      'a custom resource that is stalled',
      object('T', 't', { status: { conditions: [{ type: 'Stalled', status: 'True', message: 'no' }] } }, 'x/v1'),
      'Failed',
    ],
    [
      'a failed Job',
      object('Job', 'j', { status: { conditions: [{ type: 'Failed', status: 'True' }] } }, 'batch/v1'),
      'Failed',
    ],
    ['nothing', undefined, 'NotFound'],
  ])('%s is %s', (_name, state, status) => {
    expect(healthOf(state).status).toBe(status)
  })

  it('sees deletion and a generation that was not observed yet', () => {
    const going = object('Pod', 'p')
    going.metadata.deletionTimestamp = '2026-01-01T00:00:00Z'
    const stale = object('T', 't', { status: { observedGeneration: 1 } }, 'x/v1')
    stale.metadata.generation = 2

    expect(healthOf(going).status).toBe('Terminating')
    expect(healthOf(stale).status).toBe('InProgress')
  })
})
