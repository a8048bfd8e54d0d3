import type { KubeObject } from '@slipway/kube-objects'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { certificateChanges } from '../validation/certificates.ts'

let api: TestServer
let now = new Date('2030-01-01T00:00:00Z')
beforeAll(async () => {
  api = await startTestServer({ now: () => now })
})
afterAll(() => api.stop())

it('a volume says since when it is what it is', async () => {
  const spec = { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/x' } }
  const volumes = '/api/v1/persistentvolumes'
  await api.call('POST', volumes, { body: { metadata: { name: 'v' }, spec } })
  const become = async (status: object) => {
    const type = 'application/merge-patch+json'
    const { body } = await api.call('PATCH', `${volumes}/v/status`, { body: { status }, type })
    return body.status.lastPhaseTransitionTime
  }
  now = new Date('2030-01-02T00:00:00Z')

  const available = await become({ phase: 'Available' })
  now = new Date('2030-01-03T00:00:00Z')
  const same = await become({ phase: 'Available', message: 'x', lastPhaseTransitionTime: null })
  const told = await become({ phase: 'Bound', lastPhaseTransitionTime: '2029-01-01T00:00:00Z' })

  expect([available, same, told]).toEqual(['2030-01-02T00:00:00Z', '2030-01-02T00:00:00Z', '2029-01-01T00:00:00Z'])
})

it.each([
  'application/strategic-merge-patch+json',
  'application/merge-patch+json',
])('the status of a pod is not that of another of its name: %s', async (type) => {
  const pods = '/api/v1/namespaces/default/pods'
  const name = `named-${type.length}`
  const spec = { containers: [{ name: 'c', image: 'x' }] }
  const { body: pod } = await api.call('POST', pods, { body: { metadata: { name }, spec } })
  const say = (uid: string) =>
    api.call('PATCH', `${pods}/${name}/status`, { body: { metadata: { uid }, status: { phase: 'Running' } }, type })

  const [other, own] = [await say('of-another'), await say(pod.metadata.uid)]

  expect([other.status, other.body.message]).toEqual([
    422,
    `Pod "${name}" is invalid: metadata.uid: Invalid value: "of-another": field is immutable`,
  ])
  expect([own.status, own.body.status.phase]).toEqual([200, 'Running'])
})

it('fields of features that are off are taken and not kept', async () => {
  const container = (name: string) => ({ name, image: 'x', restartPolicy: 'Always', restartPolicyRules: [] })
  const never = { ...container('never'), restartPolicy: 'Never' }
  const spec = {
    hostnameOverride: 'Not A Name',
    containers: [container('c')],
    initContainers: [container('sidecar'), never],
  }

  const pod = await api.call('POST', '/api/v1/namespaces/default/pods', { body: { metadata: { name: 'p' }, spec } })

  expect(pod.status).toBe(201)
  const { hostnameOverride, containers, initContainers } = pod.body.spec
  expect([hostnameOverride, containers[0].restartPolicy, containers[0].restartPolicyRules]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
  expect(initContainers.map(({ restartPolicy }: { restartPolicy?: string }) => restartPolicy)).toEqual([
    'Always',
    undefined,
  ])
})

it.each([
  ['one address only', { podIP: '10.1.2.3' }, { podIP: '10.1.2.3', podIPs: [{ ip: '10.1.2.3' }] }],
  ['another one', { podIP: '10.1.2.4' }, { podIP: '10.1.2.4', podIPs: [{ ip: '10.1.2.4' }] }],
  ['the list only', { podIP: null, podIPs: [{ ip: '10.1.2.5' }] }, { podIP: '10.1.2.5', podIPs: [{ ip: '10.1.2.5' }] }],
])('a pod whose status is given %s has it in both fields', async (_, status, expected) => {
  const pods = '/api/v1/namespaces/default/pods'
  await api.call('POST', pods, {
    body: { metadata: { name: 'ip' }, spec: { containers: [{ name: 'c', image: 'x' }] } },
  })

  const type = 'application/merge-patch+json'
  const { body } = await api.call('PATCH', `${pods}/ip/status`, { body: { status }, type })

  expect(body.status).toMatchObject(expected)
})

const pod = { containers: [{ name: 'c', image: 'i' }] }
const template = { metadata: { labels: { a: 'b' } }, spec: pod }
const device = { name: 'd', taints: [{ key: 'k', effect: 'NoExecute' }], allNodes: true }

it.each([
  [
    '/apis/coordination.k8s.io/v1/namespaces/default/leases',
    { strategy: 'OldestEmulationVersion', preferredHolder: 'x', holderIdentity: 'y' },
    { holderIdentity: 'y' },
  ],
  [
    '/api/v1/namespaces/default/persistentvolumeclaims',
    {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      dataSourceRef: { kind: 'X', name: 'Odd Name', namespace: 'other' },
    },
    { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, volumeMode: 'Filesystem' },
  ],
  [
    '/apis/resource.k8s.io/v1/resourceslices',
    { driver: 'a.b', nodeName: 'n', pool: { name: 'p', generation: 1, resourceSliceCount: 1 }, devices: [device] },
    {
      driver: 'a.b',
      nodeName: 'n',
      pool: { name: 'p', generation: 1, resourceSliceCount: 1 },
      devices: [{ name: 'd' }],
    },
  ],
])('of what is written to %s fields of features that are off are not kept', async (path, spec, kept) => {
  const made = await api.call('POST', path, { body: { metadata: { name: 'disabled' }, spec } })

  expect(made.body.spec).toEqual(kept)
})

it('a variable, a volume and a strategy of features that are off are not kept', async () => {
  const variable = { name: 'A', value: 'b', valueFrom: { fileKeyRef: { volumeName: 'v', path: 'p', key: 'k' } } }
  const image = { name: 'image', image: { reference: 'r' } }
  const containers = [{ name: 'c', image: 'i', env: [variable], volumeMounts: [{ name: 'image', mountPath: '/x' }] }]
  const spec = {
    selector: { matchLabels: { a: 'b' } },
    template: { ...template, spec: { containers, volumes: [image] } },
    updateStrategy: { rollingUpdate: { maxUnavailable: 2 } },
  }
  const sets = '/apis/apps/v1/namespaces/default/statefulsets'

  const { body } = await api.call('POST', `${sets}?dryRun=All`, { body: { metadata: { name: 's' }, spec } })

  // Without its source the variable says nothing that is refused: Kubernetes looks at sources that are there.
  expect(body.details?.causes).toEqual([
    {
      reason: 'FieldValueInvalid',
      field: 'spec.template.spec.containers[0].env[0].valueFrom',
      message: expect.stringContaining('must specify one of'),
    },
  ])
  containers[0]?.env.splice(0)
  const { spec: set } = (await api.call('POST', `${sets}?dryRun=All`, { body: { metadata: { name: 's' }, spec } })).body
  expect(set.updateStrategy.rollingUpdate).toEqual({ partition: 0 })
  expect(set.template.spec.volumes).toBeUndefined()
  expect(set.template.spec.containers[0].volumeMounts).toBeUndefined()
})

it('devices that others have are given in namespaces that allow it', async () => {
  const spec = { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu', adminAccess: true } }] } }
  const ask = (namespace: string) =>
    api.call('POST', `/apis/resource.k8s.io/v1/namespaces/${namespace}/resourceclaims`, {
      body: { metadata: { name: 'c' }, spec },
    })
  const labels = { 'resource.kubernetes.io/admin-access': 'true' }
  await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'admins', labels } } })

  expect((await ask('admins')).status).toBe(201)
  expect((await ask('default')).body.message).toBe(
    'ResourceClaim.resource.k8s.io "c" is invalid: spec.devices.requests[0].adminAccess: Forbidden: admin access to devices requires the `resource.kubernetes.io/admin-access: true` label on the containing namespace',
  )
})

