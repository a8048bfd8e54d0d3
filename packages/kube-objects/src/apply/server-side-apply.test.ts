import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  conflictMessage,
  type KubeObject,
  type ManagedFieldsEntry,
  type SchemaNode,
  schemaFor,
  schemaFromOpenApi,
  serverSideApply,
  trackUpdate,
} from '../index.ts'

const NOW = '2026-01-01T00:00:00Z'
const deploymentSchema = schemaFor({ apiVersion: 'apps/v1', kind: 'Deployment' })

function deployment(spec: object, labels: Record<string, string> = { app: 'web' }): KubeObject {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'default', labels }, spec }
}

function apply(
  live: KubeObject | undefined,
  applied: KubeObject,
  manager = 'me',
  force = false,
): ReturnType<typeof serverSideApply> {
  return serverSideApply({ live, applied, manager, force, now: NOW, schema: deploymentSchema })
}

const template = (containers: object[]): object => ({
  template: { metadata: { labels: { app: 'web' } }, spec: { containers } },
})

describe('serverSideApply', () => {
  it('keeps what the server writes, though managedFields that a client wrote name it', () => {
    const { object } = apply(undefined, deployment({ replicas: 2 }))
    const [entry] = object.metadata.managedFields as Record<string, unknown>[]
    const names = Object.fromEntries(['name', 'namespace', 'uid'].map((field) => [`f:${field}`, {}]))
    const managedFields = [{ ...entry, fieldsV1: { 'f:metadata': names } }]
    const live = { ...object, metadata: { ...object.metadata, uid: 'u', managedFields } } as KubeObject

    const { metadata } = apply(live, { ...deployment({ replicas: 3 }), metadata: { name: 'web' } }).object
    expect(metadata).toMatchObject({ name: 'web', namespace: 'default', uid: 'u' })
    expect(metadata.managedFields).toMatchObject([{ fieldsV1: { 'f:spec': { 'f:replicas': {} } } }])
  })

  it('records what was applied as the API server does', () => {
    const { object } = apply(
      undefined,
      deployment({ replicas: 2, ...template([{ name: 'web', image: 'a', ports: [{ containerPort: 80 }] }]) }),
    )

    expect(object.metadata.managedFields).toEqual([
      {
        apiVersion: 'apps/v1',
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:metadata': { 'f:labels': { 'f:app': {} } },
          'f:spec': {
            'f:replicas': {},
            'f:template': {
              'f:metadata': { 'f:labels': { 'f:app': {} } },
              'f:spec': {
                'f:containers': {
                  'k:{"name":"web"}': {
                    '.': {},
                    'f:image': {},
                    'f:name': {},
                    'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
                  },
                },
              },
            },
          },
        },
        manager: 'me',
        operation: 'Apply',
        time: NOW,
      },
    ])
  })

  it('notes no time for a manager who found everything in place, until it changes something', () => {
    const timesOf = ({ object }: ReturnType<typeof apply>) =>
      (object.metadata.managedFields as ManagedFieldsEntry[]).map(({ manager, time }) => [manager, time])
    const first = apply(undefined, deployment({ replicas: 2 }))

    const second = apply(first.object, deployment({ replicas: 2 }), 'other')
    expect(timesOf(second)).toEqual([
      ['other', undefined],
      ['me', NOW],
    ])
    expect(timesOf(apply(second.object, deployment({ replicas: 3 }), 'other', true))).toEqual([
      ['me', NOW],
      ['other', NOW],
    ])
  })

  it('removes what is no longer applied, and only that', () => {
    const first = apply(
      undefined,
      deployment(
        template([
          { name: 'web', image: 'a', args: ['x'] },
          { name: 'side', image: 'b' },
        ]),
      ),
    ).object
    const defaulted = structuredClone(first)
    defaulted.spec.template.spec.containers[0].imagePullPolicy = 'Always'
    defaulted.spec.template.spec.containers.push({ name: 'injected', image: 'c' })
    const { object } = apply(defaulted, deployment(template([{ name: 'web', image: 'a2' }]), {}))

    expect(object.spec.template.spec.containers).toEqual([
      { name: 'web', image: 'a2', imagePullPolicy: 'Always' },
      { name: 'injected', image: 'c' },
    ])
    expect(object.metadata.labels).toBeNull()
  })

  it('keeps a field that another manager applied, too', () => {
    const first = apply(undefined, deployment({ replicas: 3, paused: true }), 'a').object
    const second = apply(first, deployment({ replicas: 3 }), 'b').object
    const { object } = apply(second, deployment({}), 'a')

    expect(object.spec).toEqual({ replicas: 3 })
  })

  it('refuses to change what another manager holds, in the words of Kubernetes', () => {
    const created = trackUpdate({
      before: undefined,
      after: deployment({ replicas: 1 }),
      manager: 'kubectl',
      now: NOW,
      schema: deploymentSchema,
    })
    const { conflicts, object } = apply(created, deployment({ replicas: 2 }))

    expect(conflictMessage(conflicts)).toBe(
      'Apply failed with 1 conflict: conflict with "kubectl" using apps/v1: .spec.replicas',
    )
    expect(object).toBe(created)
  })

  it('lists several conflicts by manager', () => {
    const first = apply(
      undefined,
      deployment({ replicas: 1, ...template([{ name: 'web', image: 'a' }]) }),
      'helm',
    ).object
    const { conflicts } = apply(first, deployment({ replicas: 2, ...template([{ name: 'web', image: 'b' }]) }))

    expect(conflictMessage(conflicts)).toBe(
      'Apply failed with 2 conflicts: conflicts with "helm":\n- .spec.replicas\n- .spec.template.spec.containers[name="web"].image',
    )
  })

  it('takes the fields over with force', () => {
    const first = apply(undefined, deployment({ replicas: 1 }), 'a').object
    const { object } = apply(first, deployment({ replicas: 2 }), 'b', true)

    expect(object.spec.replicas).toBe(2)
    const managers = Object.fromEntries(
      (object.metadata.managedFields as { manager: string; fieldsV1: object }[]).map((m) => [m.manager, m.fieldsV1]),
    )
    expect(managers.a).toEqual({ 'f:metadata': { 'f:labels': { 'f:app': {} } } })
    expect(managers.b).toMatchObject({ 'f:spec': { 'f:replicas': {} } })
  })

  it('merges a list by keys in the order of the configuration, others where they stood', () => {
    const live = apply(undefined, deployment(template(['a', 'b', 'c', 'd'].map((name) => ({ name })))), 'x').object
    const { object } = apply(live, deployment(template([{ name: 'c' }, { name: 'new' }, { name: 'a' }])))

    expect(object.spec.template.spec.containers.map(({ name }: { name: string }) => name)).toEqual([
      'b',
      'c',
      'd',
      'new',
      'a',
    ])
  })

  it('goes on with the configuration where the live list repeats an item of it', () => {
    const live = deployment(template([{ name: 'a' }, { name: 'a' }, { name: 'b' }]))
    const { object } = apply(live, deployment(template([{ name: 'a' }, { name: 'c' }])), 'me', true)

    expect(object.spec.template.spec.containers.map(({ name }: { name: string }) => name)).toEqual(['a', 'c', 'b'])
  })

  it('treats lists without keys as one, and sets by value, in custom resources', () => {
    const schema = schemaFromOpenApi({
      type: 'object',
      properties: {
        spec: {
          type: 'object',
          properties: {
            tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
            plain: { type: 'array', items: { type: 'string' } },
          },
        },
      },
    })
    const thing = (spec: object): KubeObject => ({
      apiVersion: 'x.io/v1',
      kind: 'Thing',
      metadata: { name: 't' },
      spec,
    })
    const base = { force: true, now: NOW, schema }
    const first = serverSideApply({
      ...base,
      live: undefined,
      applied: thing({ tags: ['a', 'b'], plain: ['1', '2'] }),
      manager: 'one',
    }).object
    const second = serverSideApply({
      ...base,
      live: first,
      applied: thing({ tags: ['c'], plain: ['3'] }),
      manager: 'two',
    }).object
    const third = serverSideApply({ ...base, live: second, applied: thing({ tags: ['b'] }), manager: 'one' }).object

    expect(second.spec).toEqual({ tags: ['a', 'b', 'c'], plain: ['3'] })
    expect(third.spec).toEqual({ tags: ['b', 'c'], plain: ['3'] })
  })

  it('drops a key of a map that was applied before and is not any more', () => {
    const map = (data: Record<string, string>): KubeObject => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'c' },
      data,
    })
    const input = { manager: 'me', force: true, now: NOW, schema: schemaFor({ apiVersion: 'v1', kind: 'ConfigMap' }) }
    const first = serverSideApply({ ...input, live: undefined, applied: map({ a: '1', b: '2' }) }).object

    expect(serverSideApply({ ...input, live: first, applied: map({ a: '1' }) }).object.data).toEqual({ a: '1' })
  })
})

