import { mkdtempSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadChart, packageChart } from '@slipway/helm-chart'
import { KubeClient, parseKubeconfig } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run as stopServer } from '../../apps/slipway/src/commands/down.ts'
import { DataFolder } from '../../apps/slipway/src/data-folder.ts'
import { nodePlatform } from '../../apps/slipway/src/helm/node-platform.ts'
import { startServerProcess } from '../../apps/slipway/src/story/server-process.ts'

const PROGRAM = fileURLToPath(new URL('../../apps/slipway/bin/slipway.cjs', import.meta.url))
const data = mkdtempSync(join(tmpdir(), 'slipway-hostile-'))
const HELM_RELEASES = { apiVersion: 'helm.fluxcd.io/v1', kind: 'HelmRelease', namespace: 'default' }

/** By the name of the chart. */
const templates = {
  endless: '{{ range until 1000000 }}{{ range until 1000000 }}{{ $x := add 1 2 }}{{ end }}{{ end }}',
  ordinary: 'kind: ConfigMap\napiVersion: v1\nmetadata: {name: ordinary}\n',
}

let client: KubeClient
let repository: Server

beforeAll(async () => {
  repository = await serveCharts()
  const ports = ['--http-port', '0', '--ssh-port', '0', '--kube-port', '0']
  await startServerProcess(PROGRAM, data, [...ports, '--nodes', 'simulated'])
  client = new KubeClient(parseKubeconfig(new DataFolder(data).read('kubeconfig') ?? ''))
})

afterAll(async () => {
  await client?.close()
  await stopServer({ data, purge: true })
  repository?.close()
})

/** A repository of charts over HTTP. */
async function serveCharts(): Promise<Server> {
  const archives = new Map<string, Uint8Array>()
  for (const [name, template] of Object.entries(templates)) {
    const files = { 'Chart.yaml': `apiVersion: v2\nname: ${name}\nversion: 1.0.0\n`, 'templates/a.yaml': template }
    const chart = Object.entries(files).map(([path, text]) => ({ name: path, data: Buffer.from(text) }))
    archives.set(`/${name}-1.0.0.tgz`, packageChart(loadChart(chart, nodePlatform), nodePlatform).data)
  }
  const entries = Object.keys(templates).map(
    (name) => `  ${name}: [{apiVersion: v2, name: ${name}, version: 1.0.0, urls: [${name}-1.0.0.tgz]}]\n`,
  )
  const index = `apiVersion: v1\nentries:\n${entries.join('')}`
  const server = createServer(({ url = '' }, response) => response.end(archives.get(url) ?? index))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

async function release(chart: keyof typeof templates): Promise<void> {
  const url = `http://127.0.0.1:${(repository.address() as AddressInfo).port}`
  await client.create({
    ...HELM_RELEASES,
    metadata: { name: chart, namespace: 'default' },
    spec: { chart: { repository: url, name: chart, version: '1.0.0' } },
  } as KubeObject)
}

/** The phase in which each release came to rest, in the order in which they did. */
async function ends(names: readonly string[]): Promise<string[]> {
  const seen: string[] = []
  while (seen.length < names.length) {
    const { items } = await client.list<KubeObject>(HELM_RELEASES)
    for (const { metadata, status } of items) {
      const end = `${metadata.name} ${status?.phase}`
      if (names.includes(metadata.name) && /Succeeded|Failed/.test(end) && !seen.includes(end)) seen.push(end)
    }
  }
  return seen
}

describe('a chart that never ends', () => {
  it('holds up neither the API nor other releases, and fails for what it is', async () => {
    await release('endless')
    await release('ordinary')

    expect(await ends(['endless', 'ordinary'])).toEqual(['ordinary Succeeded', 'endless DeployFailed'])
  })
})
