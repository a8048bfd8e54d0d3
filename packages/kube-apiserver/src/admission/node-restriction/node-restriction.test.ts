import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../testing/test-server.ts'
import { forbiddenLabels } from './node-labels.ts'

describe('labels that a node may not set of itself', () => {
  it.each([
    ['a', false],
    ['example.com/x', false],
    ['kubernetes.io/hostname', false],
    ['topology.kubernetes.io/zone', false],
    ['node.kubernetes.io/x', false],
    ['x.node.kubernetes.io/x', false],
    ['kubelet.kubernetes.io/x', false],
    ['foo.kubernetes.io/x', true],
    ['node-role.kubernetes.io/x', true],
    ['node-restriction.kubernetes.io/x', true],
    ['a.node-restriction.kubernetes.io/x', true],
    ['k8s.io/x', true],
    ['x.k8s.io/y', true],
  ])('%s: %s', (label, isForbidden) => {
    expect(forbiddenLabels({ [label]: 'v' }, {})).toEqual(isForbidden ? [label] : [])
    expect(forbiddenLabels({ [label]: 'v' }, { [label]: 'v' })).toEqual([])
    expect(forbiddenLabels({}, { [label]: 'v' })).toEqual(isForbidden ? [label] : [])
  })
})

/** The words are those of kube-apiserver of 1.34 with the plug-in. */
describe('a node', () => {
  let api: TestServer
  const SPACE = '/api/v1/namespaces/default'
  const headers = { 'impersonate-user': 'system:node:n1', 'impersonate-group': 'system:nodes' }
  const ids: Record<string, string> = {}
  beforeAll(async () => {
    api = await startTestServer()
    await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'kube-node-lease' } } })
    await api.call('POST', `${SPACE}/serviceaccounts`, { body: { metadata: { name: 'account' } } })
    for (const name of ['n1', 'n2']) {
      ids[name] = (await api.call('POST', '/api/v1/nodes', { body: { metadata: { name } } })).body.metadata.uid
      const sources = [{ serviceAccountToken: { path: 't', audience: 'vault' } }]
      const spec = {
        nodeName: name,
        serviceAccountName: 'account',
        containers: [{ name: 'c', image: 'x:1' }],
        volumes: [{ name: 'v', projected: { sources } }],
      }
      const pod = await api.call('POST', `${SPACE}/pods`, { body: { metadata: { name: `on-${name}` }, spec } })
      ids[`on-${name}`] = pod.body.metadata.uid
    }
  })
  afterAll(() => api.stop())

  async function refusal(method: string, path: string, body?: object): Promise<string> {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
    const answer = await api.call(method, path, { headers, type, ...(body && { body }) })
    return answer.status < 300 ? 'none' : answer.body.message.replace(/^.*? is forbidden: /, '')
  }

  it.each<[string, object, string]>([
    ['nodes/n1', { metadata: { annotations: { a: 'b' } } }, 'none'],
    ['nodes/n1', { spec: { unschedulable: true } }, 'none'],
    ['nodes/n1/status', { status: { capacity: { cpu: '1' } } }, 'none'],
    ['nodes/n2/status', { status: {} }, 'node "n1" is not allowed to modify node "n2"'],
    [
      'nodes/n1',
      { spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } },
      'node "n1" is not allowed to modify taints',
    ],
    ['nodes/n1', { metadata: { labels: { 'k8s.io/a': 'b' } } }, 'is not allowed to modify labels: k8s.io/a'],
    ['nodes/n1/status', { metadata: { labels: { 'k8s.io/a': 'b' } } }, 'is not allowed to modify labels: k8s.io/a'],
    ['namespaces/default/pods/on-n1/status', { status: { message: 'x' } }, 'none'],
    [
      'namespaces/default/pods/on-n2/status',
      { status: { message: 'x' } },
      'node "n1" can only update pod status for pods with spec.nodeName set to itself',
    ],
    [
      'namespaces/default/pods/on-n1/status',
      { metadata: { labels: { a: 'b' } } },
      'node "n1" cannot update labels through pod status',
    ],
  ])('writes of %s what is its own: %j, %s', async (path, body, why) => {
    expect(await refusal('PATCH', `/api/v1/${path}`, body)).toBe(why)
  })

  it('evicts and deletes its own pods only', async () => {
    const evict = (name: string) =>
      refusal('POST', `${SPACE}/pods/${name}/eviction?dryRun=All`, {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name },
      })

    expect([await evict('on-n1'), await evict('on-n2')]).toEqual([
      'none',
      'node n1 can only evict pods with spec.nodeName set to itself',
    ])
    expect(await refusal('DELETE', `${SPACE}/pods/on-n2?dryRun=All`)).toBe(
      'node "n1" can only delete pods with spec.nodeName set to itself',
    )
    expect(await refusal('DELETE', `${SPACE}/pods/on-n1?dryRun=All`)).toBe('none')
  })

  const owner = { apiVersion: 'v1', kind: 'Node', name: 'n1', controller: true }
  it.each<[object, object, string]>([
    [{}, {}, 'none'],
    [{}, { nodeName: 'n2' }, 'node "n1" can only create pods with spec.nodeName set to itself'],
    [
      { annotations: {} },
      {},
      'pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods',
    ],
    [{ ownerReferences: [] }, {}, 'node "n1" can only create pods with an owner reference set to itself'],
    [
      { ownerReferences: [{ ...owner, controller: false, uid: 'u' }] },
      {},
      'node "n1" can only create pods with a controller owner reference set to itself',
    ],
    [
      {},
      { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] },
      'node "n1" can not create pods that reference persistentvolumeclaims',
    ],
  ])('makes mirrors of its static pods and nothing else: %j %j', async (metadata, spec, why) => {
    const annotations = { 'kubernetes.io/config.mirror': 'x' }
    const body = {
      metadata: { name: 'm', annotations, ownerReferences: [{ ...owner, uid: ids.n1 }], ...metadata },
      spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'x:1' }], ...spec },
    }
    expect(await refusal('POST', `${SPACE}/pods?dryRun=All`, body)).toBe(why)
  })

  it('gets tokens for the pods that it runs, for whom their volumes say', async () => {
    const token = (pod: string | undefined, ...audiences: string[]) => {
      const bound = pod && { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: pod, uid: ids[pod] } }
      const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences, ...bound } }
      return refusal('POST', `${SPACE}/serviceaccounts/account/token`, body)
    }

    expect([await token('on-n1', 'vault'), await token('on-n1')]).toEqual(['none', 'none'])
    expect(await token(undefined, 'vault')).toBe('node requested token not bound to a pod')
    expect(await token('on-n2')).toBe('node requested token bound to a pod scheduled on a different node')
    expect(await token('on-n1', 'other')).toBe(
      'audience "other" not found in pod spec volume, system:node:n1 is not authorized to request tokens for this audience',
    )
    expect(await token('gone')).toBe('node requested token with a pod binding without a uid')
  })

  it.each<[string, string, object, string]>([
    ['coordination.k8s.io/v1/namespaces/kube-node-lease/leases', 'n1', {}, 'none'],
    [
      'coordination.k8s.io/v1/namespaces/kube-node-lease/leases',
      'n2',
      {},
      'can only access node lease with the same name as the requesting node',
    ],
    ['storage.k8s.io/v1/csinodes', 'n1', { drivers: [] }, 'none'],
    [
      'storage.k8s.io/v1/csinodes',
      'n2',
      { drivers: [] },
      'can only access CSINode with the same name as the requesting node',
    ],
  ])('makes of %s the one of its name: %s', async (path, name, spec, why) => {
    expect(await refusal('POST', `/apis/${path}?dryRun=All`, { metadata: { name }, spec })).toBe(why)
  })
})