describe('trackUpdate', () => {
  it('records a create as the API server does', () => {
    const after = deployment({
      replicas: 1,
      selector: { matchLabels: { app: 'web' } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } },
      ...template([{ name: 'web', image: 'a' }]),
    })
    const { metadata } = trackUpdate({
      before: undefined,
      after,
      manager: 'kubectl-create',
      now: NOW,
      schema: deploymentSchema,
    })

    // As `kubectl create` leaves it: no "." below structs that Go always has.
    expect(metadata.managedFields).toMatchObject([
      {
        operation: 'Update',
        fieldsV1: {
          'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
          'f:spec': {
            'f:replicas': {},
            'f:selector': {},
            'f:strategy': { 'f:rollingUpdate': { '.': {}, 'f:maxSurge': {} }, 'f:type': {} },
            'f:template': {
              'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
              'f:spec': { 'f:containers': { 'k:{"name":"web"}': { '.': {}, 'f:image': {}, 'f:name': {} } } },
            },
          },
        },
      },
    ])
    const fields = JSON.stringify(metadata.managedFields)
    expect(fields).toContain('"f:spec":{"f:replicas"')
    expect(fields).toContain('"f:containers":{"k:')
  })

  it('moves a changed field to the one who changed it', () => {
    const applied = apply(undefined, deployment({ replicas: 1, paused: false })).object
    const after = { ...applied, spec: { replicas: 5, paused: false } }
    const { metadata } = trackUpdate({
      before: applied,
      after,
      manager: 'kubectl-edit',
      now: NOW,
      schema: deploymentSchema,
    })

    expect(metadata.managedFields).toMatchObject([
      { manager: 'me', operation: 'Apply', fieldsV1: { 'f:spec': { 'f:paused': {} } } },
      { manager: 'kubectl-edit', operation: 'Update', fieldsV1: { 'f:spec': { 'f:replicas': {} } } },
    ])
  })
})

