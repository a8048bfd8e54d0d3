import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSameNameCertificates } from '../testing/same-name-certificates.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { startWebhookServer, type WebhookServer } from '../testing/webhook-server.ts'

let api: TestServer
beforeAll(async () => {
  api = await startTestServer()
})
afterAll(() => api.stop())

let spaces = 0
async function namespace(labels: Record<string, string> = {}): Promise<string> {
  const name = `space-${++spaces}`
  const body = { metadata: { name, labels } }
  expect((await api.call('POST', '/api/v1/namespaces', { body })).status).toBe(201)
  return name
}

const pod = (name: string, spec: object = {}, resources: object = {}) => ({
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'x:1', resources }], ...spec },
})

describe('classes', () => {
  const claim = (name: string, spec: object = {}) => ({
    metadata: { name },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
  })

  it('are the default one for claims and Ingresses that name none', async () => {
    const space = await namespace()
    const asDefault = (mark: string) => ({ name: 'standard', annotations: { [mark]: 'true' } })
    const storageClass = {
      metadata: asDefault('storageclass.kubernetes.io/is-default-class'),
      provisioner: 'x.example/y',
    }
    const ingressClass = {
      metadata: asDefault('ingressclass.kubernetes.io/is-default-class'),
      spec: { controller: 'x.example/y' },
    }
    await api.call('POST', '/apis/storage.k8s.io/v1/storageclasses', { body: storageClass })
    await api.call('POST', '/apis/networking.k8s.io/v1/ingressclasses', { body: ingressClass })
    const claims = `/api/v1/namespaces/${space}/persistentvolumeclaims`
    const ingresses = `/apis/networking.k8s.io/v1/namespaces/${space}/ingresses`
    const backend = { service: { name: 's', port: { number: 80 } } }

    const open = await api.call('POST', claims, { body: claim('open') })
    const none = await api.call('POST', claims, { body: claim('none', { storageClassName: '' }) })
    const ingress = await api.call('POST', ingresses, {
      body: { metadata: { name: 'i' }, spec: { defaultBackend: backend } },
    })

    expect(open.body.spec.storageClassName).toBe('standard')
    expect(none.body.spec.storageClassName).toBe('')
    expect(ingress.body.spec.ingressClassName).toBe('standard')
  })
})

describe('ServiceAccount', () => {
  const MOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

  it('gives a copy of a pod no second token (kubectl debug --copy-to)', async () => {
    const space = await namespace()
    const pods = `/api/v1/namespaces/${space}/pods`
    const { spec } = (await api.call('POST', pods, { body: pod('first') })).body
    const [volume] = spec.volumes
    const added = { name: 'debugger', image: 'x:1' }
    const copy = { volumes: spec.volumes, containers: [...spec.containers, added] }

    const { body } = await api.call('POST', pods, { body: pod('copy', copy) })

    expect(body.spec.volumes).toEqual([volume])
    const mount = { name: volume.name, readOnly: true, mountPath: MOUNT }
    expect(body.spec.containers.map(({ volumeMounts }: { volumeMounts: object[] }) => volumeMounts)).toEqual([
      [mount],
      [mount],
    ])
  })
})

describe('AppArmor', () => {
  const KEY = 'container.apparmor.security.beta.kubernetes.io/c'
  const WARNING = `299 - "metadata.annotations[${KEY}]: deprecated since v1.30; use the \\"appArmorProfile\\" field instead"`

  async function made(annotation: string, spec: object = {}) {
    const body = { ...pod('p', spec), metadata: { name: 'p', annotations: { [KEY]: annotation } } }
    const { body: answer, headers } = await api.call('POST', `/api/v1/namespaces/${await namespace()}/pods`, { body })
    return [answer.spec.containers[0].securityContext?.appArmorProfile, headers.warning]
  }

  it('has the profiles of annotations in the fields of a new pod', async () => {
    expect(await made('unconfined')).toEqual([{ type: 'Unconfined' }, WARNING])
    expect(await made('runtime/default')).toEqual([{ type: 'RuntimeDefault' }, WARNING])
    expect(await made('localhost/mine')).toEqual([{ type: 'Localhost', localhostProfile: 'mine' }, WARNING])
    expect(await made('localhost/ padded')).toEqual([undefined, WARNING])
  })

  it('copies nothing that the pod as a whole or the container says', async () => {
    const securityContext = { appArmorProfile: { type: 'Unconfined' } }
    expect(await made('unconfined', { securityContext })).toEqual([undefined, undefined])
    const containers = [{ name: 'c', image: 'x:1', securityContext }]
    expect(await made('unconfined', { containers })).toEqual([{ type: 'Unconfined' }, undefined])
    expect(await made('unconfined', { os: { name: 'windows' } })).toEqual([undefined, undefined])
  })
})

