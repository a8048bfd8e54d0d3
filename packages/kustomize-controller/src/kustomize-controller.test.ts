import { createHash } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createGzip } from 'node:zlib'
import type { Controller } from '@slipway/controller-runtime'
import { InformerSet, type KubeClient, type ObjectRef } from '@slipway/kube-client'
import { MemoryApiServer } from '@slipway/kube-client/testing'
import type { KubeObject } from '@slipway/kube-objects'
import { pack } from 'tar-stream'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Kustomization } from './index.ts'
import { kustomizeController } from './index.ts'

const KINDS = [
  { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' },
  { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false },
  { apiVersion: 'v1', kind: 'Event', plural: 'events' },
  { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments' },
  { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository', plural: 'gitrepositories' },
  { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization', plural: 'kustomizations' },
]
const SOURCE = {
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'GitRepository',
  namespace: 'flux-system',
  name: 'manifests',
}
const OWN = {
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  namespace: 'flux-system',
  name: 'apps',
}

let api: MemoryApiServer
let client: KubeClient
let controller: Controller
let informers: InformerSet
let artifacts: Server
let artifact: Buffer
let revisions = 0

beforeEach(async () => {
  api = new MemoryApiServer(KINDS)
  client = await api.start()
  artifacts = createServer((_request, response) => response.end(artifact))
  await new Promise<void>((resolve) => artifacts.listen(0, '127.0.0.1', resolve))
  informers = new InformerSet(client)
  controller = kustomizeController({ client, informers })
  await client.create({ ...SOURCE, metadata: { namespace: 'flux-system', name: 'manifests' }, spec: {} })
  await client.create<Kustomization>({
    ...OWN,
    metadata: { namespace: 'flux-system', name: 'apps' },
    spec: { interval: '10m', prune: true, sourceRef: { kind: 'GitRepository', name: 'manifests' } },
  })
  await controller.start()
})
afterEach(async () => {
  await controller.stop()
  await informers.stop()
  await client.close()
  await api.stop()
  artifacts.closeAllConnections()
  await new Promise((resolve) => artifacts.close(resolve))
})

/** Makes a tree the source's artifact; resolves to its revision. */
async function push(files: Record<string, string>): Promise<string> {
  const tar = pack()
  for (const [name, content] of Object.entries(files)) tar.entry({ name }, content)
  tar.finalize()
  artifact = Buffer.concat(await (tar as unknown as NodeJS.ReadableStream).pipe(createGzip()).toArray())
  const revision = `master@sha1:${++revisions}`
  const digest = `sha256:${createHash('sha256').update(artifact).digest('hex')}`
  const url = `http://127.0.0.1:${(artifacts.address() as AddressInfo).port}/${revisions}.tar.gz`
  await client.patch(SOURCE, 'merge', { status: { artifact: { url, revision, digest } } }, { subresource: 'status' })
  return revision
}

/** The Kustomization once it has dealt with a revision. */
function settled(revision: string): Promise<Kustomization> {
  return vi.waitFor(
    async () => {
      const found = await client.get<Kustomization>(OWN)
      expect(found?.status?.lastAttemptedRevision).toBe(revision)
      return found as Kustomization
    },
    { timeout: 15_000, interval: 5 },
  )
}

const pushed = async (files: Record<string, string>): Promise<Kustomization> => settled(await push(files))
const ref = (name: string, namespace = 'default'): ObjectRef => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  namespace,
  name,
})
const configMap = (name: string, value = 'x'): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  key: ${value}\n`
const readyOf = ({ status }: Kustomization): object | undefined =>
  status?.conditions?.find(({ type }) => type === 'Ready')

describe('kustomizeController', () => {
  it('applies plain files and kustomizations, and says so as Flux does', async () => {
    const kustomization = await pushed({
      'ns.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: prod\n',
      'a/one.yaml': configMap('one'),
      'b/kustomization.yaml': 'namespace: prod\nnamePrefix: b-\nresources: [two.yaml]\n',
      'b/two.yaml': configMap('two'),
      'chart/Chart.yaml': 'name: chart\n',
      'chart/templates/x.yaml': '{{ not yaml }}',
      '.github/ci.yaml': 'on: push',
    })

    const { lastAppliedRevision = '', inventory } = kustomization.status ?? {}
    expect(readyOf(kustomization)).toMatchObject({
      status: 'True',
      reason: 'ReconciliationSucceeded',
      message: `Applied revision: ${lastAppliedRevision}`,
    })
    expect(inventory?.entries).toEqual([
      { id: '_prod__Namespace', v: 'v1', file: 'ns.yaml' },
      { id: 'default_one__ConfigMap', v: 'v1', file: 'a/one.yaml' },
      { id: 'prod_b-two__ConfigMap', v: 'v1', file: 'b/two.yaml', unit: 'b' },
    ])
    expect((await client.get<KubeObject>(ref('one')))?.metadata.labels).toEqual({
      'kustomize.toolkit.fluxcd.io/name': 'apps',
      'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
    })
    expect(await client.get(ref('b-two', 'prod'))).toBeDefined()
  })

  it('reports what is broken with file and line, and applies the rest', async () => {
    await pushed({
      'good.yaml': configMap('good', 'first'),
      'bad.yaml': configMap('was-good'),
      'gone.yaml': configMap('gone'),
    })
    const kustomization = await pushed({
      'good.yaml': configMap('good', 'second'),
      'bad.yaml': 'apiVersion: v1\nkind: [ConfigMap\n',
      'kind.yaml': 'apiVersion: x.io/v1\nkind: Thing\nmetadata:\n  name: t\n',
      'twice.yaml': `${configMap('good', 'third')}`,
    })

    expect((await client.get<KubeObject>(ref('good')))?.data).toEqual({ key: 'second' })
    expect(await client.get(ref('was-good'))).toBeDefined()
    expect(await client.get(ref('gone'))).toBeUndefined()
    expect(kustomization.status?.failures).toMatchObject([
      { file: 'bad.yaml', line: expect.any(Number) },
      { file: 'kind.yaml', line: 4, object: 'Thing/t', reason: expect.stringContaining('no matches for kind "Thing"') },
      {
        file: 'twice.yaml',
        object: 'ConfigMap/default/good',
        reason: 'defined twice: good.yaml:4 is used, twice.yaml:4 is not',
      },
    ])
    expect(readyOf(kustomization)).toMatchObject({ status: 'False', reason: 'ReconciliationFailed' })
    expect(kustomization.status?.lastAppliedRevision).not.toBe(kustomization.status?.lastAttemptedRevision)

    const mended = await pushed({ 'good.yaml': configMap('good', 'second') })
    expect(readyOf(mended)).toMatchObject({ status: 'True' })
    expect(mended.status?.failures).toBeUndefined()
    expect(await client.get(ref('was-good'))).toBeUndefined()
  })

  it('puts back what someone edits or deletes', async () => {
    await pushed({ 'one.yaml': configMap('one', 'wanted') })
    await client.patch(ref('one'), 'merge', { data: { key: 'edited' } }, { fieldManager: 'kubectl-edit' })
    await expect.poll(async () => (await client.get<KubeObject>(ref('one')))?.data).toEqual({ key: 'wanted' })

    await client.delete(ref('one'))
    await expect.poll(() => client.get(ref('one'))).toBeDefined()
  })

  it('leaves alone what asks for it', async () => {
    await pushed({ 'one.yaml': configMap('one', 'wanted') })
    const annotations = { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' }
    await client.patch(ref('one'), 'merge', { metadata: { annotations }, data: { key: 'edited' } })
    await pushed({ 'one.yaml': configMap('one', 'newer') })

    expect((await client.get<KubeObject>(ref('one')))?.data).toEqual({ key: 'edited' })
  })

  it('writes nothing when nothing changed', async () => {
    const first = await pushed({ 'one.yaml': configMap('one') })
    const before = await client.get<KubeObject>(ref('one'))
    const second = await pushed({ 'one.yaml': configMap('one'), 'two.yaml': configMap('two') })

    expect(await client.get(ref('one'))).toEqual(before)
    expect(second.status?.inventory?.entries).toHaveLength(2)
    expect(first.status?.inventory?.entries).toHaveLength(1)
  })

  it('prunes everything when it is deleted', async () => {
    await pushed({ 'one.yaml': configMap('one'), 'two.yaml': configMap('two') })
    await client.delete(OWN)
    await expect.poll(() => client.get(OWN)).toBeUndefined()

    expect(await client.get(ref('one'))).toBeUndefined()
    expect(await client.get(ref('two'))).toBeUndefined()
  })

  it('makes what asks to be made only, and leaves it to others from then on', async () => {
    const text = (value: string): string =>
      configMap('seed', value).replace(
        'metadata:\n',
        'metadata:\n  annotations: {kustomize.toolkit.fluxcd.io/ssa: IfNotPresent}\n',
      )
    await pushed({ 'a.yaml': text('first') })
    await client.patch(ref('seed'), 'merge', { data: { key: 'edited' } })

    const kustomization = await pushed({ 'a.yaml': text('second') })

    expect(readyOf(kustomization)).toMatchObject({ status: 'True' })
    expect((await client.get(ref('seed')))?.data).toEqual({ key: 'edited' })
  })

  it('leaves everything in place when it is deleted while it is suspended', async () => {
    await pushed({ 'a.yaml': configMap('a') })
    await client.patch(OWN, 'merge', { spec: { suspend: true } })

    await client.delete(OWN)

    await expect.poll(() => client.get(OWN)).toBeUndefined()
    expect(await client.get(ref('a'))).toBeDefined()
  })

  it('finds every folder of a deep tree in which some have no file', async () => {
    const kustomization = await pushed({
      'a/b/c/d.yaml': configMap('d'),
      'a/e.yaml': configMap('e'),
      'a/b/f/g.yaml': configMap('g'),
    })

    expect(kustomization.status?.inventory?.entries.map(({ file }) => file)).toEqual([
      'a/b/c/d.yaml',
      'a/e.yaml',
      'a/b/f/g.yaml',
    ])
  })

  it('takes a long list apart at once, and tells the first of its faults', async () => {
    const items = Array.from(
      { length: 2000 },
      (_, index) => `- {apiVersion: v1, kind: Nothing, metadata: {name: n${index}}}`,
    )

    const kustomization = await pushed({ 'list.yaml': `apiVersion: v1\nkind: List\nitems:\n${items.join('\n')}\n` })

    expect(kustomization.status?.failures).toHaveLength(100)
    expect(readyOf(kustomization)).toMatchObject({ message: expect.stringContaining('and 1995 more') })
  })
})