const mapSchema: SchemaNode = {
  type: 'object',
  properties: { metadata: { type: 'object' }, data: { type: 'object', additional: { type: 'any' } } },
}
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.integer(),
    fc.string(),
    tie('map'),
    fc.array(fc.integer(), { maxLength: 3 }),
  ),
  map: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), tie('value'), { maxKeys: 3 }),
})).map
const object = json.map((data): KubeObject => ({ apiVersion: 'v1', kind: 'Any', metadata: { name: 'x' }, data }))

describe('serverSideApply, for any objects', () => {
  const run = (live: KubeObject | undefined, applied: KubeObject, manager = 'm'): KubeObject =>
    serverSideApply({ live, applied, manager, force: true, now: NOW, schema: mapSchema }).object

  it('changes nothing when the same is applied again', () => {
    fc.assert(
      fc.property(object, object, (theirs, ours) => {
        const once = run(run(undefined, theirs, 'other'), ours)
        expect(run(once, ours)).toBe(once)
      }),
    )
  })

  it('gives back the configuration when nobody else has a say', () => {
    fc.assert(
      fc.property(object, object, (first, second) => {
        const { metadata: _metadata, ...rest } = run(run(undefined, first), second)
        expect(withoutEmpty(rest.data)).toEqual(withoutEmpty(second.data))
      }),
    )
  })

  it('never takes away what another manager applied', () => {
    fc.assert(
      fc.property(json, json, (theirs, ours) => {
        const of = (key: string, value: unknown): KubeObject => ({
          apiVersion: 'v1',
          kind: 'Any',
          metadata: { name: 'x' },
          data: { [key]: value },
        })
        const both = run(run(undefined, of('theirs', theirs), 'other'), of('ours', ours))
        expect(run(both, of('ours', 1)).data.theirs).toEqual(theirs)
      }),
    )
  })
})

/** Emptied maps may stay, as null, or go. */
function withoutEmpty(value: unknown): unknown {
  if (value === null) return undefined
  if (typeof value !== 'object' || Array.isArray(value)) return value
  const entries = Object.entries(value)
    .map(([key, child]) => [key, withoutEmpty(child)] as const)
    .filter(([, child]) => child !== undefined)
  return entries.length > 0 ? Object.fromEntries(entries) : undefined
}
