import { execFileSync } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { buildTestImage, testEngine } from '@slipway/container-engine/testing'
import { KubeClient, parseKubeconfig } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { waitFor, waitForObject } from '../../apps/slipway/src/story/wait.ts'
import { type ClusterProcess, startClusterProcess } from './cluster-process.ts'

const IMAGE = 'localhost/slipway-cluster-ports/busybox:1'
const root = mkdtempSync(join(tmpdir(), 'slipway-cluster-ports-'))
const namespace = `ports-${process.pid}`
const core = { apiVersion: 'v1', namespace }

const builder = await testEngine(process.env)
const canRedirect = builder !== undefined && process.getuid?.() === 0 && nft('list', 'tables') !== undefined

let cluster: ClusterProcess
let client: KubeClient
let table: string
const others: Server[] = []

function nft(...args: string[]): string | undefined {
  try {
    return execFileSync('nft', args, { stdio: ['ignore', 'pipe', 'ignore'] }).toString()
  } catch {
    return undefined
  }
}

async function start(): Promise<void> {
  const file = join(root, 'kubeconfig')
  cluster = startClusterProcess(['--data', join(root, 'data'), '--kubeconfig', file])
  await cluster.ready
  client = new KubeClient(parseKubeconfig(readFileSync(file, 'utf8')))
  const node = { apiVersion: 'v1', kind: 'Node', name: 'slipway' }
  await waitForObject(client, node, ({ status }) =>
    status?.conditions?.some(({ type, status }: Record<string, string>) => type === 'Ready' && status === 'True'),
  )
}

beforeAll(async () => {
  if (!builder || !canRedirect) return
  await buildTestImage(builder.engine, IMAGE)
  await start()
  const range = { apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR', name: 'kubernetes' }
  await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } } as KubeObject)
  table = `slipway-${(await client.get<KubeObject>(range))?.spec.cidrs[0]}`
})

afterAll(async () => {
  for (const other of others) other.close()
  await cluster?.end('SIGTERM')
  await builder?.stop()
  rmSync(root, { recursive: true, force: true })
})

/** Another program of this machine, which listens at all addresses; 0 takes any port. Resolves to the port. */
async function otherProgram(port: number): Promise<number> {
  const server = createServer((socket) => socket.end('other'))
  await once(server.listen(port, '0.0.0.0'), 'listening')
  others.push(server)
  return (server.address() as AddressInfo).port
}

/** One that answers datagrams with a word. */
async function datagramsOf(word: string): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.on('message', (_message, { port, address }) => socket.send(word, port, address))
  await once(socket.bind(0, '0.0.0.0'), 'listening')
  return socket
}

/** What somebody at an address says of himself. */
const ask = (host: string, port: number): Promise<string> => text(connect({ host, port }))

const pod = (name: string, text: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, labels: { app: name } },
  spec: {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 0,
    containers: [
      { name: 'c', image: IMAGE, imagePullPolicy: 'IfNotPresent', command: ['/bin/busybox', 'sh', '-c', text] },
    ],
  },
})

/** What a pod printed when it has ended. */
async function outputOf(name: string): Promise<string> {
  const ended = { ...core, kind: 'Pod', name }
  await waitForObject(client, ended, ({ status }) => /Succeeded|Failed/.test(status?.phase))
  return client.getText(`/api/v1/namespaces/${namespace}/pods/${name}/log`)
}

async function serviceOf(name: string, spec: object): Promise<KubeObject['spec']> {
  const metadata = { name, namespace }
  const service = await client.create({ apiVersion: 'v1', kind: 'Service', metadata, spec } as KubeObject)
  return service.spec
}

async function nodeAddress(): Promise<string> {
  const node = await client.get<KubeObject>({ apiVersion: 'v1', kind: 'Node', name: 'slipway' })
  return node?.status.addresses[0].address
}

/** Resolves when the kernel leads what comes to the port elsewhere. */
const redirected = (host: string, port: number) =>
  expect.poll(() => nft('list', 'table', 'ip', table), { timeout: 60_000 }).toContain(`${host} . ${port} :`)

