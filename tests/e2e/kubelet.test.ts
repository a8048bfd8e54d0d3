import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type RequestOptions, request } from 'node:https'
import { dirname, join } from 'node:path'
import { connectEngine } from '@slipway/container-engine'
import { buildTestImage, layerTar, testEngine } from '@slipway/container-engine/testing'
import { KubeClient, parseKubeconfig } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { type Cluster, startCluster } from '../../apps/slipway/src/cluster/start-cluster.ts'
import { waitForObject } from '../../apps/slipway/src/story/wait.ts'
import { client as clientOf, clientPath } from './clients.ts'

const IMAGE = 'localhost/slipway-kubelet-e2e/busybox:1'
const METRICS_IMAGE = 'localhost/slipway-kubelet-e2e/metrics-server:1'
const SOON = { timeout: 120_000, interval: 1_000 }
const namespace = 'default'
const PODS = { apiVersion: 'v1', kind: 'Pod', namespace }
const PROXY = '/api/v1/nodes/slipway/proxy'

const metricsServer = clientPath('metrics-server')
const kubectl = clientPath('kubectl-1.34')
const builder = await testEngine(process.env)

let cluster: Cluster
let client: KubeClient

beforeAll(async () => {
  if (!builder) return
  // An image of its own: of one with many names, a Node tells five.
  await buildTestImage(builder.engine, IMAGE, { dockerfile: 'LABEL test=kubelet' })
  await builder.stop()
  cluster = await startCluster()
  client = new KubeClient(parseKubeconfig(cluster.kubeconfig))
  await cluster.node
  await client.create(pod('busy', { memory: '64Mi', cpu: '200m' }))
  await waitForObject(client, { ...PODS, name: 'busy' }, ({ status }) => status?.phase === 'Running')
})

afterAll(async () => {
  await client?.close()
  await cluster?.stop()
})

/** Prints a line, and then uses a processor as far as it may. */
function pod(name: string, limits: object): KubeObject {
  const command = ['/bin/busybox', 'sh', '-c', 'echo begun; while :; do :; done']
  const container = { name: 'c', image: IMAGE, imagePullPolicy: 'IfNotPresent', command, resources: { limits } }
  return {
    ...PODS,
    metadata: { name, namespace },
    spec: { terminationGracePeriodSeconds: 0, containers: [container] },
  }
}

async function kubelet(): Promise<{ host: string; port: number }> {
  const { status } = (await client.get<KubeObject>({ apiVersion: 'v1', kind: 'Node', name: 'slipway' })) as KubeObject
  return { host: status.addresses[0].address, port: status.daemonEndpoints.kubeletEndpoint.Port }
}

/** Asks the kubelet itself; resolves to the status and what it said. */
async function ask(path: string, options: RequestOptions = {}): Promise<[number | undefined, string]> {
  const { certificateAuthority: ca } = parseKubeconfig(cluster.kubeconfig)
  const place = await kubelet()
  return new Promise((resolve, reject) => {
    const call = request({ ...place, ca, path, agent: false, ...options }, (answer) => {
      let text = ''
      answer.on('data', (chunk) => (text += chunk))
      answer.on('end', () => resolve([answer.statusCode, text]))
    })
    call.on('error', reject)
    call.end()
  })
}

const administrator = (): RequestOptions => {
  const { clientCertificate: cert, clientKey: key } = parseKubeconfig(cluster.kubeconfig)
  return { cert, key }
}

/** A ServiceAccount that may get some subresources of nodes; resolves to what it shows. */
async function accountFor(name: string, resources: string[]): Promise<RequestOptions> {
  const rbac = 'rbac.authorization.k8s.io'
  await client.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } })
  await client.create({
    ...{ apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name } },
    rules: [{ apiGroups: [''], resources, verbs: ['get'] }],
  })
  await client.create({
    ...{ apiVersion: `${rbac}/v1`, kind: 'ClusterRoleBinding', metadata: { name } },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  })
  const ref = { apiVersion: 'v1', kind: 'ServiceAccount', namespace, name }
  const { status } = await client.createSubresource<KubeObject>(ref, 'token', { spec: {} })
  return { headers: { authorization: `Bearer ${status.token}` } }
}