it('of the Secrets of an account the names are kept', async () => {
  const secrets = [{ name: 's', namespace: 'other', uid: '1' }]
  const path = '/api/v1/namespaces/default/serviceaccounts'

  const { body } = await api.call('POST', path, { body: { metadata: { name: 'named' }, secrets } })

  expect(body.secrets).toEqual([{ name: 's' }])
})

it.each([
  ['2026-01-01T00:00:00Z', 'cannot parse "Z" as ".000000"'],
  ['2026-01-01T00:00:00.5Z', 'cannot parse ".5Z" as ".000000"'],
  ['2026-01-01T00:00:00.1234567Z', 'cannot parse "7Z" as "Z07:00"'],
])('a lease is not renewed at %s, which has not six digits', async (renewTime, fault) => {
  const path = '/apis/coordination.k8s.io/v1/namespaces/default/leases'

  const made = await api.call('POST', path, { body: { metadata: { name: 'l' }, spec: { renewTime } } })

  expect([made.status, made.body.message]).toEqual([400, expect.stringContaining(fault)])
})

it.each([
  [
    '/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings',
    { roleRef: { kind: 'Role', name: 'a', apiGroup: 'rbac.authorization.k8s.io' } },
    { roleRef: { kind: 'Role', name: 'b', apiGroup: 'rbac.authorization.k8s.io' } },
    'roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"Role","Name":"b"}: cannot change roleRef',
  ],
  [
    '/apis/events.k8s.io/v1/namespaces/default/events',
    {
      eventTime: '2026-01-01T00:00:00.000000Z',
      regarding: { kind: 'Pod', namespace: 'default', name: 'x' },
      ...{ reason: 'R', action: 'A', type: 'Normal', reportingController: 'a.b/c', reportingInstance: 'i' },
    },
    { regarding: { kind: 'Pod', namespace: 'default', name: 'y' } },
    'involvedObject: Invalid value: {"Kind":"Pod","Namespace":"default","Name":"y","UID":"","APIVersion":"","ResourceVersion":"","FieldPath":""}: field is immutable',
  ],
  [
    '/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers',
    { spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }, maxReplicas: 2 } },
    { spec: { targetCPUUtilizationPercentage: 0 } },
    'spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0',
  ],
  ['/api/v1/namespaces', {}, { metadata: { generation: -1 } }, undefined],
])('a change of %s is judged as Kubernetes judges it', async (path, content, change, fault) => {
  await api.call('POST', path, { body: { metadata: { name: 'changed' }, ...content } })
  const type = 'application/merge-patch+json'

  const { status, body } = await api.call('PATCH', `${path}/changed`, { body: change, type })

  if (fault === undefined) expect(status).toBe(200)
  else expect(body.message).toContain(fault)
})

