import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ContainerEngine } from '@slipway/container-engine'
import { buildTestImage, testEngine } from '@slipway/container-engine/testing'
import { InformerSet } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { engineRuntime, LOCAL_ADDRESS, Node, type PodRuntime, simulatedRuntime } from './index.ts'
import { SIMULATED_RESOURCES } from './kubelet/machine-resources.ts'
import { podFilter, removeContainers } from './kubelet/observe.ts'
import { FakeCluster, testIdentity } from './testing/index.ts'

const namespace = 'default'
const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', namespace }
const podRef = (name: string): { apiVersion: string; kind: string; name: string; namespace: string } => ({
  apiVersion: 'v1',
  kind: 'Pod',
  name,
  namespace,
})
const isReady = (pod: KubeObject | undefined): boolean =>
  pod?.status?.conditions?.some(
    ({ type, status }: { type: string; status: string }) => type === 'Ready' && status === 'True',
  ) ?? false

class World {
  readonly cluster = new FakeCluster()
  readonly dataDir = mkdtempSync(join(tmpdir(), 'slipway-node-'))
  readonly instance = `test-${process.pid}-${Math.random().toString(36).slice(2)}`
  #stop = async (): Promise<void> => {}

  async start(runtime: PodRuntime): Promise<void> {
    const client = this.cluster.client()
    const informers = new InformerSet(client)
    const node = new Node(
      { client, informers, runtime },
      { dataDir: this.dataDir, instance: this.instance, kubelet: testIdentity },
    )
    await node.start()
    this.#stop = async () => {
      await node.stop()
      await informers.stop()
    }
  }

  stop(): Promise<void> {
    return this.#stop()
  }
}

const webDeployment = (image: string, container: object = {}): KubeObject => ({
  ...deployment,
  metadata: { name: 'web', namespace },
  spec: {
    replicas: 1,
    progressDeadlineSeconds: 600,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [
          {
            name: 'web',
            image,
            imagePullPolicy: 'IfNotPresent',
            ports: [{ name: 'http', containerPort: 8080 }],
            ...container,
          },
        ],
      },
    },
  },
})