describe.skipIf(!canRedirect)('a port of a Service', () => {
  it('is the Service’s also where another program listens at all addresses of this machine', async () => {
    const port = await otherProgram(0)
    await client.create(pod('shop', '/bin/busybox nc -ll -p 8080 -e /bin/busybox echo shop'))
    const { clusterIP } = await serviceOf('shop', { selector: { app: 'shop' }, ports: [{ port, targetPort: 8080 }] })
    await redirected(clusterIP, port)
    await client.create(pod('shopper', `/bin/busybox nc shop ${port} < /dev/null`))

    expect(await ask(clusterIP, port)).toBe('shop\n')
    expect(await outputOf('shopper')).toBe('shop\n')
    expect(await ask('127.0.0.1', port)).toBe('other')
  })

  it('is free for another program that listens at all addresses later', async () => {
    const [server] = others as [Server]
    const { port } = server.address() as AddressInfo
    others.shift()
    server.close()
    await otherProgram(port)
    const { spec } = (await client.get<KubeObject>({ ...core, kind: 'Service', name: 'shop' })) as KubeObject

    expect(await ask(spec.clusterIP, port)).toBe('shop\n')
    expect(await ask('127.0.0.1', port)).toBe('other')
  })

  it('refuses connections where the Service has no endpoints, whoever listens at all addresses', async () => {
    const port = await otherProgram(0)
    const { clusterIP } = await serviceOf('empty', { selector: { app: 'nobody' }, ports: [{ port }] })

    await expect(ask(clusterIP, port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await client.create(pod('visitor', `/bin/busybox nc empty ${port} < /dev/null 2>&1`))
    expect(await outputOf('visitor')).toContain('refused')
  })

  it('leads a pod to itself', async () => {
    const port = await otherProgram(0)
    const serving = '/bin/busybox nc -ll -p 8080 -e /bin/busybox echo mirror'
    const text = `${serving} & until /bin/busybox nc mirror.${namespace} ${port} < /dev/null; do /bin/busybox sleep 0.1; done`
    await client.create(pod('mirror', text))
    await serviceOf('mirror', { selector: { app: 'mirror' }, ports: [{ port, targetPort: 8080 }] })

    expect(await outputOf('mirror')).toContain('mirror\n')
  })

  it('takes datagrams, of whoever sent some when nobody took them, too', async () => {
    const [other, backend] = [await datagramsOf('other'), await datagramsOf('backend')]
    const { port } = other.address()
    const spec = { type: 'NodePort', ports: [{ port, protocol: 'UDP' }] }
    const { clusterIP, ports } = await serviceOf('datagrams', spec)
    const node = await nodeAddress()
    const addresses = [
      { host: clusterIP, port },
      { host: node, port: ports[0].nodePort },
    ]
    const callers = addresses.map(({ host, port }) => ({ host, port, socket: createSocket('udp4') }))
    // The kernel refuses the first and takes the second, which reaches nobody.
    for (const { socket, host, port } of callers)
      await new Promise((resolve) => socket.send('early', port, host, resolve))
    await client.create({
      ...{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4' },
      metadata: { name: 'datagrams', namespace, labels: { 'kubernetes.io/service-name': 'datagrams' } },
      endpoints: [{ addresses: [node] }],
      ports: [{ port: backend.address().port, protocol: 'UDP' }],
    } as unknown as KubeObject)
    for (const { host, port } of callers) await redirected(host, port)

    const answers = []
    for (const { socket, host, port } of callers) {
      socket.send('hello', port, host)
      const [answer, from] = await once(socket, 'message')
      answers.push([String(answer), from.address, from.port])
    }

    for (const socket of [other, backend, ...callers.map(({ socket }) => socket)]) socket.close()
    expect(answers).toEqual(addresses.map(({ host, port }) => ['backend', host, port]))
  })

  it('is that of Ingresses at the address of the node', async () => {
    const backend = { service: { name: 'shop', port: { number: 80 } } }
    const rules = [{ host: 'shop.test', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }]
    const metadata = { name: 'shop', namespace }
    await client.create({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata,
      spec: { rules },
    } as KubeObject)
    const node = await nodeAddress()
    await redirected(node, 80)

    expect((await fetch(`http://${node}/`)).status).toBe(404)
  })

  it('is that of kubelets at the address of the node, and free for another kubelet of this machine', async () => {
    // Another program of this machine may have it already, which is as good.
    await otherProgram(10_250).catch(() => {})
    const { status } = (await client.get<KubeObject>({ apiVersion: 'v1', kind: 'Node', name: 'slipway' })) as KubeObject

    expect(status.daemonEndpoints.kubeletEndpoint.Port).toBe(10_250)
    expect(await client.getText('/api/v1/nodes/slipway/proxy/healthz')).toBe('ok')
  })

  it('is led nowhere that a killed process left', async () => {
    await client.close()
    await cluster.end('SIGKILL')
    const [range = ''] = table.replace('slipway-', '').split('/')
    nft('add', 'element', 'ip', table, 'streams', `{ ${range} . 7 : 7 }`)
    const left = nft('list', 'table', 'ip', table)
    await start()

    const now = nft('list', 'table', 'ip', table)
    expect([left, now].map((rules) => rules?.includes(`${range} . 7 : 7`))).toEqual([true, false])
  })

  it('is led nowhere when the server has stopped', async () => {
    await client.delete({ apiVersion: 'v1', kind: 'Namespace', name: namespace })
    await waitFor(client, { ...core, kind: 'Pod' }, (pods) => pods.length === 0)
    await client.close()
    await cluster.end('SIGTERM')

    expect(nft('list', 'tables')).not.toContain(table)
  })
})
