import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { loadChart, type Platform } from '@slipway/helm-chart'
import type { KubeClient } from '@slipway/kube-client'
import { MemoryApiServer } from '@slipway/kube-client/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ReleaseRenderer } from './renderer.ts'
import { type RenderTask, renderHere } from './rendering.ts'
import { SchemaDocuments } from './schema-documents.ts'

const server = new MemoryApiServer([{ apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' }])
const platform = {
  now: () => new Date('2026-01-01T00:00:00Z'),
  randomBytes: () => new Uint8Array(1),
} as unknown as Platform
let client: KubeClient

beforeAll(async () => {
  client = await server.start()
  for (const [name, next] of [
    ['first', 'second'],
    ['second', ''],
  ]) {
    await client.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'apps', labels: { part: 'chain' } },
      data: { next },
    } as never)
  }
})
afterAll(async () => {
  await client.close()
  await server.stop()
})

async function rendered(
  template: string,
  more: Readonly<Record<string, string>> = {},
  flags: Pick<RenderTask, 'enableDns'> = {},
): Promise<string> {
  const files = { 'Chart.yaml': 'apiVersion: v2\nname: demo\nversion: 0.1.0\n', 'templates/a.yaml': template, ...more }
  const chart = loadChart(
    Object.entries(files).map(([name, text]) => ({ name, data: Buffer.from(text) })),
    platform,
  )
  const request = { values: {}, name: 'rel', namespace: 'apps', revision: 1, isUpgrade: false, ...flags }
  const { release } = await new ReleaseRenderer(client, new SchemaDocuments(platform.now)).render({
    ...request,
    rendering: renderHere(chart, platform),
    firstDeployed: undefined,
  })
  return (release.manifest ?? '').replace('---\n# Source: demo/templates/a.yaml\n', '')
}

describe('a template that looks objects up', () => {
  it('finds them by name, and by what it found before', async () => {
    const chain = `{{ $first := lookup "v1" "ConfigMap" "apps" "first" -}}
a: {{ $first.data.next }}
b: {{ (lookup "v1" "ConfigMap" "apps" $first.data.next).metadata.labels.part }}`

    expect(await rendered(chain)).toBe('a: second\nb: chain\n')
  })

  it('finds all of a kind, in one namespace and in all', async () => {
    const lists = `a: {{ (lookup "v1" "ConfigMap" "apps" "").items | len }}
b: {{ (lookup "v1" "ConfigMap" "" "").items | len }}
c: {{ (lookup "v1" "ConfigMap" "other" "").items | len }}`

    expect(await rendered(lists)).toBe('a: 2\nb: 2\nc: 0\n')
  })

  it('finds nothing where there is nothing, and of kinds that their group does not have', async () => {
    const nothing = `a: {{ lookup "v1" "ConfigMap" "apps" "third" | len }}
b: {{ lookup "v1" "Thing" "apps" "third" | len }}`

    expect(await rendered(nothing)).toBe('a: 0\nb: 0\n')
  })

  it('fails for want of an object only when it is not there', async () => {
    const wanting = (name: string) =>
      `{{ $map := lookup "v1" "ConfigMap" "apps" "${name}" -}}
{{ if not $map }}{{ fail "no such map" }}{{ end -}}
a: {{ $map.data.next }}`

    expect(await rendered(wanting('first'))).toBe('a: second\n')
    await expect(rendered(wanting('third'))).rejects.toThrow('no such map')
  })

  it('fails when the cluster does not have the group', async () => {
    await expect(rendered('a: {{ lookup "example.com/v1" "Thing" "apps" "third" | len }}')).rejects.toThrow(
      'error calling lookup: unable to get apiresource from unstructured: example.com/v1, Kind=Thing: the server could not find the requested resource',
    )
  })

  it('ends, although it asks for another object each time', async () => {
    let asked = 0
    const restless = { now: () => new Date(1000 * ++asked) } as Platform
    const files = [
      { name: 'Chart.yaml', data: Buffer.from('apiVersion: v2\nname: demo\nversion: 0.1.0\n') },
      {
        name: 'templates/a.yaml',
        data: Buffer.from('a: {{ lookup "v1" "ConfigMap" "apps" (now | unixEpoch) | len }}'),
      },
    ]
    const request = {
      values: {},
      name: 'rel',
      namespace: 'apps',
      revision: 1,
      isUpgrade: false,
      firstDeployed: undefined,
    }

    const { release } = await new ReleaseRenderer(client, new SchemaDocuments(restless.now)).render({
      ...request,
      rendering: renderHere(loadChart(files, restless), restless),
    })

    expect(release.manifest).toContain('a: 0')
  })
})

describe('a template that asks for the address of a host', () => {
  const template = 'a: {{ getHostByName (getHostByName "127.0.0.1") | quote }}\n'

  it('gets it where that is allowed', async () => {
    expect(await rendered(template, {}, { enableDns: true })).toBe('a: "127.0.0.1"\n')
  })

  it('gets nothing where it is not', async () => {
    expect(await rendered(template)).toBe('a: ""\n')
  })

  it('fails in the words of Helm where there is no such host', async () => {
    await expect(rendered('a: {{ getHostByName "" }}\n', {}, { enableDns: true })).rejects.toThrow(
      'error calling getHostByName: invalid argument to Intn',
    )
  })
})

describe('schemas of other places', () => {
  const web = createServer(({ url }, response) => {
    if (url === '/port.json') response.end('{"type":"integer"}')
    else response.writeHead(503).end()
  })
  let base: string

  beforeAll(async () => {
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
    base = `http://127.0.0.1:${(web.address() as AddressInfo).port}`
  })
  afterAll(() => {
    web.closeAllConnections()
    web.close()
  })

  it('are fetched before a chart is rendered', async () => {
    const schema = JSON.stringify({ properties: { port: { $ref: `${base}/port.json` } } })

    await expect(rendered('a: 1\n', { 'values.schema.json': schema, 'values.yaml': 'port: 80' })).resolves.toBe(
      'a: 1\n',
    )
  })

  it('are waited for when they can be had later', async () => {
    const schema = JSON.stringify({ $ref: `${base}/later.json` })

    await expect(rendered('a: 1\n', { 'values.schema.json': schema })).rejects.toMatchObject({
      class: 'transient',
      code: 'CHART_SCHEMA_UNREACHABLE',
      message: expect.stringContaining(`HTTP request to ${base}/later.json returned status 503 (Service Unavailable)`),
    })
  })
})
