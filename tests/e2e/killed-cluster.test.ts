import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { buildTestImage, testEngine } from '@slipway/container-engine/testing'
import { KubeClient, parseKubeconfig } from '@slipway/kube-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { waitForObject } from '../../apps/slipway/src/story/wait.ts'
import { type ClusterProcess, startClusterProcess } from './cluster-process.ts'

const IMAGE = 'localhost/slipway-killed-cluster/busybox:1'
const root = mkdtempSync(join(tmpdir(), 'slipway-killed-cluster-'))
const env = { ...process.env, TMPDIR: root }
const builder = await testEngine(process.env)
const ending: ClusterProcess[] = []

interface Started {
  cluster: ClusterProcess
  folder: string
  namespace: string
  client: KubeClient
}

/** A cluster without a data folder that runs a pod. */
async function startWithPod(namespace: string): Promise<Started> {
  const cluster = startClusterProcess([], env)
  ending.push(cluster)
  await cluster.ready
  const file = /KUBECONFIG=(.*)/.exec(cluster.output())?.[1] ?? ''
  const client = new KubeClient(parseKubeconfig(readFileSync(file, 'utf8')))
  const spec = {
    containers: [{ name: 'main', image: IMAGE, imagePullPolicy: 'Never', command: ['/bin/busybox', 'sleep', '10000'] }],
    volumes: [{ name: 'memory', emptyDir: { medium: 'Memory' } }],
  }
  await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  await client.create({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace }, spec })
  const ref = { apiVersion: 'v1', kind: 'Pod', name: 'web', namespace }
  await waitForObject(client, ref, ({ status }) => status?.phase === 'Running')
  return { cluster, folder: dirname(file), namespace, client }
}

const containersOf = async (namespace: string): Promise<number> =>
  (await builder?.engine.list({ labels: { 'io.kubernetes.pod.namespace': namespace } }))?.length ?? 0

/** Command lines of processes that name the folder. */
const processesOf = (folder: string): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(commandLine)
    .filter((line) => line.includes(folder))

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

const localRoutes = (): string[] =>
  execFileSync('ip', ['route', 'show', 'table', 'local'], { encoding: 'utf8' }).match(/(?<=^local )10\.\S+\/22/gm) ?? []

beforeAll(async () => {
  if (builder) await buildTestImage(builder.engine, IMAGE)
})
afterAll(async () => {
  await Promise.all(ending.map((cluster) => cluster.end('SIGTERM')))
  await builder?.stop()
  rmSync(root, { recursive: true, force: true })
})

describe.skipIf(!builder)('a cluster that was killed', () => {
  it('leaves nothing behind once another one has started, and one that lives loses nothing', async () => {
    const before = localRoutes()
    const killed = await startWithPod(`killed-${process.pid}`)
    const routes = localRoutes().filter((route) => !before.includes(route))
    const living = await startWithPod(`living-${process.pid}`)
    await killed.client.close()
    await killed.cluster.end('SIGKILL')
    expect(await containersOf(killed.namespace)).toBe(2)

    const next = startClusterProcess([], env)
    ending.push(next)
    await next.ready

    await expect
      .poll(() => next.output(), { timeout: 20_000 })
      .toContain(`removed what killed clusters had left: ${killed.folder} (containers: 2)`)
    expect(existsSync(killed.folder)).toBe(false)
    expect(await containersOf(killed.namespace)).toBe(0)
    await expect.poll(() => processesOf(killed.folder)).toEqual([])
    expect(localRoutes().filter((route) => routes.includes(route))).toEqual([])
    expect(existsSync(living.folder)).toBe(true)
    expect(await containersOf(living.namespace)).toBe(2)
    await living.client.close()
  })
})