describe('ResourceQuota', () => {
  const quota = (hard: object, extra: object = {}) => ({ metadata: { name: 'q' }, spec: { hard, ...extra } })

  async function used(space: string): Promise<Record<string, string>> {
    const { body } = await api.call('GET', `/api/v1/namespaces/${space}/resourcequotas/q`)
    return body.status?.used ?? {}
  }

  it('lets in as many as it says, however many ask at once', async () => {
    const space = await namespace()
    await api.call('POST', `/api/v1/namespaces/${space}/resourcequotas`, { body: quota({ secrets: '3' }) })

    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        api.call('POST', `/api/v1/namespaces/${space}/secrets`, { body: { metadata: { name: `s-${i}` } } }),
      ),
    )

    expect(answers.filter(({ status }) => status === 201)).toHaveLength(3)
    expect(answers.find(({ status }) => status === 403)?.body).toMatchObject({ reason: 'Forbidden' })
    await expect.poll(() => used(space)).toEqual({ secrets: '3' })
  })

  it('counts what pods ask for and gives it back', async () => {
    const space = await namespace()
    const pods = `/api/v1/namespaces/${space}/pods`
    const hard = { pods: '2', 'requests.cpu': '1', 'requests.memory': '1Gi' }
    await api.call('POST', `/api/v1/namespaces/${space}/resourcequotas`, { body: quota(hard) })

    const small = { requests: { cpu: '500m', memory: '252Mi' } }
    expect((await api.call('POST', pods, { body: pod('a', {}, small) })).status).toBe(201)
    await expect.poll(() => used(space)).toEqual({ pods: '1', 'requests.cpu': '500m', 'requests.memory': '252Mi' })
    const large = await api.call('POST', pods, { body: pod('b', {}, { requests: { cpu: '600m', memory: '1Mi' } }) })
    expect(large.body.message).toBe(
      'pods "b" is forbidden: exceeded quota: q, requested: requests.cpu=600m, used: requests.cpu=500m, limited: requests.cpu=1',
    )
    const silent = await api.call('POST', pods, { body: pod('c') })
    expect(silent.body.message).toContain('failed quota: q: must specify requests.cpu for: c; requests.memory for: c')
    await api.call('DELETE', `${pods}/a`)
    await expect.poll(() => used(space)).toEqual({ pods: '0', 'requests.cpu': '0', 'requests.memory': '0' })
  })

  it('counts by scope, by type and by kind of Service', async () => {
    const space = await namespace()
    const base = `/api/v1/namespaces/${space}`
    await api.call('POST', `${base}/resourcequotas`, {
      body: quota({ services: '9', 'services.nodeports': '1', 'count/deployments.apps': '1' }),
    })
    const bestEffort = { metadata: { name: 'be' }, spec: { hard: { pods: '1' }, scopes: ['BestEffort'] } }
    await api.call('POST', `${base}/resourcequotas`, { body: bestEffort })
    const service = (name: string, type: string) => ({ metadata: { name }, spec: { type, ports: [{ port: 80 }] } })

    expect((await api.call('POST', `${base}/services`, { body: service('a', 'NodePort') })).status).toBe(201)
    expect((await api.call('POST', `${base}/services`, { body: service('b', 'NodePort') })).status).toBe(403)
    expect((await api.call('POST', `${base}/services`, { body: service('b', 'ClusterIP') })).status).toBe(201)
    const asking = pod('asking', {}, { requests: { cpu: '1m' } })
    expect((await api.call('POST', `${base}/pods`, { body: asking })).status).toBe(201)
    expect((await api.call('POST', `${base}/pods`, { body: pod('one') })).status).toBe(201)
    expect((await api.call('POST', `${base}/pods`, { body: pod('two') })).status).toBe(403)
    await expect.poll(() => used(space)).toMatchObject({ services: '2', 'services.nodeports': '1' })
  })

  it('counts claims by the classes of attributes that they have and are to have', async () => {
    const space = await namespace()
    const base = `/api/v1/namespaces/${space}`
    const claims = `${base}/persistentvolumeclaims`
    const scoped = (name: string) => ({
      metadata: { name },
      spec: {
        hard: { persistentvolumeclaims: '1', 'requests.storage': '5Gi' },
        scopeSelector: { matchExpressions: [{ scopeName: 'VolumeAttributesClass', operator: 'In', values: [name] }] },
      },
    })
    const claim = (name: string, volumeAttributesClassName?: string) => ({
      metadata: { name },
      spec: {
        ...{ accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: '' },
        ...(volumeAttributesClassName && { volumeAttributesClassName }),
      },
    })
    const usedOf = async (name: string) =>
      (await api.call('GET', `${base}/resourcequotas/${name}`)).body.status?.used?.persistentvolumeclaims
    for (const name of ['gold', 'silver']) await api.call('POST', `${base}/resourcequotas`, { body: scoped(name) })

    expect((await api.call('POST', claims, { body: claim('plain') })).status).toBe(201)
    expect((await api.call('POST', claims, { body: claim('a', 'gold') })).status).toBe(201)
    expect((await api.call('POST', claims, { body: claim('b', 'gold') })).status).toBe(403)
    await expect.poll(() => Promise.all(['gold', 'silver'].map(usedOf))).toEqual(['1', '0'])
    const status = { phase: 'Bound', currentVolumeAttributesClassName: 'silver' }
    await api.call('PATCH', `${claims}/a/status`, { body: { status }, type: 'application/merge-patch+json' })
    await expect.poll(() => Promise.all(['gold', 'silver'].map(usedOf))).toEqual(['1', '1'])
  })
})

describe('LimitRange', () => {
  it('gives containers their defaults and refuses what is out of range', async () => {
    const space = await namespace()
    const base = `/api/v1/namespaces/${space}`
    const limit = {
      type: 'Container',
      default: { cpu: '500m' },
      defaultRequest: { cpu: '100m' },
      min: { cpu: '50m' },
      max: { cpu: '1' },
    }
    await api.call('POST', `${base}/limitranges`, { body: { metadata: { name: 'l' }, spec: { limits: [limit] } } })

    const { body } = await api.call('POST', `${base}/pods`, { body: pod('a') })
    expect(body.spec.containers[0].resources).toEqual({ limits: { cpu: '500m' }, requests: { cpu: '100m' } })
    expect(body.metadata.annotations['kubernetes.io/limit-ranger']).toContain('cpu request for container c')
    const refused = await api.call('POST', `${base}/pods`, { body: pod('b', {}, { limits: { cpu: '2' } }) })
    expect(refused.status).toBe(403)
    expect(refused.body.message).toContain('maximum cpu usage per Container is 1, but limit is 2')
  })
})