it.each([
  ['/api/v1/namespaces', { spec: { finalizers: ['own'] } }, 'spec.finalizers: Invalid value: "own": name is neither'],
  [
    '/api/v1/namespaces',
    { metadata: { name: 'x', generation: -1 } },
    'metadata.generation: Invalid value: -1: must be',
  ],
  [
    '/api/v1/namespaces',
    { metadata: { name: 'x', ownerReferences: [{ apiVersion: 'a/b/c', kind: 'K', name: 'n', uid: '1' }] } },
    'metadata.ownerReferences.apiVersion: Invalid value: "a/b/c": version must not be empty',
  ],
  [
    '/apis/networking.k8s.io/v1/servicecidrs',
    { spec: { cidrs: ['10.1.0.0/16', '10.2.0.0/16'] } },
    'spec.cidrs: Invalid value: ["10.1.0.0/16","10.2.0.0/16"]: may specify no more than one IP for each IP family',
  ],
  [
    '/apis/networking.k8s.io/v1/servicecidrs',
    { spec: { cidrs: ['10.1.0.5/16'] } },
    'spec.cidrs[0]: Invalid value: "10.1.0.5/16": must not have bits set beyond the prefix length',
  ],
  [
    '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices',
    { addressType: 'IPv4', endpoints: [{ addresses: ['10.1.2.3'], hints: { forZones: [{ name: 'a b' }] } }] },
    'endpoints[0].hints.forZones[0].name: Invalid value: "a b": a valid label must be',
  ],
  [
    '/api/v1/namespaces/default/pods',
    { spec: { ...pod, securityContext: { seLinuxChangePolicy: 'MountOption' } } },
    'spec.securityContext.seLinuxChangePolicy: Unsupported value: "MountOption": supported values: "Recursive"',
  ],
  [
    '/api/v1/namespaces/default/resourcequotas',
    {
      spec: {
        hard: { pods: '1' },
        scopeSelector: { matchExpressions: [{ scopeName: 'VolumeAttributesClass', operator: 'Exists' }] },
      },
    },
    'spec.scopeSelector.matchExpressions: Invalid value: {"MatchExpressions":[{"ScopeName":"VolumeAttributesClass","Operator":"Exists","Values":null}]}: unsupported scope applied to resource',
  ],
])('what %s refuses it refuses', async (path, content, fault) => {
  const { body } = await api.call('POST', path, { body: { metadata: { name: 'refused' }, ...content } })

  expect(body.message).toContain(fault)
})

