import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { buildTestImage, testEngine } from '@slipway/container-engine/testing'
import { KubeClient, parseKubeconfig } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../../apps/slipway/src/cluster/start-cluster.ts'
import { waitFor, waitForObject } from '../../apps/slipway/src/story/wait.ts'

const IMAGE = 'localhost/slipway-node-e2e/busybox:1'
const LOCAL_ADDRESS = 'slipway.dev/local-address'
const namespace = 'default'
const core = { apiVersion: 'v1', namespace }
const PODS = { ...core, kind: 'Pod' }

let cluster: Cluster
let client: KubeClient

const builder = await testEngine(process.env)

beforeAll(async () => {
  if (!builder) return
  await buildTestImage(builder.engine, IMAGE, {
    files: { 'index.html': 'hello\n' },
    dockerfile: 'COPY index.html /www/',
  })
  await builder.stop()
  cluster = await startCluster()
  client = new KubeClient(parseKubeconfig(cluster.kubeconfig))
  await cluster.node
})

afterAll(async () => {
  await client?.close()
  await cluster?.stop()
})

const script = (text: string): object => ({
  name: 'c',
  image: IMAGE,
  imagePullPolicy: 'IfNotPresent',
  command: ['/bin/busybox', 'sh', '-c', text],
})

const pod = (name: string, text: string, spec: object = {}, container: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, labels: { app: name } },
  spec: {
    terminationGracePeriodSeconds: 0,
    restartPolicy: 'Never',
    containers: [{ ...script(text), ...container }],
    ...spec,
  },
})

const web = (name: string): KubeObject =>
  pod(
    name,
    '/bin/busybox httpd -f -p 8080 -h /www',
    {},
    { readinessProbe: { httpGet: { port: 8080 }, periodSeconds: 1 } },
  )

const service = (name: string, spec: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace },
  spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }], ...spec },
})

const isReady = ({ status }: KubeObject): boolean =>
  status?.conditions?.some(
    (condition: { type: string; status: string }) => condition.type === 'Ready' && condition.status === 'True',
  )

const logOf = (name: string): Promise<string> => client.getText(`/api/v1/namespaces/${namespace}/pods/${name}/log`)

/** What a pod printed when it has ended well. */
async function outputOf(name: string): Promise<string> {
  const ended = await waitForObject(client, { ...PODS, name }, ({ status }) => /Succeeded|Failed/.test(status?.phase))
  const output = await logOf(name)
  expect(ended.status.phase, output).toBe('Succeeded')
  return output
}

/** Resolves to what a pod prints, as soon as it holds. */
const printed = (name: string, text: string) => expect.poll(() => logOf(name), { timeout: 60_000 }).toContain(text)

function get(url: string, headers: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    request(url, { headers }, (response) => {
      let body = `${response.statusCode} `
      response.on('data', (chunk) => (body += chunk))
      response.on('end', () => resolve(body))
    })
      .on('error', reject)
      .end()
  })
}

