import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chartArchive, startRegistry, type TestRegistry } from '../testing/index.ts'

let registry: TestRegistry
beforeAll(async () => {
  registry = await startRegistry()
  await put('shop', await chartArchive('shop', '1.0.0'))
})
afterAll(async () => {
  expect(registry.errors).toEqual([])
  await registry.stop()
  await registry.remove()
})

const put = (name: string, body: Buffer): Promise<Response> =>
  registry.client.send('PUT', `/helm/v1/repo/_blobs/${name}-1.0.0.tgz`, { body })
const indexText = async (): Promise<string> => (await registry.client.send('GET', '/helm/v1/repo/index.yaml')).text()

/** As OCI clients push a chart, with any config. */
async function pushArtifact(repository: string, config: string, archive = Buffer.from('a chart')): Promise<number> {
  const { client } = registry
  const [configDigest, layer] = [await client.pushBlob(repository, config), await client.pushBlob(repository, archive)]
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.cncf.helm.config.v1+json', digest: configDigest, size: config.length },
    layers: [
      {
        mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
        digest: layer,
        size: archive.length,
      },
    ],
  }
  return (await client.putManifest(repository, '1.0.0', JSON.stringify(manifest))).status
}

describe('an index, which Helm reads strictly', () => {
  it('has of a chart what Helm knows, as Helm reads it', async () => {
    const chartYaml = `apiVersion: v2
name: loose
version: 1.0.0
appVersion: 1.1
colour: blue
dependencies:
- name: shop
  version: 1.0.0
  repository: ""
  import-values: [{child: 1, parent: [2]}]
`
    const saved = await put('loose', await chartArchive('loose', '1.0.0', { 'Chart.yaml': chartYaml }))

    expect(saved.status).toBe(201)
    const index = await indexText()
    expect(index).toContain('appVersion: "1.1"')
    expect(index).not.toContain('colour')
  })

  it.each([
    ['a field of another type', 'apiVersion: v2\nname: typed\nversion: 1.0.0\nmaintainers: me\n'],
    ['a list with nothing in it', 'apiVersion: v2\nname: typed\nversion: 1.0.0\nmaintainers: [null]\n'],
  ])('takes no chart with %s', async (_, chartYaml) => {
    const refused = await put('typed', await chartArchive('typed', '1.0.0', { 'Chart.yaml': chartYaml }))

    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('helm package')])
  })

  const config = (name: string, more: object = {}): string =>
    JSON.stringify({ apiVersion: 'v2', name, version: '1.0.0', ...more })
  const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels))
  it.each([
    ['another name than its repository', 'helm/other', config('shop')],
    ['a field of another type', 'helm/typed', config('typed', { keywords: 'all' })],
    ['a config that is too large for one', 'helm/large', config('large', { home: 'x'.repeat(2_000_000) })],
    [
      'fields that are too deep to be written',
      'helm/deep',
      config('deep', { dependencies: [{ name: 'shop', version: '1', 'import-values': nested(997) }] }),
    ],
  ])('leaves out an artifact with %s', async (_, repository, text) => {
    const before = await indexText()

    expect(await pushArtifact(repository, text)).toBe(201)
    expect(await indexText()).toBe(before)
  })
})

it('a chart that is too large to be held is passed on, and not looked into', async () => {
  const large = Buffer.alloc(33 * 1024 * 1024, 'large')
  await pushArtifact('helm/huge', JSON.stringify({ apiVersion: 'v2', name: 'huge', version: '1.0.0' }), large)

  const file = await registry.client.send('GET', '/helm/v1/repo/_blobs/huge-1.0.0.tgz')
  const values = await registry.client.send('GET', '/api/repo/charts/huge/1.0.0/values')
  const other = await put('huge', await chartArchive('huge', '1.0.0'))

  expect(Buffer.from(await file.arrayBuffer()).equals(large)).toBe(true)
  expect([values.status, other.status]).toEqual([413, 409])
})

it('an archive that unpacks to nothing but headers is a bomb too', async () => {
  const header = Buffer.alloc(512)
  header.write('shop/empty')
  header.write('0000644\0', 100)
  header.write('00000000000\0', 124)
  header.write('ustar\x0000', 257)
  header.fill(' ', 148, 156)
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  )
  const bomb = gzipSync(Buffer.alloc(101 * 1024 * 1024, header))

  const refused = await put('shop', bomb)

  expect(bomb.length).toBeLessThan(1_000_000)
  expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('unpacks to more than')])
})