it('addresses may have numbers that begin with zeros, and have no zone', async () => {
  const make = (externalIPs: string[]) =>
    api.call('POST', '/api/v1/namespaces/default/services?dryRun=All', {
      body: { metadata: { name: 's' }, spec: { ports: [{ port: 1 }], externalIPs } },
    })

  expect((await make(['010.1.2.3'])).status).toBe(201)
  expect((await make(['fe80::1%eth0'])).status).toBe(422)
})

it('zeros of flow control are what nobody set', async () => {
  const groups = '/apis/flowcontrol.apiserver.k8s.io/v1'
  const limitResponse = { type: 'Queue', queuing: { queues: 0, handSize: 0, queueLengthLimit: 0 } }

  const level = await api.call('POST', `${groups}/prioritylevelconfigurations`, {
    body: { metadata: { name: 'zeros' }, spec: { type: 'Limited', limited: { limitResponse } } },
  })
  const flow = await api.call('POST', `${groups}/flowschemas`, {
    body: {
      metadata: { name: 'zeros' },
      spec: { matchingPrecedence: 0, priorityLevelConfiguration: { name: 'zeros' } },
    },
  })

  expect(level.body.spec.limited.limitResponse.queuing).toEqual({ queues: 64, handSize: 8, queueLengthLimit: 50 })
  expect(flow.body.spec.matchingPrecedence).toBe(1000)
})

it('a claim tells of the devices that it has only', async () => {
  const claims = '/apis/resource.k8s.io/v1/namespaces/default/resourceclaims'
  const device = { driver: 'a.b', pool: 'p', device: 'd' }
  const spec = { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu' } }] } }
  await api.call('POST', claims, { body: { metadata: { name: 'told' }, spec } })
  const become = async (status: object) =>
    (await api.call('PATCH', `${claims}/told/status`, { body: { status }, type: 'application/merge-patch+json' })).body

  const unknown = await become({ devices: [device] })
  const told = await become({ devices: [device], allocation: { devices: { results: [{ ...device, request: 'r' }] } } })
  const released = await become({ allocation: null })

  expect(unknown.message).toContain('status.devices[0]: Invalid value: {"Driver":{}')
  expect(told.status.devices).toEqual([{ ...device, conditions: null }])
  expect(released.status).toEqual({})
})

it.each([
  ['/apis/batch/v1/jobs', 'field label "spec.x" not supported for Job'],
  [
    '/apis/resource.k8s.io/v1/resourceslices',
    'field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: spec.x',
  ],
  ['/api/v1/pods', 'field label not supported: spec.x'],
])('%s says in its own words that a field does not select', async (path, message) => {
  expect((await api.call('GET', `${path}?fieldSelector=spec.x=1`)).body.message).toBe(message)
})

it.each([
  ['YQ==', 'must contain at least one CERTIFICATE PEM block'],
  [
    Buffer.from('-----BEGIN KEY-----\nYQ==\n-----END KEY-----\n').toString('base64'),
    'only CERTIFICATE PEM blocks are allowed, found "KEY"',
  ],
])('a request is not answered with %s', (certificate, why) => {
  const request = { metadata: { name: 'r' }, spec: {}, status: {} } as unknown as KubeObject

  const found = certificateChanges({ ...request, status: { certificate } }, request, 'status')

  expect(found.map(({ message }) => message)).toEqual([`Invalid value: "<certificate data>": ${why}`])
})

it('nobody owns what the server alone writes, nor a part of what has no structure', async () => {
  const apply = async (path: string, body: object) => {
    const applied = await api.call('PATCH', `${path}?fieldManager=m`, { body, type: 'application/apply-patch+yaml' })
    return applied.body.metadata.managedFields?.[0].fieldsV1
  }
  const revisions = '/apis/apps/v1/namespaces/default/controllerrevisions'
  const revision = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: { name: 'r' },
    data: { a: { b: 1 } },
    revision: 1,
  }

  expect(await apply(`${revisions}/r`, revision)).toEqual({ 'f:data': {}, 'f:revision': {} })
})