describe.skipIf(!builder)('the kubelet behind the API server', () => {
  it.each([
    ['/healthz', /^ok$/],
    ['/healthz?verbose=true', /healthz check passed/],
    ['/pods', /"kind":"PodList".*"name":"busy"/],
    ['/runningpods/', /"name":"busy".*"spec":\{"containers":\[\{"name":"c"/],
    ['/configz', /"kubeletconfig":\{.*"mode":"Webhook"/],
    ['/metrics', /^kubelet_running_pods 1$/m],
    ['/metrics/probes', /^process_start_time_seconds /m],
    [
      '/metrics/resource',
      /^container_cpu_usage_seconds_total\{container="c",namespace="default",pod="busy"\} [\d.]+ \d+$/m,
    ],
    ['/metrics/cadvisor', /^container_spec_cpu_quota\{container="c",.*pod="busy"\} 20000 \d+$/m],
    ['/containerLogs/default/busy/c', /^begun\n$/],
  ])('serves %s', async (path, expected) => {
    expect(await client.getText(`${PROXY}${path}`)).toMatch(expected)
  })

  it('lists in the Node the images that the engine has', async () => {
    const images = async () =>
      (await client.get<KubeObject>({ apiVersion: 'v1', kind: 'Node', name: 'slipway' }))?.status.images
    const listed = { names: expect.arrayContaining([IMAGE]), sizeBytes: expect.any(Number) }

    await expect.poll(images, SOON).toContainEqual(listed)
  })

  it('measures what a pod uses and what the machine has left', async () => {
    const summary = async () => JSON.parse(await client.getText(`${PROXY}/stats/summary`))

    await expect
      .poll(async () => (await summary()).pods[0].containers[0].cpu.usageNanoCores / 1e9, SOON)
      .toBeCloseTo(0.2, 1)
    const { node, pods } = await summary()
    expect(pods[0]).toMatchObject({ podRef: { name: 'busy', namespace }, network: { name: 'eth0' } })
    expect(pods[0].containers[0].memory.workingSetBytes).toBeGreaterThan(10_000)
    expect(pods[0].memory.workingSetBytes).toBeGreaterThan(pods[0].containers[0].memory.workingSetBytes)
    expect(node.memory.workingSetBytes).toBeGreaterThan(pods[0].memory.workingSetBytes)
    expect(node.fs.availableBytes).toBeLessThan(node.fs.capacityBytes)
    expect(node.rlimit.curproc).toBeGreaterThan(1)
    expect(JSON.parse(await client.getText(`${PROXY}/stats/summary?only_cpu_and_memory=true`)).node.fs).toBeUndefined()
  })

  it.each([
    ['/nothing', 'KUBE_NOT_FOUND'],
    ['/containerLogs/default/nothing/c', 'KUBE_NOT_FOUND'],
    ['/containerLogs/default/busy/nothing', 'KUBE_NOT_FOUND'],
  ])('has no %s', async (path, code) => {
    await expect(client.getText(`${PROXY}${path}`)).rejects.toMatchObject({ code })
  })
})

describe.skipIf(!builder)('the kubelet itself', () => {
  it('knows client certificates, and refuses whoever shows nothing', async () => {
    expect(await ask('/healthz', administrator())).toEqual([200, 'ok'])
    expect(await ask('/healthz')).toEqual([401, 'Unauthorized'])
    expect(await ask('/pods', { headers: { authorization: 'Bearer guessed' } })).toEqual([401, 'Unauthorized'])
  })

  it('lets tokens do what their roles say of nodes', async () => {
    const metrics = await accountFor('metrics', ['nodes/metrics'])
    const fine = await accountFor('fine', ['nodes/healthz', 'nodes/pods'])
    const all = await accountFor('all', ['nodes/proxy'])
    const paths = [
      '/metrics/resource',
      '/stats/summary',
      '/healthz',
      '/pods',
      '/configz',
      '/containerLogs/default/busy/c',
    ]
    const statuses = async (shown: RequestOptions) =>
      Promise.all(paths.map(async (path) => (await ask(path, shown))[0]))

    expect(await statuses(metrics)).toEqual([200, 403, 403, 403, 403, 403])
    expect(await statuses(fine)).toEqual([403, 403, 200, 200, 403, 403])
    expect(await statuses(all)).toEqual([403, 403, 200, 200, 200, 200])
    expect(await ask('/run/default/busy/c?cmd=id', { ...all, method: 'POST' })).toEqual([
      403,
      'Forbidden (user=system:serviceaccount:default:all, verb=create, resource=nodes, subresource(s)=[proxy])\n',
    ])
  })

  it('runs a command and says all that it printed', async () => {
    const post = { ...administrator(), method: 'POST' }
    const { metadata } = (await client.get<KubeObject>({ ...PODS, name: 'busy' })) as KubeObject

    expect(await ask('/run/default/busy/c?cmd=/bin/busybox+echo+a+b', post)).toEqual([200, 'a b\n'])
    expect(await ask(`/run/default/busy/${metadata.uid}/c?cmd=/bin/busybox+true`, post)).toEqual([200, ''])
    expect(await ask('/run/default/busy/other/c?cmd=/bin/busybox+true', post)).toEqual([
      404,
      'pod "busy" does not exist',
    ])
    const [status, text] = await ask('/run/default/busy/c?cmd=/bin/busybox+cat+/none', post)
    expect([status, text]).toEqual([
      500,
      expect.stringContaining("command '/bin/busybox cat /none' exited with 1: cat:"),
    ])
  })

  it.each([
    ['itself', async () => kubelet().then(({ host, port }) => `wss://${host}:${port}`)],
    ['behind the API server', async () => `${cluster.url.replace('https', 'wss')}${PROXY}`],
  ])('talks with a command over a WebSocket: %s', async (_where, base) => {
    const command = ['/bin/busybox', 'echo', 'hi'].map((word) => `command=${encodeURIComponent(word)}`).join('&')
    const { certificateAuthority: ca } = parseKubeconfig(cluster.kubeconfig)
    const socket = new WebSocket(`${await base()}/exec/default/busy/c?output=1&${command}`, ['v4.channel.k8s.io'], {
      ...administrator(),
      ca,
    })
    const messages: [channel: number | undefined, text: string][] = []
    socket.on('message', (data: Buffer) => messages.push([data[0], data.subarray(1).toString()]))
    await once(socket, 'close')

    expect(messages).toEqual([
      [1, 'hi\n'],
      [3, '{"metadata":{},"status":"Success"}'],
    ])
  })

  it('takes another port where its own is taken, and the Node says which', async () => {
    const other = await startCluster({ nodes: 'simulated' })
    const third = await startCluster({ nodes: 'simulated' })
    await Promise.all([other.node, third.node])
    const ports = await Promise.all(
      [other, third].map(async ({ kubeconfig }) => {
        const theirs = new KubeClient(parseKubeconfig(kubeconfig))
        const node = await theirs.get<KubeObject>({ apiVersion: 'v1', kind: 'Node', name: 'slipway' })
        const health = await theirs.getText(`${PROXY}/healthz`)
        await theirs.close()
        return [health, node?.status.daemonEndpoints.kubeletEndpoint.Port]
      }),
    )
    await Promise.all([other.stop(), third.stop()])

    expect(ports.map(([health]) => health)).toEqual(['ok', 'ok'])
    expect(new Set(ports.map(([, port]) => port)).size).toBe(2)
  })
})

describe.skipIf(!builder || !metricsServer || !kubectl)(
  `the real metrics-server${metricsServer ? '' : ' (skipped: it could not be built here)'}`,
  () => {
    const kube = { namespace: 'kube-system' }
    const name = 'metrics-server'
    const account = { kind: 'ServiceAccount', name, ...kube }

    beforeAll(async () => {
      const socketPath = join(dirname(cluster.kubeconfigFile), 'podman', 'podman.sock')
      const engine = (await connectEngine({ candidates: [socketPath] }))!
      const dockerfile = 'FROM scratch\nCOPY metrics-server /\nENTRYPOINT ["/metrics-server"]\n'
      const context = layerTar({ [name]: [readFileSync(metricsServer!)], Dockerfile: dockerfile })
      await engine.build({ context, tags: [METRICS_IMAGE] })
      for (const object of objects()) await client.create(object)
    })

    /** What its own manifests say, in short; it trusts the cluster's CA for kubelets. */
    function objects(): KubeObject[] {
      const rbac = 'rbac.authorization.k8s.io'
      const binding = (
        kind: string,
        role: [kind: string, name: string],
        metadata: KubeObject['metadata'],
      ): KubeObject => ({
        ...{ apiVersion: `${rbac}/v1`, kind, metadata, subjects: [account] },
        roleRef: { apiGroup: rbac, kind: role[0], name: role[1] },
      })
      const rules = [
        { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] },
        { apiGroups: [''], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] },
      ]
      const args = [
        '--cert-dir=/tmp',
        '--secure-port=10250',
        '--kubelet-preferred-address-types=InternalIP',
        '--kubelet-use-node-status-port',
        '--kubelet-certificate-authority=/var/run/secrets/kubernetes.io/serviceaccount/ca.crt',
        '--metric-resolution=10s',
        '--kubelet-request-timeout=5s',
      ]
      const container = {
        ...{ name, image: METRICS_IMAGE, imagePullPolicy: 'IfNotPresent', args },
        ports: [{ name: 'https', containerPort: 10250 }],
        readinessProbe: { httpGet: { path: '/readyz', port: 'https', scheme: 'HTTPS' }, periodSeconds: 2 },
        securityContext: { readOnlyRootFilesystem: true, runAsNonRoot: true, runAsUser: 1000 },
        volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
      }
      const labels = { app: name }
      const spec = { serviceAccountName: name, volumes: [{ name: 'tmp', emptyDir: {} }], containers: [container] }
      return [
        { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, ...kube } },
        { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name: 'system:metrics-server' }, rules },
        binding('ClusterRoleBinding', ['ClusterRole', 'system:metrics-server'], { name }),
        binding('ClusterRoleBinding', ['ClusterRole', 'system:auth-delegator'], { name: `${name}:delegator` }),
        binding('RoleBinding', ['Role', 'extension-apiserver-authentication-reader'], { name, ...kube }),
        {
          ...{ apiVersion: 'v1', kind: 'Service', metadata: { name, ...kube } },
          spec: { selector: labels, ports: [{ name: 'https', port: 443, targetPort: 'https' }] },
        },
        {
          ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, ...kube } },
          spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
        },
        {
          ...{
            apiVersion: 'apiregistration.k8s.io/v1',
            kind: 'APIService',
            metadata: { name: 'v1beta1.metrics.k8s.io' },
          },
          spec: {
            ...{ group: 'metrics.k8s.io', version: 'v1beta1', service: { name, ...kube } },
            ...{ insecureSkipTLSVerify: true, groupPriorityMinimum: 100, versionPriority: 100 },
          },
        },
      ]
    }

    it('makes kubectl top answer for the node and for each container', async () => {
      const top = (...args: string[]): Promise<string> =>
        clientOf(kubectl!, cluster.kubeconfigFile)('top', ...args, '--no-headers').catch(String)

      await expect.poll(() => top('nodes'), SOON).toMatch(/^slipway\s+\d+m\s+\d+%\s+\d+Mi\s+\d+%/)
      await expect
        .poll(() => top('pods', '-n', namespace, '--containers'), SOON)
        .toMatch(/^busy\s+c\s+(1[5-9]|2[0-4])\dm\s+\d+Mi/)
      expect(await top('pods', '-n', 'kube-system')).toMatch(/^metrics-server-\S+\s+\d+m\s+[1-9]\d*Mi/)
    })

    it('lets kubectl autoscale make more pods of a Deployment that is busy', async () => {
      const labels = { app: 'load' }
      const { spec } = pod('load', { memory: '64Mi', cpu: '100m' })
      const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name: 'load' }
      await client.create({
        ...deployment,
        metadata: { name: 'load', namespace },
        spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
      })
      const run = clientOf(kubectl!, cluster.kubeconfigFile)
      await run('autoscale', 'deployment', 'load', '--cpu=20%', '--min=1', '--max=2')

      await waitForObject(client, deployment, ({ status }) => status?.readyReplicas === 2, SOON)
      expect(await run('get', 'hpa', 'load', '--no-headers')).toMatch(
        /^load\s+Deployment\/load\s+cpu: \d+%\/20%\s+1\s+2\s+2\s/,
      )
      expect(await run('describe', 'hpa', 'load')).toMatch(/SuccessfulRescale.*New size: 2; reason: cpu resource util/)
    })
  },
)