/** The expected texts are those of etcd and kube-apiserver 1.34, which were asked the same. */
describe('a resize', () => {
  const resize = (space: string, name: string, resources: object) =>
    api.call('PATCH', `/api/v1/namespaces/${space}/pods/${name}/resize`, {
      type: 'application/strategic-merge-patch+json',
      body: { spec: { containers: [{ name: 'c', resources }] } },
    })
  const burstable = { requests: { cpu: '100m', memory: '100Mi' }, limits: { cpu: '200m', memory: '200Mi' } }

  it.each<[string, object, string | undefined]>([
    ['below the minimum', { requests: { cpu: '10m' } }, 'minimum cpu usage per Container is 50m, but request is 10m'],
    ['above the maximum', { limits: { cpu: '2' } }, 'maximum cpu usage per Container is 1, but limit is 2'],
    [
      'too far between request and limit',
      { limits: { memory: '410Mi' } },
      'memory max limit to request ratio per Container is 4, but provided ratio is 4.100000',
    ],
    [
      'too much for the pod as a whole, among others',
      { requests: { cpu: '10m', memory: '300Mi' }, limits: { memory: '700Mi' } },
      '[minimum cpu usage per Container is 50m, but request is 10m, maximum memory usage per Pod is 512Mi, but limit is 700Mi]',
    ],
    ['within it all', { requests: { cpu: '150m' } }, undefined],
  ])('is held to the LimitRange: %s', async (_what, resources, fault) => {
    const space = await namespace()
    const base = `/api/v1/namespaces/${space}`
    const limits = [
      {
        type: 'Container',
        min: { cpu: '50m' },
        max: { cpu: '1', memory: '1Gi' },
        maxLimitRequestRatio: { memory: '4' },
      },
      { type: 'Pod', max: { memory: '512Mi' } },
    ]
    await api.call('POST', `${base}/pods`, { body: pod('a', {}, burstable) })
    await api.call('POST', `${base}/limitranges`, { body: { metadata: { name: 'l' }, spec: { limits } } })

    const { status, body } = await resize(space, 'a', resources)

    expect([status, body.message]).toEqual(
      fault === undefined ? [200, undefined] : [403, `pods "a" is forbidden: ${fault}`],
    )
  })

  it('is charged to the quota with its difference, and with what the container still has', async () => {
    const space = await namespace()
    const base = `/api/v1/namespaces/${space}`
    await api.call('POST', `${base}/pods`, { body: pod('a', {}, burstable) })
    await api.call('POST', `${base}/pods`, { body: pod('silent', {}, { requests: { cpu: '50m' } }) })
    const hard = { 'requests.cpu': '500m', 'requests.memory': '400Mi' }
    await api.call('POST', `${base}/resourcequotas`, { body: { metadata: { name: 'q' }, spec: { hard } } })
    const limits = { cpu: '600m', memory: '600Mi' }

    const over = await resize(space, 'a', { requests: { cpu: '451m', memory: '401Mi' }, limits })
    const silent = await resize(space, 'silent', { requests: { cpu: '60m' } })
    const within = await resize(space, 'a', { requests: { cpu: '450m' }, limits })
    const held = {
      name: 'c',
      image: 'x:1',
      imageID: '',
      ready: true,
      restartCount: 0,
      resources: within.body.spec.containers[0].resources,
    }
    await api.call('PATCH', `${base}/pods/a/status`, {
      type: 'application/merge-patch+json',
      body: { status: { containerStatuses: [held] } },
    })
    const less = await resize(space, 'a', { requests: { cpu: '100m' } })
    const other = await api.call('POST', `${base}/pods`, {
      body: pod('b', {}, { requests: { cpu: '1m', memory: '1Mi' } }),
    })

    expect(over.body.message).toBe(
      'pods "a" is forbidden: exceeded quota: q, requested: requests.cpu=351m,requests.memory=301Mi, used: requests.cpu=150m,requests.memory=100Mi, limited: requests.cpu=500m,requests.memory=400Mi',
    )
    expect(silent.body.message).toBe('pods "silent" is forbidden: failed quota: q: must specify requests.memory for: c')
    expect([within.status, less.status]).toEqual([200, 200])
    expect(other.body.message).toContain('requested: requests.cpu=1m, used: requests.cpu=500m')
  })
})

describe('classes of pods', () => {
  it('take priority and overhead from their classes, which must exist', async () => {
    const space = await namespace()
    const pods = `/api/v1/namespaces/${space}/pods`
    await api.call('POST', '/apis/scheduling.k8s.io/v1/priorityclasses', {
      body: { metadata: { name: 'high' }, value: 1000 },
    })
    await api.call('POST', '/apis/node.k8s.io/v1/runtimeclasses', {
      body: {
        metadata: { name: 'sandbox' },
        handler: 'sandbox',
        overhead: { podFixed: { cpu: '10m' } },
        scheduling: { nodeSelector: { disk: 'ssd' } },
      },
    })

    const { body } = await api.call('POST', pods, {
      body: pod('a', { priorityClassName: 'high', runtimeClassName: 'sandbox' }),
    })
    expect(body.spec).toMatchObject({ priority: 1000, overhead: { cpu: '10m' }, nodeSelector: { disk: 'ssd' } })
    const none = await api.call('POST', pods, { body: pod('b', { runtimeClassName: 'none' }) })
    expect(none.body.message).toBe('pods "b" is forbidden: pod rejected: RuntimeClass "none" not found')
    const elsewhere = await api.call('POST', pods, {
      body: pod('d', { runtimeClassName: 'sandbox', nodeSelector: { disk: 'hdd' } }),
    })
    expect(elsewhere.body.message).toBe(
      'pods "d" is forbidden: conflict: runtimeClass.scheduling.nodeSelector[disk] = ssd; pod.spec.nodeSelector[disk] = hdd',
    )
    const low = await api.call('POST', pods, { body: pod('c', { priorityClassName: 'low' }) })
    expect(low.body.message).toBe('pods "c" is forbidden: no PriorityClass with name low was found')
  })
})

