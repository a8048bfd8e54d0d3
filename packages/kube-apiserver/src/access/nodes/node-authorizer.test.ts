import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../testing/test-server.ts'

let api: TestServer
const SPACE = '/api/v1/namespaces/default'
const CSI = { driver: 'd.example', volumeHandle: 'h' }
const inSpace = (name: string) => ({ namespace: 'default', name })

const podOfOne = {
  nodeName: 'n1',
  serviceAccountName: 'account',
  imagePullSecrets: [{ name: 'pull' }],
  containers: [
    {
      name: 'c',
      image: 'x:1',
      envFrom: [{ secretRef: { name: 'all' } }, { configMapRef: { name: 'all' } }],
      env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'key', key: 'k' } } }],
    },
  ],
  volumes: [
    { name: 'a', secret: { secretName: 'volume' } },
    { name: 'b', persistentVolumeClaim: { claimName: 'claim' } },
    { name: 'c', projected: { sources: [{ configMap: { name: 'projected' } }, { secret: { name: 'projected' } }] } },
  ],
}

beforeAll(async () => {
  api = await startTestServer()
  const make = async (path: string, body: object) => {
    const made = await api.call('POST', path, { body })
    expect(made.body).toHaveProperty('metadata.uid')
  }
  await make(`${SPACE}/serviceaccounts`, { metadata: { name: 'account' } })
  for (const name of ['pull', 'all', 'key', 'volume', 'projected', 'stage', 'attach', 'mirrored', 'other']) {
    await make(`${SPACE}/secrets`, { metadata: { name } })
  }
  for (const name of ['all', 'projected', 'other']) await make(`${SPACE}/configmaps`, { metadata: { name } })
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
  for (const name of ['claim', 'unclaimed']) await make(`${SPACE}/persistentvolumeclaims`, { metadata: { name }, spec })
  const csi = { ...CSI, nodeStageSecretRef: inSpace('stage'), controllerPublishSecretRef: inSpace('attach') }
  for (const [name, claim] of [
    ['volume', 'claim'],
    ['other', 'unclaimed'],
  ] as const) {
    const source = name === 'volume' ? csi : { ...CSI, nodeStageSecretRef: inSpace('other') }
    const volume = {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      claimRef: inSpace(claim),
      csi: source,
    }
    await make('/api/v1/persistentvolumes', { metadata: { name }, spec: volume })
  }
  await make(`${SPACE}/pods`, { metadata: { name: 'one' }, spec: podOfOne })
  const containers = [{ name: 'c', image: 'x:1', envFrom: [{ secretRef: { name: 'other' } }] }]
  await make(`${SPACE}/pods`, { metadata: { name: 'two' }, spec: { nodeName: 'n2', containers } })
})
afterAll(() => api.stop())

const headers = { 'impersonate-user': 'system:node:n1', 'impersonate-group': 'system:nodes' }

/** `yes`, or why not. */
async function may(verb: string, path: string): Promise<string> {
  const method = { get: 'GET', delete: 'DELETE', create: 'POST', update: 'PUT' }[verb] ?? ''
  const { status, body } = await api.call(method, path, { headers, ...(method === 'POST' && { body: {} }) })
  if (status !== 403) return 'yes'
  const [, why = ''] = /(?:cluster scope|in the namespace "[^"]+")(?:: (.*))?$/.exec(body.message) ?? []
  return why || 'no'
}

const UNRELATED = "no relationship found between node 'n1' and this object"

