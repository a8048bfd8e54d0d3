import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GitClient } from '@slipway/git-client'
import { loadArchive, loadChart, packageChart } from '@slipway/helm-chart'
import { crds, HelmController, renderHere } from '@slipway/helm-controller'
import { InformerSet, KubeClient, parseKubeconfig } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startCluster } from '../cluster/start-cluster.ts'
import { nodePlatform } from '../helm/node-platform.ts'
import { waitFor } from '../story/wait.ts'
import { installKinds } from './bootstrap.ts'

const RELEASE = { apiVersion: 'helm.fluxcd.io/v1', kind: 'HelmRelease' }
const settings = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'default-odd' }

let client: KubeClient
const stops: (() => unknown)[] = []

/** A chart with a field that no ConfigMap has. */
const template =
  'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}, odd: 1}\nodd: {a: b}\ndata: {size: "{{ .Values.size }}"}\n'
const files = { 'Chart.yaml': 'apiVersion: v2\nname: odd\nversion: 1.0.0\n', 'templates/a.yaml': template }
const chart = loadChart(
  Object.entries(files).map(([name, text]) => ({ name, data: Buffer.from(text) })),
  nodePlatform,
)
const { data: archive } = packageChart(chart, nodePlatform)

beforeAll(async () => {
  const cluster = await startCluster({ nodes: 'none' })
  stops.unshift(() => cluster.stop())
  client = new KubeClient(parseKubeconfig(cluster.kubeconfig))
  stops.unshift(() => client.close())
  await installKinds(client, crds)
  const folder = mkdtempSync(join(tmpdir(), 'slipway-validation-'))
  stops.unshift(() => rmSync(folder, { recursive: true }))
  const informers = new InformerSet(client)
  stops.unshift(() => informers.stop())
  const controller = new HelmController({
    client,
    informers,
    charts: { download: async () => ({ archive, version: '1.0.0' }) },
    read: async () => ({
      rendering: renderHere(loadArchive(archive, nodePlatform), nodePlatform),
      readFile: async () => undefined,
    }),
    git: new GitClient({ folder }),
    platform: nodePlatform,
  })
  await controller.start()
  stops.unshift(() => controller.stop())
})
afterAll(async () => {
  for (const stop of stops) await stop()
})

/** Writes the HelmRelease, and resolves to why it is not released; undefined when it is. */
async function faultOf(spec: object): Promise<string | undefined> {
  const object = { ...RELEASE, metadata: { name: 'odd', namespace: 'default' }, spec } as KubeObject
  const { generation } = (await client.apply(object, { fieldManager: 'test' })).metadata
  const isDone = ([one]: KubeObject[]): boolean =>
    one?.status?.observedGeneration === generation && /Succeeded|Failed/.test(one?.status?.phase)
  const [found] = await waitFor(client, RELEASE, isDone)
  const conditions = found?.status?.conditions as { type: string; status: string; message: string }[]
  return conditions.find(({ type, status }) => type === 'Released' && status === 'False')?.message
}

it('fields that a kind does not have are refused, and are left out with disableOpenAPIValidation, also where drift is healed', async () => {
  const source = { repository: 'https://charts.example.com', name: 'odd', version: '1.0.0' }
  expect(await faultOf({ chart: source, values: { size: 1 } })).toContain('.odd: field not declared in schema')
  expect(await client.get(settings)).toBeUndefined()

  const spec = { chart: source, disableOpenAPIValidation: true }
  expect(await faultOf({ ...spec, values: { size: 1 } })).toBeUndefined()
  expect(await faultOf({ ...spec, values: { size: 2 } })).toBeUndefined()
  expect((await client.get<KubeObject>(settings))?.data).toEqual({ size: '2' })

  await client.delete(settings)
  await waitFor(client, { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default' }, (maps) =>
    maps.some(({ metadata, data }) => metadata.name === settings.name && data?.size === '2'),
  )
})