describe.skipIf(!builder)('pods in containers', () => {
  it('keep their address when a container restarts', async () => {
    const run =
      '/bin/busybox hostname -i >> /kept/log; [ -e /kept/second ] || { echo > /kept/second; exit 1; }; cat /kept/log'
    const volume = { volumes: [{ name: 'kept', emptyDir: {} }], restartPolicy: 'OnFailure' }
    const text = run.replaceAll('cat ', '/bin/busybox cat ')
    await client.create(pod('restarts', text, volume, { volumeMounts: [{ name: 'kept', mountPath: '/kept' }] }))

    const addresses = (await outputOf('restarts')).trim().split('\n')

    const { status } = (await client.get<KubeObject>({ ...PODS, name: 'restarts' })) as KubeObject
    expect(status.containerStatuses[0].restartCount).toBe(1)
    expect(addresses).toHaveLength(2)
    expect(new Set(addresses).size).toBe(1)
  })

  it('are somebody for the API, with the token that they find', async () => {
    const folder = '/var/run/secrets/kubernetes.io/serviceaccount'
    await client.create(pod('somebody', `/bin/busybox cat ${folder}/namespace ${folder}/token`))

    const output = await outputOf('somebody')
    const { clientCertificate: _none, clientKey: _neither, ...server } = parseKubeconfig(cluster.kubeconfig)
    const asPod = new KubeClient({ ...server, token: output.slice(namespace.length) })
    const review = await asPod.create<KubeObject>({
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'SelfSubjectReview',
      metadata: { name: 'me' },
    })
    await asPod.close()

    expect(output.startsWith(namespace)).toBe(true)
    expect(review.status.userInfo.username).toBe('system:serviceaccount:default:default')
    expect(review.status.userInfo.extra['authentication.kubernetes.io/pod-name']).toEqual(['somebody'])
  })

  it('are ended when memory is short in the order of their class of service', async () => {
    const print = '/bin/busybox cat /proc/self/oom_score_adj'
    const request = (bytes: number): object => ({ resources: { requests: { memory: String(bytes) } } })
    const tenth = Math.floor(totalmem() / 10)
    const sidecar = { ...script(`${print}; exec /bin/busybox sleep 60`), name: 'side', restartPolicy: 'Always' }
    await client.create(pod('best-effort', print))
    await client.create(pod('burstable', print, { initContainers: [sidecar] }, request(tenth)))

    const scores = [await outputOf('best-effort'), await outputOf('burstable')].map(Number)
    const side = await client.getText(`/api/v1/namespaces/${namespace}/pods/burstable/log?container=side`)

    expect(scores[0]).toBe(1000)
    expect(scores[1]).toBeGreaterThanOrEqual(900)
    expect(scores[1]).toBeLessThanOrEqual(901)
    expect(Number(side)).toBe(scores[1])
  })

  it('run under a seccomp profile of this machine, with the room on disk that they ask for', async () => {
    const folder = join(dirname(cluster.kubeconfigFile), 'node', 'seccomp')
    mkdirSync(folder, { recursive: true })
    const syscalls = [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' }]
    writeFileSync(join(folder, 'no-mkdir.json'), JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls }))
    const profile = (localhostProfile: string): object => ({
      securityContext: { seccompProfile: { type: 'Localhost', localhostProfile } },
      resources: { requests: { 'ephemeral-storage': '1Mi' } },
    })
    await client.create(pod('filtered', '! /bin/busybox mkdir /new', {}, profile('no-mkdir.json')))
    await client.create(pod('unfiltered', 'true', {}, profile('missing.json')))

    expect(await outputOf('filtered')).toContain('Operation not permitted')
    const { status } = await waitForObject(
      client,
      { ...PODS, name: 'unfiltered' },
      (pod) => pod.status?.containerStatuses?.[0].state.waiting?.reason === 'CreateContainerConfigError',
    )
    expect(status.containerStatuses[0].state.waiting.message).toContain('missing.json')
    await client.delete({ ...PODS, name: 'unfiltered' })
  })

  it('say in their status what they have, what they see and who they are', async () => {
    const volumes = [{ name: 'room', emptyDir: {} }]
    const volumeMounts = [
      { name: 'room', mountPath: '/room' },
      { name: 'room', mountPath: '/look', readOnly: true },
    ]
    const resources = { requests: { cpu: '100m', memory: '20Mi' }, limits: { cpu: '0.2' } }
    const securityContext = { runAsUser: 1000, runAsGroup: 1001, supplementalGroups: [1002] }
    await client.create(
      pod('told', '/bin/busybox sleep 600', { volumes, securityContext }, { volumeMounts, resources }),
    )

    const { status } = await waitForObject(client, { ...PODS, name: 'told' }, isReady)

    const [container] = status.containerStatuses
    expect(container).toMatchObject({
      allocatedResources: { cpu: '100m', memory: '20Mi' },
      resources: { requests: { cpu: '100m', memory: '20Mi' }, limits: { cpu: '200m' } },
      user: { linux: { uid: 1000, gid: 1001, supplementalGroups: [1001, 1002] } },
    })
    expect(container.volumeMounts.slice(0, 2)).toEqual([
      { name: 'room', mountPath: '/room' },
      { name: 'room', mountPath: '/look', readOnly: true, recursiveReadOnly: 'Disabled' },
    ])
    await client.delete({ ...PODS, name: 'told' })
  })

  it('get other limits while they run, and are replaced where they want that', async () => {
    const limit = '/sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max'
    const text = `while :; do /bin/busybox echo start $(/bin/busybox cat ${limit} 2>/dev/null); /bin/busybox sleep 0.2; done`
    const resizePolicy = [
      { resourceName: 'memory', restartPolicy: 'NotRequired' },
      { resourceName: 'cpu', restartPolicy: 'RestartContainer' },
    ]
    const resources = { requests: { cpu: '100m', memory: '20Mi' }, limits: { cpu: '200m', memory: '40Mi' } }
    await client.create(pod('grows', text, { restartPolicy: 'Always' }, { resources, resizePolicy }))
    const resize = (amounts: object): Promise<unknown> =>
      client.patch(
        { ...PODS, name: 'grows' },
        'strategic',
        { spec: { containers: [{ name: 'c', resources: amounts }] } },
        { subresource: 'resize' },
      )
    const until = (condition: (pod: KubeObject) => boolean): Promise<KubeObject> =>
      waitForObject(client, { ...PODS, name: 'grows' }, condition)
    const containerOf = ({ status }: KubeObject) => status?.containerStatuses?.[0]
    const conditionOf = ({ status }: KubeObject, type: string) =>
      status.conditions.find((condition: { type: string }) => condition.type === type)
    await printed('grows', `start ${40 * 1024 ** 2}`)

    await resize({ limits: { memory: '60Mi' } })
    const larger = await until((pod) => containerOf(pod)?.resources?.limits.memory === '60Mi')
    await printed('grows', `start ${60 * 1024 ** 2}`)
    await resize({ limits: { cpu: '300m' }, requests: { cpu: '150m' } })
    const replaced = await until((pod) => containerOf(pod)?.restartCount === 1 && isReady(pod))
    await resize({ requests: { memory: '4000Gi' }, limits: { memory: '4000Gi' } })
    const stuck = await until((pod) => conditionOf(pod, 'PodResizePending') !== undefined)
    await resize({ requests: { memory: '20Mi' }, limits: { memory: '60Mi' } })
    const settled = await until((pod) => pod.status.observedGeneration === pod.metadata.generation)

    expect(containerOf(larger)).toMatchObject({
      restartCount: 0,
      allocatedResources: { memory: '20Mi' },
    })
    expect(containerOf(replaced)).toMatchObject({
      allocatedResources: { cpu: '150m', memory: '20Mi' },
      resources: { limits: { cpu: '300m', memory: '60Mi' } },
    })
    expect(conditionOf(stuck, 'PodResizePending')).toMatchObject({
      status: 'True',
      reason: 'Infeasible',
      message: expect.stringMatching(
        /^Node didn't have enough capacity: memory, requested: 4294967296000, capacity: \d+$/,
      ),
      observedGeneration: stuck.metadata.generation,
    })
    expect(containerOf(stuck).resources.limits).toEqual({ cpu: '300m', memory: '60Mi' })
    expect(settled.status.conditions.filter(({ type }: { type: string }) => type.startsWith('PodResize'))).toEqual([])
    await client.delete({ ...PODS, name: 'grows' })
  })

  it('see a ConfigMap change while they run', async () => {
    const ref = { ...core, kind: 'ConfigMap', name: 'changing' }
    await client.create({ ...ref, metadata: { name: 'changing', namespace }, data: { text: 'first' } } as KubeObject)
    const volumes = [{ name: 'config', configMap: { name: 'changing' } }]
    const look = 'while :; do /bin/busybox cat /config/text; echo; /bin/busybox sleep 0.2; done'
    const mount = { volumeMounts: [{ name: 'config', mountPath: '/config' }] }
    await client.create(pod('watching', look, { volumes }, mount))
    await printed('watching', 'first')

    await client.patch(ref, 'merge', { data: { text: 'second' } })

    await printed('watching', 'second')
    await client.delete({ ...PODS, name: 'watching' })
  })

  it('find in a claim what the pod before them left there, until the claim and who used it are deleted', async () => {
    const folder = join(dirname(cluster.kubeconfigFile), 'node', 'volumes')
    const claim = { ...core, kind: 'PersistentVolumeClaim', name: 'disk' }
    const requests = { storage: '1Gi' }
    await client.create({
      ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'disk', namespace } },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests } },
    } as KubeObject)
    const volumes = [{ name: 'disk', persistentVolumeClaim: { claimName: 'disk' } }]
    const mount = { volumeMounts: [{ name: 'disk', mountPath: '/disk' }] }

    await client.create(pod('writer', 'echo kept > /disk/file', { volumes }, mount))
    await outputOf('writer')
    await client.create(pod('reader', '/bin/busybox cat /disk/file', { volumes }, mount))
    expect(await outputOf('reader')).toBe('kept\n')

    expect(readdirSync(folder)).toHaveLength(1)
    await client.delete(claim)
    // A pod uses its claims as long as it is there, also when it has ended (Kubernetes' pvcprotection).
    for (const name of ['writer', 'reader']) await client.delete({ ...PODS, name })
    await waitFor(client, { apiVersion: 'v1', kind: 'PersistentVolume' }, (volumes) => volumes.length === 0)
    expect(readdirSync(folder)).toEqual([])
  })

  it('are reached through an Ingress by host name, on one local port', async () => {
    await client.create(web('site'))
    await client.create(service('site'))
    const backend = { service: { name: 'site', port: { number: 80 } } }
    const apiVersion = 'networking.k8s.io/v1'
    const ref = { apiVersion, kind: 'Ingress', namespace, name: 'site' }
    await client.create({
      ...{ apiVersion: ref.apiVersion, kind: ref.kind, metadata: { name: 'site', namespace } },
      spec: { rules: [{ host: 'site.example', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }] },
    } as KubeObject)
    await waitForObject(client, { ...PODS, name: 'site' }, isReady)
    await waitForObject(client, ref, (ingress) => ingress.status?.loadBalancer?.ingress !== undefined)
    const { metadata } = await waitForObject(client, { apiVersion, kind: 'IngressClass', name: 'slipway' }, () => true)
    const url = `http://${metadata.annotations?.[LOCAL_ADDRESS]}/`

    await expect.poll(() => get(url, { host: 'site.example' })).toBe('200 hello\n')
    expect(await get(url, { host: 'other.example' })).toMatch(/^404 /)
  })
})