it('of several sources of a metric the first is looked at', async () => {
  const scaleTargetRef = { apiVersion: '/v1', kind: 'Deployment', name: 'd' }
  const target = { type: 'Utilization', averageUtilization: 50 }
  const metrics = [{ type: 'Pods', pods: {}, external: { metric: { name: 'm' }, target } }]
  const path = '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers'

  const { body } = await api.call('POST', path, {
    body: { metadata: { name: 'h' }, spec: { scaleTargetRef, maxReplicas: 1, metrics } },
  })

  expect(body.details.causes.map(({ field }: { field: string }) => field)).toEqual([
    'spec.scaleTargetRef.apiVersion',
    'spec.metrics[0].external.target.averageValue',
    'spec.metrics[0].external',
  ])
})

it.each([
  ['ReplicationController', 201],
  ['Deployment', 422],
])('a %s of the core group to scale is answered with %d', async (kind, answer) => {
  const path = '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers'
  const scaleTargetRef = { apiVersion: 'v1', kind, name: 'rc' }

  const { status } = await api.call('POST', path, {
    body: { metadata: { name: 'of-core' }, spec: { scaleTargetRef, maxReplicas: 1 } },
  })

  expect(status).toBe(answer)
})

it('an Event of the newer group is refused as one of the core', async () => {
  const { body } = await api.call('POST', '/apis/events.k8s.io/v1/namespaces/default/events', {
    body: { metadata: { name: 'e' }, regarding: { namespace: 'default' }, type: 'Odd' },
  })

  expect(body.message).toContain('Event "e" is invalid: ')
  expect(body.details.group).toBeUndefined()
})

it('a Job that waits may be told other labels, and keeps the name of its pods', async () => {
  const jobs = '/apis/batch/v1/namespaces/default/jobs'
  const template = { spec: { ...pod, restartPolicy: 'Never' } }
  await api.call('POST', jobs, { body: { metadata: { name: 'waits' }, spec: { suspend: true, template } } })
  const become = (metadata: object) =>
    api.call('PATCH', `${jobs}/waits`, {
      body: { spec: { template: { metadata } } },
      type: 'application/merge-patch+json',
    })

  expect((await become({ annotations: { a: 'b' } })).status).toBe(200)
  expect((await become({ name: 'other' })).body.message).toContain('spec.template: Invalid value')
})

it('what changed in a claim that may not is shown as Kubernetes shows it', async () => {
  const claims = '/api/v1/namespaces/default/persistentvolumeclaims'
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: 'a' }
  await api.call('POST', claims, { body: { metadata: { name: 'fixed' }, spec } })
  const become = async (change: object) =>
    (await api.call('PATCH', `${claims}/fixed`, { body: { spec: change }, type: 'application/merge-patch+json' })).body

  const other = await become({ storageClassName: 'b' })
  const elsewhere = await become({ dataSourceRef: { kind: 'PersistentVolumeClaim', name: 'x', namespace: 'No' } })

  expect(other.details.causes[0].message).toBe(
    'Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n' +
      '@@ -10,7 +10,7 @@\n   }\n  },\n  "VolumeName": "",\n- "StorageClassName": "a",\n+ "StorageClassName": "b",\n  "VolumeMode": "Filesystem",\n  "DataSource": null,\n  "DataSourceRef": null,\n',
  )
  // Of a claim that had no source there, one in another namespace is not kept.
  expect(elsewhere.spec.dataSourceRef).toBeUndefined()
})