describe('webhooks', () => {
  let hook: WebhookServer
  // biome-ignore lint/suspicious/noExplicitAny: reviews as they come in.
  let respond: (request: any, path: string) => object = () => ({ allowed: true })
  beforeAll(async () => {
    hook = await startWebhookServer('AdmissionReview', 'admission.k8s.io/v1', (...review) => respond(...review))
  })
  afterAll(() => hook.stop())

  const CONFIGURATIONS = '/apis/admissionregistration.k8s.io/v1'
  const configuration = (name: string, extra: object = {}) => ({
    metadata: { name },
    webhooks: [
      {
        name: `${name}.example.com`,
        clientConfig: hook.client,
        rules: [
          {
            operations: ['CREATE', 'UPDATE', 'DELETE'],
            apiGroups: [''],
            apiVersions: ['v1'],
            resources: ['configmaps'],
          },
        ],
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
        namespaceSelector: { matchLabels: { hooked: 'yes' } },
        ...extra,
      },
    ],
  })

  it('change objects, defaults and all, and warn', async () => {
    const space = await namespace({ hooked: 'yes' })
    const patch = Buffer.from(JSON.stringify([{ op: 'add', path: '/data/added', value: 'yes' }])).toString('base64')
    respond = ({ operation }) => ({
      allowed: true,
      warnings: ['seen'],
      ...(operation === 'CREATE' && { patchType: 'JSONPatch', patch }),
    })
    const path = `${CONFIGURATIONS}/mutatingwebhookconfigurations`
    const made = await api.call('POST', path, { body: configuration('mutate') })
    expect(made.status).toBe(201)

    const answer = await api.call('POST', `/api/v1/namespaces/${space}/configmaps`, {
      body: { metadata: { name: 'a' }, data: { own: '1' } },
    })
    expect(answer.body.data).toEqual({ own: '1', added: 'yes' })
    expect(answer.headers.warning).toContain('seen')
    await api.call('DELETE', `${path}/mutate`)
  })

  it('that change objects set no more of them than a client may: no status, and with a status nothing else', async () => {
    const space = await namespace({ hooked: 'yes' })
    const path = `${CONFIGURATIONS}/mutatingwebhookconfigurations`
    const resources = ['deployments', 'deployments/status']
    const rules = [{ operations: ['CREATE', 'UPDATE'], apiGroups: ['apps'], apiVersions: ['v1'], resources }]
    const added = { metadata: { creationTimestamp: '2001-01-01T00:00:00Z' }, status: { replicas: 7 } }
    respond = ({ object }) => {
      const value = { ...object, ...added, metadata: { ...object.metadata, ...added.metadata } }
      value.spec = { ...object.spec, replicas: 3 }
      const patch = [{ op: 'replace', path: '', value }]
      return { allowed: true, patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') }
    }
    await api.call('POST', path, { body: configuration('all', { rules }) })
    const labels = { app: 'a' }
    const template = { metadata: { labels }, spec: pod('').spec }
    const deployments = `/apis/apps/v1/namespaces/${space}/deployments`
    const body = { metadata: { name: 'd' }, spec: { replicas: 1, selector: { matchLabels: labels }, template } }

    const made = await api.call('POST', deployments, { body })
    const merge = { type: 'application/merge-patch+json' }
    const changed = await api.call('PATCH', `${deployments}/d`, { ...merge, body: { spec: { paused: true } } })
    await api.call('PATCH', `${deployments}/d`, { ...merge, body: { metadata: { labels } } })
    respond = ({ object }) => {
      const patch = [{ op: 'replace', path: '/spec/replicas', value: object.spec.replicas + 1 }]
      return { allowed: true, patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') }
    }
    const status = { observedGeneration: 2 }
    const told = await api.call('PATCH', `${deployments}/d/status`, { ...merge, body: { status } })
    await api.call('DELETE', `${path}/all`)

    expect([made.body.spec.replicas, made.body.status]).toEqual([3, {}])
    expect(made.body.metadata.creationTimestamp).not.toBe(added.metadata.creationTimestamp)
    expect([changed.body.spec.paused, changed.body.status]).toEqual([true, {}])
    expect(changed.body.metadata.creationTimestamp).toBe(made.body.metadata.creationTimestamp)
    expect([told.body.spec.replicas, told.body.status]).toEqual([3, status])
  })

  it('that name an owner twice are told so, and it is named once', async () => {
    const space = await namespace({ hooked: 'yes' })
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: 'u' }
    const patch = [{ op: 'add', path: '/metadata/ownerReferences', value: [owner, owner] }]
    respond = () => ({
      allowed: true,
      patchType: 'JSONPatch',
      patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
    })
    const path = `${CONFIGURATIONS}/mutatingwebhookconfigurations`
    await api.call('POST', path, { body: configuration('owners') })

    const made = await api.call('POST', `/api/v1/namespaces/${space}/configmaps`, { body: { metadata: { name: 'a' } } })
    await api.call('DELETE', `${path}/owners`)

    expect(made.body.metadata.ownerReferences).toEqual([owner])
    expect(made.headers.warning).toContain('duplicate entries after mutating admission happens')
  })

  it('that change nothing may say so with a patch that is null, as Go writes a list that is not there', async () => {
    const space = await namespace({ hooked: 'yes' })
    respond = () => ({ allowed: true, patchType: 'JSONPatch', patch: Buffer.from('null').toString('base64') })
    const path = `${CONFIGURATIONS}/mutatingwebhookconfigurations`
    await api.call('POST', path, { body: configuration('nothing') })

    const body = { metadata: { name: 'a' }, data: { own: '1' } }
    const answer = await api.call('POST', `/api/v1/namespaces/${space}/configmaps`, { body })
    expect([answer.status, answer.body.data]).toEqual([201, { own: '1' }])
    await api.call('DELETE', `${path}/nothing`)
  })

  it('that change objects are asked about removals, where there is nothing to change', async () => {
    const space = await namespace({ hooked: 'yes' })
    const maps = `/api/v1/namespaces/${space}/configmaps`
    await api.call('POST', maps, { body: { metadata: { name: 'a' } } })
    const patch = Buffer.from(JSON.stringify([{ op: 'add', path: '/data', value: {} }])).toString('base64')
    let asked = ''
    respond = ({ operation }) => {
      asked = operation
      return { allowed: true, patchType: 'JSONPatch', patch }
    }
    const path = `${CONFIGURATIONS}/mutatingwebhookconfigurations`
    await api.call('POST', path, { body: configuration('gone') })

    const refused = await api.call('DELETE', `${maps}/a`)
    await api.call('DELETE', `${path}/gone`)

    expect(asked).toBe('DELETE')
    expect([refused.status, refused.body.message]).toEqual([
      500,
      'Internal error occurred: admission webhook "gone.example.com" attempted to modify the object, which is not supported for this operation',
    ])
  })

  it('know the controllers of the server by the ServiceAccounts that they have in Kubernetes', async () => {
    const asked = new Map<string, object>()
    respond = ({ operation, name, userInfo }) => {
      asked.set(`${operation} ${name}`, userInfo)
      return { allowed: true }
    }
    const rules = [
      {
        operations: ['CREATE', 'DELETE'],
        apiGroups: [''],
        apiVersions: ['v1'],
        resources: ['configmaps', 'serviceaccounts'],
      },
    ]
    const path = `${CONFIGURATIONS}/validatingwebhookconfigurations`
    await api.call('POST', path, { body: configuration('who', { rules }) })
    const space = await namespace({ hooked: 'yes' })
    const maps = `/api/v1/namespaces/${space}/configmaps`
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'gone', uid: 'gone' }]
    await api.call('POST', maps, { body: { metadata: { name: 'left', ownerReferences } } })
    await api.call('POST', maps, { body: { metadata: { name: 'kept' } } })
    await expect.poll(() => asked.has('DELETE left')).toBe(true)

    await api.call('DELETE', `/api/v1/namespaces/${space}`)
    await expect.poll(async () => (await api.call('GET', `/api/v1/namespaces/${space}`)).status).toBe(404)
    await api.call('DELETE', `${path}/who`)

    const groups = ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated']
    const account = (name: string) => ({ username: `system:serviceaccount:kube-system:${name}`, groups })
    expect(asked.get('CREATE default')).toEqual(account('service-account-controller'))
    expect(asked.get('DELETE left')).toEqual(account('generic-garbage-collector'))
    expect(asked.get('DELETE kept')).toEqual(account('namespace-controller'))
  })

  it('know who puts roles together, and who makes tokens', async () => {
    const asked = new Map<string, object>()
    respond = ({ name, userInfo }) => {
      asked.set(name, userInfo)
      return { allowed: true }
    }
    const rules = ['', 'rbac.authorization.k8s.io'].map((group) => ({
      operations: ['UPDATE'],
      apiGroups: [group],
      apiVersions: ['v1'],
      resources: ['secrets', 'clusterroles'],
    }))
    const path = `${CONFIGURATIONS}/validatingwebhookconfigurations`
    await api.call('POST', path, { body: configuration('makers', { rules }) })
    const space = await namespace({ hooked: 'yes' })
    const roles = '/apis/rbac.authorization.k8s.io/v1/clusterroles'
    const clusterRoleSelectors = [{ matchLabels: { part: 'yes' } }]
    await api.call('POST', roles, { body: { metadata: { name: 'whole' }, aggregationRule: { clusterRoleSelectors } } })
    const part = {
      metadata: { name: 'part', labels: { part: 'yes' } },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
    }
    await api.call('POST', roles, { body: part })
    const annotations = { 'kubernetes.io/service-account.name': 'default' }
    const secret = { metadata: { name: 'token', annotations }, type: 'kubernetes.io/service-account-token' }
    await api.call('POST', `/api/v1/namespaces/${space}/secrets`, { body: secret })

    await expect.poll(() => [...asked.keys()].toSorted()).toEqual(['token', 'whole'])
    await api.call('DELETE', `${path}/makers`)

    expect(asked.get('token')).toEqual({ username: 'system:kube-controller-manager', groups: ['system:authenticated'] })
    expect(asked.get('whole')).toMatchObject({
      username: 'system:serviceaccount:kube-system:clusterrole-aggregation-controller',
    })
    expect((await api.call('GET', `${roles}/whole`)).body.rules).toEqual(part.rules)
  })

  it('that refuse what a quota is charged refuse the object', async () => {
    const space = await namespace({ hooked: 'yes' })
    const base = `/api/v1/namespaces/${space}`
    await api.call('POST', `${base}/resourcequotas`, {
      body: { metadata: { name: 'q' }, spec: { hard: { secrets: '9' } } },
    })
    const secret = (name: string, query = '') =>
      api.call('POST', `${base}/secrets${query}`, { body: { metadata: { name } } })
    const quota = () => api.call('GET', `${base}/resourcequotas/q`)
    expect((await secret('one')).status).toBe(201)
    expect((await quota()).body.status.used).toEqual({ secrets: '1' })
    const asked: unknown[] = []
    respond = ({ userInfo, object, oldObject }) => {
      asked.push([userInfo.username, oldObject.status.used.secrets, object.status.used.secrets])
      return { allowed: false, status: { code: 403, reason: 'Forbidden', message: 'too much below the parent' } }
    }
    const rules = [
      { operations: ['UPDATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['resourcequotas/status'] },
    ]
    const path = `${CONFIGURATIONS}/validatingwebhookconfigurations`
    await api.call('POST', path, { body: configuration('charges', { rules }) })

    const tried = await secret('two', '?dryRun=All')
    const refused = await secret('two')
    await api.call('DELETE', `${path}/charges`)

    expect([tried.status, refused.status]).toEqual([201, 403])
    expect(refused.body.message).toBe(
      'admission webhook "charges.example.com" denied the request: too much below the parent',
    )
    expect(asked).toEqual([['system:apiserver', '1', '2']])
    expect((await quota()).body.status.used).toEqual({ secrets: '1' })
    expect((await secret('two')).status).toBe(201)
  })

  it('refuse creates, updates and removals in their own words, and only where they are asked', async () => {
    const space = await namespace({ hooked: 'yes' })
    const maps = `/api/v1/namespaces/${space}/configmaps`
    respond = () => ({ allowed: true })
    await api.call('POST', maps, { body: { metadata: { name: 'a' } } })
    respond = ({ object, oldObject }) => ({
      allowed: false,
      status: { message: `no ${(object ?? oldObject).metadata.name}`, code: 403 },
    })
    const path = `${CONFIGURATIONS}/validatingwebhookconfigurations`
    await api.call('POST', path, { body: configuration('validate') })

    const created = await api.call('POST', maps, { body: { metadata: { name: 'b' } } })
    expect(created.body).toMatchObject({
      code: 403,
      message: 'admission webhook "validate.example.com" denied the request: no b',
    })
    const merge = 'application/merge-patch+json'
    expect((await api.call('PATCH', `${maps}/a`, { type: merge, body: { data: { x: 'y' } } })).status).toBe(403)
    expect((await api.call('DELETE', `${maps}/a`)).status).toBe(403)
    const elsewhere = await namespace()
    expect(
      (await api.call('POST', `/api/v1/namespaces/${elsewhere}/configmaps`, { body: { metadata: { name: 'b' } } }))
        .status,
    ).toBe(201)
    expect((await api.call('DELETE', `${path}/validate`)).status).toBe(200)
  })

  it('see what the client asked for besides the object', async () => {
    const space = await namespace({ hooked: 'yes' })
    const maps = `/api/v1/namespaces/${space}/configmaps`
    const seen: object[] = []
    respond = ({ name, options }) => {
      // Every namespace gets another one, with the authority's certificate.
      if (name === 'a') seen.push(options)
      return { allowed: true }
    }
    const path = `${CONFIGURATIONS}/validatingwebhookconfigurations`
    await api.call('POST', path, { body: configuration('options') })
    const merge = { type: 'application/merge-patch+json', body: { data: { x: 'y' } } }

    await api.call('POST', `${maps}?fieldManager=me&fieldValidation=Strict`, { body: { metadata: { name: 'a' } } })
    await api.call('PATCH', `${maps}/a?dryRun=All`, merge)
    await api.call('DELETE', `${maps}/a`, { body: { propagationPolicy: 'Background', preconditions: {} } })
    await api.call('DELETE', `${path}/options`)

    const apiVersion = 'meta.k8s.io/v1'
    expect(seen).toEqual([
      { kind: 'CreateOptions', apiVersion, fieldManager: 'me', fieldValidation: 'Strict' },
      { kind: 'UpdateOptions', apiVersion, dryRun: ['All'] },
      { kind: 'DeleteOptions', apiVersion, propagationPolicy: 'Background', preconditions: {} },
    ])
  })

  it('see a Namespace as inside of itself', async () => {
    const seen: unknown[] = []
    respond = ({ namespace: inside }) => {
      seen.push(inside)
      return { allowed: true }
    }
    const rules = [{ operations: ['*'], apiGroups: [''], apiVersions: ['v1'], resources: ['namespaces'] }]
    const path = `${CONFIGURATIONS}/validatingwebhookconfigurations`
    await api.call('POST', path, { body: configuration('inside', { rules }) })
    const labels = { hooked: 'yes' }

    await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'inside', labels } } })
    await api.call('DELETE', '/api/v1/namespaces/inside')
    await api.call('DELETE', `${path}/inside`)

    expect(seen.slice(0, 2)).toEqual(['inside', 'inside'])
  })

  it('are asked at the path that client-go makes of their address', async () => {
    const space = await namespace({ hooked: 'yes' })
    const paths: string[] = []
    respond = (_, path) => {
      paths.push(path)
      return { allowed: true }
    }
    const path = `${CONFIGURATIONS}/validatingwebhookconfigurations`
    const { origin } = new URL(hook.client.url)
    for (const given of ['', '/', '//twice', '/a//b/', '/a/../b']) {
      const clientConfig = { ...hook.client, url: `${origin}${given}` }
      await api.call('POST', path, { body: configuration('located', { clientConfig }) })
      await api.call('POST', `/api/v1/namespaces/${space}/configmaps?dryRun=All`, { body: { metadata: { name: 'a' } } })
      await api.call('DELETE', `${path}/located`)
    }

    expect(paths).toEqual(['/', '/', '/twice', '/a/b', '/b'].map((one) => `${one}?timeout=10s`))
  })

  it('that do not answer in time stop what they guard, unless their policy is Ignore', async () => {
    const space = await namespace({ hooked: 'yes' })
    const maps = `/api/v1/namespaces/${space}/configmaps`
    respond = () => ({ silent: true })
    const path = `${CONFIGURATIONS}/validatingwebhookconfigurations`
    await api.call('POST', path, { body: configuration('slow', { timeoutSeconds: 1 }) })

    const stopped = await api.call('POST', maps, { body: { metadata: { name: 'a' } } })
    expect(stopped.status).toBe(500)
    expect(stopped.body.message).toContain('failed calling webhook "slow.example.com"')
    expect(stopped.body.message).toContain('context deadline exceeded')
    const merge = 'application/merge-patch+json'
    const { body } = await api.call('GET', `${path}/slow`)
    body.webhooks[0].failurePolicy = 'Ignore'
    await api.call('PATCH', `${path}/slow`, { type: merge, body: { webhooks: body.webhooks } })
    expect((await api.call('POST', maps, { body: { metadata: { name: 'a' } } })).status).toBe(201)
    await api.call('DELETE', `${path}/slow`)
  })

  it('are trusted by their own certificate too, and say in the words of Go why they cannot be asked', async () => {
    const space = await namespace({ hooked: 'yes' })
    const maps = `/api/v1/namespaces/${space}/configmaps`
    respond = () => ({ allowed: true })
    const path = `${CONFIGURATIONS}/validatingwebhookconfigurations`
    const other = await startWebhookServer('AdmissionReview', 'admission.k8s.io/v1', () => ({}))
    other.stop()
    const answerWith = async (clientConfig: object) => {
      await api.call('POST', path, { body: configuration('trusted', { clientConfig }) })
      const answer = await api.call('POST', `${maps}?dryRun=All`, { body: { metadata: { name: 'a' } } })
      await api.call('DELETE', `${path}/trusted`)
      return answer
    }

    expect((await answerWith({ ...hook.client, caBundle: hook.certificate })).status).toBe(201)
    const strange = await answerWith({ ...hook.client, caBundle: other.certificate })
    expect(strange.body.message).toBe(
      `Internal error occurred: failed calling webhook "trusted.example.com": failed to call webhook: Post "${hook.client.url}?timeout=10s": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
    )
    const gone = await answerWith(other.client)
    expect(gone.body.message).toContain(`dial tcp ${new URL(other.client.url).host}: connect: connection refused`)
  })

  it('are trusted when their authority has issued their certificate, also where both have one name', async () => {
    const space = await namespace({ hooked: 'yes' })
    const path = `${CONFIGURATIONS}/validatingwebhookconfigurations`
    const start = () =>
      startWebhookServer(
        'AdmissionReview',
        'admission.k8s.io/v1',
        () => ({ allowed: false, status: { message: 'asked' } }),
        createSameNameCertificates(),
      )
    const [named, other] = await Promise.all([start(), start()])
    const answerWith = async (caBundle: string) => {
      await api.call('POST', path, { body: configuration('named', { clientConfig: { ...named.client, caBundle } }) })
      const body = { metadata: { name: 'a' } }
      const answer = await api.call('POST', `/api/v1/namespaces/${space}/configmaps`, { body })
      await api.call('DELETE', `${path}/named`)
      return answer.body.message
    }

    for (let turn = 0; turn < 2; turn++) expect(await answerWith(named.client.caBundle)).toContain('request: asked')
    expect(await answerWith(other.client.caBundle)).toContain('certificate signed by unknown authority')
    named.stop()
    other.stop()
  })

  it('are asked only when their conditions hold; conditions that cannot be read are refused', async () => {
    const space = await namespace({ hooked: 'yes' })
    const maps = `/api/v1/namespaces/${space}/configmaps`
    respond = () => ({ allowed: false })
    const path = `${CONFIGURATIONS}/validatingwebhookconfigurations`
    const matchConditions = [{ name: 'not-skipped', expression: '!object.metadata.name.startsWith("skip")' }]
    await api.call('POST', path, { body: configuration('conditional', { matchConditions }) })

    expect((await api.call('POST', maps, { body: { metadata: { name: 'skip-me' } } })).status).toBe(201)
    expect((await api.call('POST', maps, { body: { metadata: { name: 'take-me' } } })).status).toBe(400)
    const bad = [{ name: 'bad', expression: '... [] bad expression' }]
    const refused = await api.call('POST', path, { body: configuration('bad', { matchConditions: bad }) })
    expect(refused.status).toBe(422)
    expect(refused.body.message).toContain('compilation failed')
    await api.call('DELETE', `${path}/conditional`)
  })
})

describe('ValidatingAdmissionPolicy', () => {
  const GROUP = '/apis/admissionregistration.k8s.io/v1'

  it('refuses what its expressions do not hold for, with variables and words of its own', async () => {
    const space = await namespace({ policed: 'yes' })
    await api.call('POST', `${GROUP}/validatingadmissionpolicies`, {
      body: {
        metadata: { name: 'replicas' },
        spec: {
          matchConstraints: {
            namespaceSelector: { matchLabels: { policed: 'yes' } },
            resourceRules: [
              { operations: ['CREATE'], apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'] },
            ],
          },
          variables: [
            { name: 'replicas', expression: 'object.spec.replicas' },
            { name: 'odd', expression: 'variables.replicas % 2 == 1' },
          ],
          validations: [
            {
              expression: 'variables.replicas > 1',
              messageExpression: "'wants more than ' + string(variables.replicas)",
            },
            { expression: 'variables.odd', reason: 'Forbidden' },
          ],
        },
      },
    })
    await api.call('POST', `${GROUP}/validatingadmissionpolicybindings`, {
      body: { metadata: { name: 'everywhere' }, spec: { policyName: 'replicas', validationActions: ['Deny'] } },
    })
    const deploy = (name: string, replicas: number) =>
      api.call('POST', `/apis/apps/v1/namespaces/${space}/deployments`, {
        body: {
          metadata: { name },
          spec: {
            replicas,
            selector: { matchLabels: { a: 'b' } },
            template: { metadata: { labels: { a: 'b' } }, ...{ spec: pod('x').spec } },
          },
        },
      })

    expect((await deploy('one', 1)).body).toMatchObject({
      code: 422,
      reason: 'Invalid',
      message: `deployments.apps "one" is forbidden: ValidatingAdmissionPolicy 'replicas' with binding 'everywhere' denied request: wants more than 1`,
    })
    expect((await deploy('two', 2)).body).toMatchObject({ code: 403, reason: 'Forbidden' })
    expect((await deploy('three', 3)).status).toBe(201)
  })

  /** Puts a policy for new ConfigMaps of a namespace into force. */
  async function enforce(name: string, space: string, spec: object): Promise<void> {
    const rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }
    const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': space } }
    const matchConstraints = { namespaceSelector, resourceRules: [rule] }
    const body = { metadata: { name }, spec: { matchConstraints, ...spec } }
    expect((await api.call('POST', `${GROUP}/validatingadmissionpolicies`, { body })).status).toBe(201)
    await api.call('POST', `${GROUP}/validatingadmissionpolicybindings`, {
      body: { metadata: { name }, spec: { policyName: name, validationActions: ['Deny'] } },
    })
  }

  const configMap = (space: string, name: string, data: object, headers = {}) =>
    api.call('POST', `/api/v1/namespaces/${space}/configmaps`, { body: { metadata: { name }, data }, headers })

  it('is ended when an expression, or all of them, would take too long', async () => {
    const space = await namespace()
    const slow = 'object.data.all(a, object.data.all(b, a != b || a == b))'
    await enforce('slow', space, {
      variables: [{ name: 'slow', expression: slow }],
      validations: [{ expression: 'variables.slow' }],
    })
    const many = Object.fromEntries(Array.from({ length: 900 }, (_, index) => [`k${index}`, 'v']))

    expect((await configMap(space, 'one', many)).body.message).toBe(
      `configmaps "one" is forbidden: ValidatingAdmissionPolicy 'slow' with binding 'slow' denied request: expression 'variables.slow' resulted in error: composited variable "slow" fails to evaluate: operation cancelled: actual cost limit exceeded`,
    )
    expect((await configMap(space, 'two', { a: 'b' })).status).toBe(201)
  })

  it('asks what the one who writes, or a ServiceAccount, may do', async () => {
    const space = await namespace()
    const may = 'authorizer.group("").resource("pods").namespace("x").check("create").allowed()'
    const here = 'authorizer.requestResource.check("create").allowed()'
    const account = 'authorizer.serviceAccount("a", "b").path("/metrics").check("get").allowed()'
    await enforce('asking', space, {
      // A check is dear: an expression has no more than two.
      validations: [here, may, `!${account}`].map((expression) => ({ expression, message: 'may not' })),
    })
    const access = '/apis/rbac.authorization.k8s.io/v1'
    const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['create'] }]
    await api.call('POST', `${access}/clusterroles`, { body: { metadata: { name: 'maps' }, rules } })
    const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'ann' }]
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'maps' }
    await api.call('POST', `${access}/clusterrolebindings`, { body: { metadata: { name: 'maps' }, roleRef, subjects } })

    expect((await configMap(space, 'mine', {})).status).toBe(201)
    const hers = await configMap(space, 'hers', {}, { 'Impersonate-User': 'ann' })
    expect(hers.body.message).toContain(
      "ValidatingAdmissionPolicy 'asking' with binding 'asking' denied request: may not",
    )
  })

  it('tells in its status what its expressions have against the types that it names', async () => {
    const resourceRules = [
      { operations: ['*'], apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments', 'deployments/scale'] },
      { operations: ['*'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] },
      { operations: ['*'], apiGroups: ['*'], apiVersions: ['v1'], resources: ['services'] },
    ]
    const typed = (name: string, expression: string, more: object = {}) =>
      api.call('POST', `${GROUP}/validatingadmissionpolicies`, {
        body: {
          metadata: { name },
          spec: { matchConstraints: { resourceRules }, validations: [{ expression }], ...more },
        },
      })
    const statusOf = async (name: string) =>
      (await api.call('GET', `${GROUP}/validatingadmissionpolicies/${name}`)).body.status

    await typed('fits', 'object.metadata.labels.size() > 0 && object.metadata.name.startsWith("a")')
    await expect.poll(() => statusOf('fits')).toEqual({ observedGeneration: 1, typeChecking: {} })
    await typed('does-not', 'variables.wanted > 1', {
      variables: [{ name: 'wanted', expression: 'object.spec.replicas' }],
    })
    // A variable that does not fit is of any type; only what uses it is judged.
    await expect.poll(() => statusOf('does-not')).toEqual({ observedGeneration: 1, typeChecking: {} })
    await typed('nor-this', 'object.spec.replicas == "one"')
    await expect
      .poll(async () => (await statusOf('nor-this'))?.typeChecking.expressionWarnings)
      .toEqual([
        {
          fieldRef: 'spec.validations[0].expression',
          warning: [
            "/v1, Kind=Pod: ERROR: <input>:1:12: undefined field 'replicas'",
            ' | object.spec.replicas == "one"',
            ' | ...........^\n',
            "apps/v1, Kind=Deployment: ERROR: <input>:1:22: found no matching overload for '_==_' applied to '(int, string)'",
            ' | object.spec.replicas == "one"',
            ' | .....................^\n',
          ].join('\n'),
        },
      ])
  })
})