describe('a node without a container engine', () => {
  it('shows that it lives by a Lease of its name, until it stops', async () => {
    const world = new World()
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace: 'kube-node-lease', name: 'slipway' }
    await world.start(simulatedRuntime())

    const node = await world.cluster.get({ apiVersion: 'v1', kind: 'Node', name: 'slipway' })
    expect(await world.cluster.get(lease)).toMatchObject({
      metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'slipway', uid: node?.metadata.uid }] },
      spec: { holderIdentity: 'slipway', leaseDurationSeconds: 40, renewTime: expect.any(String) },
    })
    await world.stop()
    expect((await world.cluster.get(lease))?.spec.holderIdentity).toBe('')
    rmSync(world.dataDir, { recursive: true })
  })

  it('writes as the controllers, the scheduler and the kubelet of a Kubernetes cluster', async () => {
    const world = new World()
    await world.start(simulatedRuntime())
    const { cluster } = world
    await cluster.create({ ...deployment, metadata: { name: 'web', namespace }, spec: webDeployment('x').spec })
    await cluster.until(deployment, (object) => object?.status?.readyReplicas === 1)
    await world.stop()
    rmSync(world.dataDir, { recursive: true })

    const makers = Object.fromEntries([...cluster.makers].map(([what, user]) => [what.split(' ')[0], user]))
    expect(makers).toMatchObject({
      ReplicaSet: 'system:serviceaccount:kube-system:deployment-controller',
      Pod: 'system:serviceaccount:kube-system:replicaset-controller',
      Binding: 'system:kube-scheduler',
      Node: 'system:node:slipway',
    })
  })

  it('grants resources that pods wait for as others give them up, to the most important one first, and places new ones', async () => {
    const world = new World()
    await world.start(simulatedRuntime())
    const { cluster } = world
    const share = (part: number): string => `${Math.floor(Number(SIMULATED_RESOURCES.cpu) * 1000 * part)}m`
    const pod = async (name: string, part: number, priority = 0): Promise<void> => {
      const resources = { requests: { cpu: share(part) } }
      const containers = [{ name: 'c', image: 'registry.example/c:1', resources }]
      await cluster.create({ ...podRef(name), metadata: { name, namespace }, spec: { containers, priority } })
      await cluster.until(podRef(name), (object) => object?.status?.phase === 'Running')
    }
    const resize = (name: string, part: number) =>
      cluster.patch(podRef(name), 'strategic', {
        spec: { containers: [{ name: 'c', resources: { requests: { cpu: share(part) } } }] },
      })
    const isDeferred = (object: KubeObject | undefined): boolean =>
      object?.status?.conditions?.some(({ reason }: { reason?: string }) => reason === 'Deferred')
    await pod('large', 0.6)
    await pod('small', 0.1)
    await pod('important', 0.1, 1000)
    for (const name of ['small', 'important']) {
      await resize(name, 0.6)
      await cluster.until(podRef(name), isDeferred)
    }

    await cluster.delete(podRef('large'))

    const granted = await cluster.until(
      podRef('important'),
      (object) => object?.status?.containerStatuses[0].allocatedResources.cpu === share(0.6),
    )
    expect(isDeferred(granted)).toBe(false)
    expect(isDeferred(await cluster.get(podRef('small')))).toBe(true)

    await resize('small', 0.1)
    const waiting = pod('waiting', 0.5)
    await cluster.until(podRef('waiting'), (object) => object?.status?.conditions?.[0].reason === 'Unschedulable')
    await resize('important', 0.2)
    await waiting
    await world.stop()
    rmSync(world.dataDir, { recursive: true })
  })

  it('lets a pod go for a more important one that has no room, and does not give that room to a less important one', async () => {
    const world = new World()
    await world.start(simulatedRuntime())
    const { cluster } = world
    const resources = { requests: { cpu: SIMULATED_RESOURCES.cpu } }
    const containers = [{ name: 'c', image: 'registry.example/c:1', resources }]
    const create = (name: string, priority: number, preemptionPolicy = 'PreemptLowerPriority') =>
      cluster.create({
        ...podRef(name),
        metadata: { name, namespace },
        spec: { containers, priority, preemptionPolicy },
      })
    const isRunning = (object: KubeObject | undefined): boolean => object?.status?.phase === 'Running'
    await create('first', 1)
    await cluster.until(podRef('first'), isRunning)
    await create('other', 2, 'Never')
    await create('important', 1000)

    const important = await cluster.until(podRef('important'), isRunning)

    expect(important?.status?.nominatedNodeName).toBe('slipway')
    await cluster.until(podRef('first'), (object) => object === undefined)
    const other = await cluster.until(
      podRef('other'),
      (object) => object?.status?.conditions?.[0]?.reason === 'Unschedulable',
    )
    expect(other?.spec.nodeName).toBeUndefined()
    expect(other?.status?.conditions).toMatchObject([{ observedGeneration: 1 }])
    await world.stop()
    const { items } = await cluster.list({ apiVersion: 'v1', kind: 'Event' })
    const preempted = items.filter(({ reason }) => reason === 'Preempted')
    expect(preempted.map(({ involvedObject, message }) => [involvedObject.name, message])).toEqual(
      expect.arrayContaining([['first', expect.stringMatching(/^Preempted by pod .* on node slipway$/)]]),
    )
    rmSync(world.dataDir, { recursive: true })
  })

  it('asks a pod that is going whether it is ready, and says so, until its containers have ended', async () => {
    let answer = 200
    const server = createServer((_, response) => response.writeHead(answer).end())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const httpGet = { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
    const probe = { httpGet, periodSeconds: 1, failureThreshold: 1 }
    const world = new World()
    // Probes are asked, and hooks wait.
    await world.start({ ...simulatedRuntime(), simulated: false })
    const { cluster } = world
    const lifecycle = { preStop: { sleep: { seconds: 4 } } }
    const container = {
      name: 'c',
      image: 'registry.example/c:1',
      readinessProbe: probe,
      livenessProbe: probe,
      lifecycle,
    }
    await cluster.create({ ...podRef('p'), metadata: { name: 'p', namespace }, spec: { containers: [container] } })
    await cluster.until(podRef('p'), isReady)

    answer = 503
    await cluster.delete(podRef('p'))

    const unready = await cluster.until(podRef('p'), (object) => !isReady(object))
    expect(unready?.status).toMatchObject({ phase: 'Running', containerStatuses: [{ ready: false }] })
    expect(unready?.status?.containerStatuses[0].state).toHaveProperty('running')
    await cluster.until(podRef('p'), (object) => object === undefined)
    await world.stop()
    server.close()
    const { items } = await cluster.list({ apiVersion: 'v1', kind: 'Event' })
    expect(items.filter(({ reason }) => reason === 'Killing').map(({ message }) => message)).toEqual([
      'Stopping container c',
    ])
    rmSync(world.dataDir, { recursive: true })
  })

  it('runs deployments in pretence and says so', async () => {
    const world = new World()
    await world.start(simulatedRuntime())

    const wanted = webDeployment('registry.example/web:1')
    wanted.spec.template.spec.securityContext = { runAsNonRoot: true }
    wanted.spec.template.spec.initContainers = [{ name: 'before', image: 'registry.example/before:1' }]
    await world.cluster.create(wanted)
    await world.cluster.until(deployment, (object) => object?.status?.availableReplicas === 1)

    const { items } = await world.cluster.list({ apiVersion: 'v1', kind: 'Pod' })
    const node = await world.cluster.get({ apiVersion: 'v1', kind: 'Node', name: 'slipway' })
    expect(items[0]).toMatchObject({
      metadata: { annotations: { 'slipway.dev/simulated': 'true' } },
      status: { phase: 'Running' },
    })
    expect(node?.status.nodeInfo.containerRuntimeVersion).toBe('simulated://0')
    expect(items[0]?.status.initContainerStatuses).toMatchObject([
      { ready: true, state: { terminated: { exitCode: 0 } } },
    ])
    await world.stop()
    rmSync(world.dataDir, { recursive: true })
  })

  it('completes jobs in pretence, for somebody waits for them', async () => {
    const world = new World()
    await world.start(simulatedRuntime())
    const spec = { restartPolicy: 'Never', containers: [{ name: 'once', image: 'registry.example/once:1' }] }
    const job = { apiVersion: 'batch/v1', kind: 'Job', name: 'once', namespace }

    await world.cluster.create({
      ...job,
      metadata: { name: 'once', namespace },
      spec: {
        completions: 1,
        parallelism: 1,
        backoffLimit: 6,
        selector: { matchLabels: { job: 'once' } },
        template: { metadata: { labels: { job: 'once' } }, spec },
      },
    })

    await world.cluster.until(job, (object) => object?.status?.succeeded === 1)
    await world.stop()
    rmSync(world.dataDir, { recursive: true })
  })
})