const hasClusterNetwork = builder !== undefined && process.platform === 'linux' && process.getuid?.() === 0

describe.skipIf(!hasClusterNetwork)('Services', () => {
  it('are reached by name from pods, and by cluster IP and node port from this machine', async () => {
    await client.create(web('shop'))
    await client.create(service('shop', { type: 'NodePort' }))
    await waitForObject(client, { ...PODS, name: 'shop' }, isReady)
    const fetchEach = (...names: string[]): string =>
      names.map((name) => `/bin/busybox wget -qO- http://${name}`).join(' && ')
    await client.create(pod('shopper', fetchEach('shop', 'shop.default', 'shop.default.svc.cluster.local')))

    expect(await outputOf('shopper')).toBe('hello\n'.repeat(3))
    const { spec } = (await client.get<KubeObject>({ ...core, kind: 'Service', name: 'shop' })) as KubeObject
    const { status } = (await client.get<KubeObject>({ apiVersion: 'v1', kind: 'Node', name: 'slipway' })) as KubeObject
    const address = status.addresses.find(({ type }: { type: string }) => type === 'InternalIP').address
    expect(await get(`http://${spec.clusterIP}/`, {})).toBe('200 hello\n')
    expect(await get(`http://${address}:${spec.ports[0].nodePort}/`, {})).toBe('200 hello\n')
  })

  it('have no address in DNS when there are none, and those of their pods when they are headless', async () => {
    await client.create(web('member'))
    await client.create(service('member', { clusterIP: 'None' }))
    const { status } = await waitForObject(client, { ...PODS, name: 'member' }, isReady)
    await client.create(
      pod(
        'asker',
        '/bin/busybox nslookup member.default.svc.cluster.local; ! /bin/busybox nslookup nobody.default.svc.cluster.local',
      ),
    )

    const output = await outputOf('asker')
    expect(output).toContain(status.podIP)
    expect(output).toContain('NXDOMAIN')
  })
})