/** As kube-apiserver of 1.34 with --authorization-mode=Node,RBAC. */
describe('a node', () => {
  it.each([
    ...['pull', 'all', 'key', 'volume', 'projected', 'stage'].map((name) => `secrets/${name}`),
    ...[
      'configmaps/all',
      'configmaps/projected',
      'persistentvolumeclaims/claim',
      'serviceaccounts/account',
      'pods/one',
    ],
  ])('may read what a pod on it needs: %s', async (what) => {
    expect(await may('get', `${SPACE}/${what}`)).toBe('yes')
  })

  it.each([
    ...['other', 'attach', 'none'].map((name) => `secrets/${name}`),
    ...['configmaps/other', 'persistentvolumeclaims/unclaimed', 'serviceaccounts/default', 'pods/two'],
  ])('may not read what none of its pods needs: %s', async (what) => {
    expect(await may('get', `${SPACE}/${what}`)).toBe(UNRELATED)
  })

  const selected = (selector: string) => `?fieldSelector=${encodeURIComponent(selector)}`
  it.each([
    ['get', '/api/v1/persistentvolumes/volume', 'yes'],
    ['get', '/api/v1/persistentvolumes/other', UNRELATED],
    ['get', '/api/v1/persistentvolumes', 'can only get individual resources of this type'],
    ['get', `${SPACE}/secrets`, 'No Object name found'],
    ['get', '/api/v1/secrets', 'can only read namespaced object of this type'],
    ['get', `${SPACE}/secrets${selected('metadata.name=all')}`, 'yes'],
    ['delete', `${SPACE}/secrets/all`, 'can only read resources of this type'],
    ['get', '/api/v1/pods', 'can only list/watch pods with spec.nodeName field selector'],
    ['get', `/api/v1/pods${selected('spec.nodeName=n1')}`, 'yes'],
    [
      'get',
      `/api/v1/pods${selected('spec.nodeName!=n1')}`,
      'can only list/watch pods with spec.nodeName field selector',
    ],
    ['get', '/api/v1/nodes/n1', 'yes'],
    ['get', '/api/v1/nodes/n2', "node 'n1' cannot read 'n2', only its own Node object"],
    ['get', '/api/v1/nodes', "node 'n1' cannot read all nodes, only its own Node object"],
    ['delete', '/api/v1/nodes/n1', 'no'],
    ['get', '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n1', 'yes'],
    [
      'get',
      '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n2',
      'can only access node lease with the same name as the requesting node',
    ],
    [
      'get',
      '/apis/coordination.k8s.io/v1/namespaces/default/leases/n1',
      'can only access leases in the "kube-node-lease" system namespace',
    ],
    ['get', '/apis/storage.k8s.io/v1/csinodes/n2', 'can only access CSINode with the same name as the requesting node'],
    ['create', `${SPACE}/serviceaccounts`, 'can only create tokens for individual service accounts'],
    ['create', `${SPACE}/serviceaccounts/default/token`, UNRELATED],
    ['get', '/api/v1/services', 'yes'],
    ['get', '/apis/apps/v1/deployments', 'no'],
  ])('may %s %s: %s', async (verb, path, verdict) => {
    expect(await may(verb, path)).toBe(verdict)
  })

  it('learns nothing more from the mirrors that it makes itself', async () => {
    const annotations = { 'kubernetes.io/config.mirror': 'x' }
    const containers = [{ name: 'c', image: 'x:1', envFrom: [{ secretRef: { name: 'mirrored' } }] }]
    const mirror = await api.store.create(
      '/registry/core/pods/default/mirror',
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { uid: 'u', name: 'mirror', namespace: 'default', annotations },
        spec: { nodeName: 'n1', containers },
      }),
    )

    expect(await may('get', `${SPACE}/secrets/mirrored`)).toBe(UNRELATED)
    await api.store.delete('/registry/core/pods/default/mirror', mirror?.modRevision ?? 0)
  })

  it('is not one by its group or its name alone', async () => {
    for (const own of [
      { 'impersonate-user': 'nobody', 'impersonate-group': 'system:nodes' },
      { 'impersonate-user': 'system:node:n1', 'impersonate-group': 'others' },
    ]) {
      const { status, body } = await api.call('GET', `${SPACE}/secrets/all`, { headers: own })
      expect([status, body.message]).toEqual([403, expect.stringMatching(/in the namespace "default"$/)])
    }
  })

  it('is told the same by a review', async () => {
    const ask = async (name: string) => {
      const resourceAttributes = { verb: 'get', resource: 'secrets', namespace: 'default', name }
      const spec = { user: 'system:node:n1', groups: ['system:nodes'], resourceAttributes }
      const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews'
      return (await api.call('POST', path, { body: { spec } })).body.status
    }

    expect([await ask('all'), await ask('other')]).toEqual([{ allowed: true }, { allowed: false, reason: UNRELATED }])
  })
})