const running = await testEngine(process.env)
const IMAGE = 'localhost/slipway-node-test/web:1'

describe.skipIf(!running)(
  `a node with a real engine${running ? '' : ' (skipped: no Docker, Podman or /bin/busybox here)'}`,
  () => {
    let engine: ContainerEngine
    let runtime: PodRuntime
    let world: World

    beforeAll(async () => {
      engine = running!.engine
      await buildTestImage(engine, IMAGE, {
        dockerfile: 'COPY index.html /www/index.html\nCMD ["/bin/busybox", "httpd", "-f", "-p", "8080", "-h", "/www"]',
        files: { 'index.html': 'hello\n' },
      })
      runtime = await engineRuntime(engine, {
        isOwn: () => false,
        resolve: () => Promise.reject(new Error('no registry in this test')),
        blob: () => Promise.reject(new Error('no registry in this test')),
      })
    })
    afterAll(() => running?.stop())
    beforeEach(async () => {
      world = new World()
      await world.start(runtime)
    })
    afterEach(async () => {
      await world.stop()
      await removeContainers(engine, await engine.list(podFilter(world.instance)))
      rmSync(world.dataDir, { recursive: true, force: true })
    })

    it('serves a deployment at a local address and rolls it over', async () => {
      const { cluster } = world
      const service = { apiVersion: 'v1', kind: 'Service', name: 'web', namespace }
      await cluster.create({
        ...service,
        metadata: { name: 'web', namespace },
        spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }] },
      })
      await cluster.create(webDeployment(IMAGE, { readinessProbe: { httpGet: { port: 'http' } } }))
      await cluster.until(deployment, (object) => object?.status?.availableReplicas === 1)

      const localAddress = (object?: KubeObject): string | undefined =>
        object?.status?.conditions?.find((condition: KubeObject) => condition.type === LOCAL_ADDRESS)?.message
      const url = `http://${localAddress(await cluster.until(service, (object) => localAddress(object) !== undefined))}/`
      const endpoints = { apiVersion: 'v1', kind: 'Endpoints', name: 'web', namespace }
      await cluster.until(endpoints, (object) => object?.subsets?.[0]?.addresses?.length === 1)
      expect(await (await fetch(url)).text()).toBe('hello\n')

      const [before] = (await cluster.list({ apiVersion: 'v1', kind: 'Pod' })).items
      await cluster.patch(deployment, 'merge', {
        spec: webDeployment(IMAGE, { env: [{ name: 'V', value: '2' }], readinessProbe: { httpGet: { port: 'http' } } })
          .spec,
      })
      await cluster.until(podRef(before!.metadata.name), (pod) => pod === undefined)
      await cluster.until(
        deployment,
        ({ status }: KubeObject = webDeployment('')) =>
          status?.observedGeneration === 2 && status.replicas === 1 && status.availableReplicas === 1,
      )

      const after = await cluster.get(deployment)
      expect(after?.status.conditions).toContainEqual(
        expect.objectContaining({ type: 'Progressing', reason: 'NewReplicaSetAvailable' }),
      )
      expect(after?.metadata.annotations).toEqual({ 'deployment.kubernetes.io/revision': '2' })
      expect(await (await fetch(url)).text()).toBe('hello\n')
    })

    it('adopts its containers after a restart and removes those whose pod is gone', async () => {
      const { cluster } = world
      const pod = (name: string): KubeObject => ({
        ...podRef(name),
        metadata: { name, namespace },
        spec: {
          nodeName: 'slipway',
          terminationGracePeriodSeconds: 0,
          containers: [{ name: 'c', image: IMAGE, imagePullPolicy: 'IfNotPresent' }],
        },
      })
      await cluster.create(pod('stays'))
      await cluster.create(pod('goes'))
      const first = await cluster.until(podRef('stays'), isReady)
      await cluster.until(podRef('goes'), isReady)

      await world.stop()
      await cluster.delete(podRef('goes'), { gracePeriodSeconds: 0 })
      await world.start(runtime)
      await cluster.patch(podRef('stays'), 'merge', { metadata: { labels: { touched: 'yes' } } })

      const containers = await engine.list({ labels: { 'slipway.dev/node': world.instance } })
      expect(new Set(containers.map(({ labels }) => labels['io.kubernetes.pod.name']))).toEqual(new Set(['stays']))
      const [, id = ''] = first?.status.containerStatuses[0].containerID.split('://') ?? []
      expect(containers.map((container) => container.id)).toContain(id)
    })

    it('starts nothing of a pod that is deleted', async () => {
      const { cluster } = world
      const made: string[] = []
      const watching = new AbortController()
      const filter = podFilter(world.instance)
      const watch = async (onReady: () => void): Promise<void> => {
        for await (const { action, labels } of engine.events(filter, { signal: watching.signal, onReady })) {
          if (action === 'create') made.push(labels['io.kubernetes.container.name'] ?? '')
        }
      }
      let watched: Promise<unknown> = Promise.resolve()
      await new Promise<void>((resolve) => {
        watched = watch(resolve).catch(() => {})
      })
      await cluster.create({
        ...podRef('short'),
        metadata: { name: 'short', namespace },
        spec: {
          nodeName: 'slipway',
          terminationGracePeriodSeconds: 0,
          containers: [{ name: 'c', image: IMAGE, imagePullPolicy: 'IfNotPresent' }],
        },
      })
      await cluster.until(podRef('short'), isReady)

      await cluster.delete(podRef('short'), { gracePeriodSeconds: 0 })

      await expect.poll(() => engine.list(filter)).toEqual([])
      watching.abort()
      await watched
      expect(made).toEqual(['POD', 'c'])
    })

    it('leaves nothing of a pod that was deleted just before it stops', async () => {
      const { cluster } = world
      await cluster.create({
        ...podRef('last'),
        metadata: { name: 'last', namespace },
        spec: {
          nodeName: 'slipway',
          terminationGracePeriodSeconds: 0,
          containers: [{ name: 'c', image: IMAGE, imagePullPolicy: 'IfNotPresent' }],
        },
      })
      await cluster.until(podRef('last'), isReady)

      await cluster.delete(podRef('last'), { gracePeriodSeconds: 0 })
      const containers = () => engine.list(podFilter(world.instance))
      const running = async (): Promise<number> =>
        (await containers()).filter(({ status }) => status === 'running').length
      await expect.poll(running, { interval: 5 }).toBeLessThan(2)
      await world.stop()

      expect(await containers()).toEqual([])
      await world.start(runtime)
    })

    it('restarts what ends, keeps its last state, and counts', async () => {
      const { cluster } = world
      await cluster.create({
        ...podRef('crash'),
        metadata: { name: 'crash', namespace },
        spec: {
          nodeName: 'slipway',
          terminationGracePeriodSeconds: 0,
          containers: [
            {
              name: 'c',
              image: IMAGE,
              imagePullPolicy: 'IfNotPresent',
              command: ['/bin/busybox', 'sh', '-c', 'echo why > /dev/termination-log; exit 3'],
            },
          ],
        },
      })

      const pod = await cluster.until(
        podRef('crash'),
        (object) => object?.status?.containerStatuses?.[0].state.waiting?.reason === 'CrashLoopBackOff',
      )

      expect(pod?.status.containerStatuses[0]).toMatchObject({
        restartCount: 1,
        ready: false,
        lastState: { terminated: { exitCode: 3, reason: 'Error', message: 'why\n' } },
      })
    })

    it('runs init containers before and shares volumes and the network within a pod', async () => {
      const { cluster } = world
      await cluster.create({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'cm', namespace },
        data: { text: 'from config' },
      })
      const volumeMounts = [{ name: 'data', mountPath: '/www' }]
      const busybox = (command: string): object => ({
        image: IMAGE,
        imagePullPolicy: 'IfNotPresent',
        command: ['/bin/busybox', 'sh', '-c', command],
      })
      await cluster.create({
        ...podRef('job'),
        metadata: { name: 'job', namespace },
        spec: {
          nodeName: 'slipway',
          restartPolicy: 'Never',
          volumes: [
            { name: 'data', emptyDir: {} },
            { name: 'config', configMap: { name: 'cm' } },
          ],
          initContainers: [
            {
              name: 'init',
              ...busybox('/bin/busybox cp /config/text /www/index.html'),
              volumeMounts: [...volumeMounts, { name: 'config', mountPath: '/config' }],
            },
          ],
          containers: [
            {
              name: 'server',
              ...busybox(
                '/bin/busybox httpd -p 8080 -h /www; while ! [ -e /www/done ]; do /bin/busybox sleep 0.1; done',
              ),
              volumeMounts,
            },
            {
              name: 'client',
              ...busybox(
                'until /bin/busybox wget -qO /dev/termination-log http://127.0.0.1:8080/; do /bin/busybox sleep 0.1; done; /bin/busybox touch /www/done',
              ),
              volumeMounts,
            },
          ],
        },
      })

      const pod = await cluster.until(
        podRef('job'),
        (object) => object?.status?.phase === 'Succeeded' || object?.status?.phase === 'Failed',
      )

      expect(pod?.status.phase).toBe('Succeeded')
      const [client] = pod?.status.containerStatuses ?? []
      expect(client).toMatchObject({ name: 'client', state: { terminated: { message: 'from config' } } })
    })

    it('says why a pod waits for its configuration, and goes on when it comes', async () => {
      const { cluster } = world
      const env = [{ name: 'X', valueFrom: { secretKeyRef: { name: 'late', key: 'k' } } }]
      await cluster.create({
        ...podRef('late'),
        metadata: { name: 'late', namespace },
        spec: {
          nodeName: 'slipway',
          terminationGracePeriodSeconds: 0,
          containers: [{ name: 'c', image: IMAGE, imagePullPolicy: 'IfNotPresent', env }],
        },
      })
      const waiting = await cluster.until(
        podRef('late'),
        (object) => object?.status?.containerStatuses?.[0].state.waiting?.reason === 'CreateContainerConfigError',
      )

      await cluster.create({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'late', namespace },
        data: { k: 'eA==' },
      })
      await cluster.until(podRef('late'), isReady)

      expect(waiting?.status.containerStatuses[0].state.waiting.message).toContain('secret "late" not found')
    })
  },
)
