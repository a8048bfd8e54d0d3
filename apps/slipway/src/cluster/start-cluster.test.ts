import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { KubeClient, parseKubeconfig } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { afterEach, describe, expect, it } from 'vitest'
import { waitFor } from '../story/wait.ts'
import { type Cluster, type ClusterOptions, startCluster } from './start-cluster.ts'

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

async function start(options: ClusterOptions): Promise<{ cluster: Cluster; client: KubeClient }> {
  const cluster = await startCluster(options)
  stops.push(() => cluster.stop())
  const client = new KubeClient(parseKubeconfig(cluster.kubeconfig))
  stops.push(() => client.close())
  return { cluster, client }
}

const ref = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name })
const note = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
})

describe('startCluster', () => {
  it('gives clusters that know nothing of each other, and leaves nothing behind', async () => {
    const [a, b] = await Promise.all([start({ nodes: 'none' }), start({ nodes: 'none' })])

    await a.client.create(note('mine'))

    expect(await b.client.get(ref('mine'))).toBeUndefined()
    const folder = dirname(a.cluster.kubeconfigFile)
    expect(existsSync(folder)).toBe(true)
    await a.cluster.stop()
    expect(existsSync(folder)).toBe(false)
  })

  it('keeps its state in a data folder, under the same certificates', async () => {
    const data = mkdtempSync(join(tmpdir(), 'slipway-cluster-test-'))
    stops.push(async () => rmSync(data, { recursive: true, force: true }))
    const first = await start({ data, nodes: 'none' })
    await first.client.create(note('kept'))
    await first.cluster.stop()

    const second = await start({ data, nodes: 'none', port: Number(new URL(first.cluster.url).port) })

    expect(second.cluster.kubeconfig).toBe(first.cluster.kubeconfig)
    expect(await second.client.get(ref('kept'))).toBeTruthy()
    await expect(startCluster({ data, nodes: 'none' })).rejects.toMatchObject({ code: 'DATA_DIR_IN_USE' })
  })

  it('runs the pods of workloads on a simulated node', async () => {
    const { cluster, client } = await start({ nodes: 'simulated' })
    const labels = { app: 'web' }
    await client.create({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'example.com/web:1' }] } },
      },
    })

    const deployments = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default' }
    await waitFor(client, deployments, ([deployment]) => deployment?.status?.readyReplicas === 2)

    expect(await cluster.node).toBe('simulated')
  })
})
