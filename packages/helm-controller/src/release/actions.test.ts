import { gunzipSync, gzipSync } from 'node:zlib'
import { stringify } from '@slipway/go-yaml'
import type { Platform, Release } from '@slipway/helm-chart'
import type { KubeClient } from '@slipway/kube-client'
import { MemoryApiServer } from '@slipway/kube-client/testing'
import type { KubeObject } from '@slipway/kube-objects'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ActionOptions, ReleaseActions } from './actions.ts'
import { ReleaseStorage } from './storage.ts'
import type { ApplyMethod } from './write.ts'

const namespace = 'apps'
const server = new MemoryApiServer([
  { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' },
  { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' },
  { apiVersion: 'shop.example.com/v1', kind: 'Sign', plural: 'signs' },
])
const platform = { gzip: gzipSync, gunzip: gunzipSync, now: () => new Date() } as unknown as Platform
let client: KubeClient
let storage: ReleaseStorage
let actions: ReleaseActions

beforeAll(async () => {
  client = await server.start()
  storage = new ReleaseStorage(client, platform)
  actions = new ReleaseActions(client, storage)
})
afterAll(async () => {
  await client.close()
  await server.stop()
})

const map = (name: string, data: object, metadata: object = {}): KubeObject =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data }) as KubeObject
const sign = (name: string, spec: object): KubeObject =>
  ({ apiVersion: 'shop.example.com/v1', kind: 'Sign', metadata: { name }, spec }) as KubeObject

const options: ActionOptions = {
  timeout: 5_000,
  wait: false,
  maxHistory: 10,
  force: false,
  signal: new AbortController().signal,
}

interface Deploying extends Partial<ActionOptions> {
  method: ApplyMethod
}

/** Deploys the objects as the next revision of a release. */
async function deploy(name: string, objects: KubeObject[], { method, ...more }: Deploying): Promise<Release> {
  const history = await storage.history(name, namespace)
  const now = new Date().toISOString()
  const release: Release = {
    name,
    namespace,
    version: (history.at(-1)?.release.version ?? 0) + 1,
    info: { first_deployed: now, last_deployed: now, deleted: '', description: '', status: 'unknown' },
    chart: { metadata: { name: 'shop', version: '0.1.0' } } as Release['chart'],
    manifest: objects.map((object) => `---\n${stringify(object)}`).join(''),
    apply_method: method,
  }
  return actions.deploy({ release }, history, { ...options, ...more })
}

const liveMap = (name: string) => client.get<KubeObject>({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name })
const liveSign = (name: string) =>
  client.get<KubeObject>({ apiVersion: 'shop.example.com/v1', kind: 'Sign', namespace, name })
const edit = (object: KubeObject, patch: object) =>
  client.patch({ ...object, namespace, name: object.metadata.name }, 'merge', patch)
const statuses = async (name: string) =>
  (await storage.history(name, namespace)).map(({ release: { version, info } }) => `${version} ${info.status}`)

describe('a release that the client applies', () => {
  it('changes what it said and says otherwise now, and leaves what others added', async () => {
    await deploy('a', [map('a', { color: 'red', old: 'x' }), map('gone', {})], { method: 'csa' })
    await edit(map('a', {}), { data: { color: 'by hand', own: 'by hand' } })
    await deploy('a', [map('a', { color: 'red', new: 'y' })], { method: 'csa' })

    expect((await liveMap('a'))?.data).toEqual({ color: 'red', new: 'y', own: 'by hand' })
    expect(await liveMap('gone')).toBeUndefined()
  })

  it('compares custom resources with what it said before only', async () => {
    await deploy('b', [sign('b', { text: 'red', old: 'x' })], { method: 'csa' })
    await edit(sign('b', {}), { spec: { text: 'by hand' } })
    await deploy('b', [sign('b', { text: 'red' })], { method: 'csa' })

    expect((await liveSign('b'))?.spec).toEqual({ text: 'by hand' })
  })

  it('heals custom resources that it takes at its first revision', async () => {
    await client.create({ ...sign('c', { text: 'by hand', own: 'by hand' }), metadata: { name: 'c', namespace } })
    await deploy('c', [sign('c', { text: 'red' })], { method: 'csa', takeOwnership: true })

    expect((await liveSign('c'))?.spec).toEqual({ text: 'red', own: 'by hand' })
  })

  it('replaces objects as a whole if it is told to', async () => {
    await deploy('d', [map('d', { color: 'red' })], { method: 'csa' })
    await edit(map('d', {}), { data: { own: 'by hand' } })
    await deploy('d', [map('d', { color: 'red' })], { method: 'csa', forceReplace: true })

    expect((await liveMap('d'))?.data).toEqual({ color: 'red' })
  })

  it('goes back by what the last revision said', async () => {
    await deploy('e', [map('e', { color: 'red' })], { method: 'csa' })
    await deploy('e', [map('e', { color: 'blue', extra: 'x' })], { method: 'csa' })
    const history = await storage.history('e', namespace)
    const release = await actions.rollback(history, { ...options, method: 'csa' }, 1)

    expect(release).toMatchObject({ version: 3, apply_method: 'csa' })
    expect((await liveMap('e'))?.data).toEqual({ color: 'red' })
  })

  it('takes an object back that was kept', async () => {
    const kept = map('kept', { color: 'red' }, { annotations: { 'helm.sh/resource-policy': 'keep' } })
    await deploy('k', [kept], { method: 'csa' })
    await deploy('k', [], { method: 'csa' })
    await edit(kept, { data: { color: 'by hand' } })
    await actions.rollback(await storage.history('k', namespace), { ...options, method: 'csa' }, 1)

    expect((await liveMap('kept'))?.data).toEqual({ color: 'red' })
  })

  it('makes an object that the server is to name, and never finds it again', async () => {
    const unnamed = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'f-' } } as unknown as KubeObject
    await deploy('f', [unnamed], { method: 'csa' })

    await expect(deploy('f', [unnamed], { method: 'ssa' })).rejects.toThrow('resource name may not be empty')
    await actions.uninstall(await storage.history('f', namespace), options)
    expect(await statuses('f')).toEqual([])
  })
})

describe('a release with objects whose definition has gone', () => {
  it('is uninstalled where they count as gone with it, and refused as Helm does otherwise', async () => {
    const lost = { apiVersion: 'gone.example.com/v1', kind: 'Thing', metadata: { name: 'lost' } }
    const release = await deploy('g', [map('g', {})], { method: 'ssa' })
    const stored = { ...release, manifest: `${release.manifest}---\n${stringify(lost)}` }
    await storage.update({ release: stored })
    const history = await storage.history('g', namespace)

    await expect(actions.uninstall(history, options)).rejects.toThrow('no matches for kind "Thing"')
    await actions.uninstall(history, { ...options, skipUnknown: true })
    expect([await liveMap('g'), await statuses('g')]).toEqual([undefined, []])
  })
})

describe('healing', () => {
  it('tells of what was changed, not of who manages it from then on', async () => {
    await deploy('healed', [map('healed', { color: 'red' })], { method: 'csa' })
    const [stored] = await storage.history('healed', namespace)
    if (!stored) throw new Error('no revision')

    expect(await actions.heal(stored)).toEqual([])
    await edit(map('healed', {}), { data: { color: 'by hand' } })
    expect((await actions.heal(stored)).map(({ metadata }) => metadata.name)).toEqual(['healed'])
  })
})

describe('options that can not be had together', () => {
  it.each<[string, Deploying, string]>([
    [
      'force-conflicts',
      { method: 'csa', force: true },
      'invalid client update option(s): forceConflicts enabled when serverSideApply disabled',
    ],
    [
      'force-replace',
      { method: 'ssa', forceReplace: true },
      'invalid operation: cannot use server-side apply and force replace together',
    ],
  ])('fail a revision: %s', async (name, how, message) => {
    // Nothing is there yet, so there is nothing to force.
    await deploy(name, [map(name, {})], how)
    await expect(deploy(name, [map(name, {})], how)).rejects.toMatchObject({ code: 'RELEASE_OPTIONS_INVALID', message })

    expect(await statuses(name)).toEqual(['1 deployed', '2 failed'])
  })
})

describe('the history', () => {
  it('has no more revisions than it may, also while upgrades fail, and keeps the one that is deployed', async () => {
    await deploy('h', [map('h', {})], { method: 'ssa', maxHistory: 3 })
    for (let n = 0; n < 4; n++) {
      const bad = deploy('h', [map('h', {})], { method: 'ssa', forceReplace: true, maxHistory: 3 })
      await expect(bad).rejects.toThrow('cannot use server-side apply')
    }

    expect(await statuses('h')).toEqual(['1 deployed', '4 failed', '5 failed'])
  })
})

describe('CRDs of a chart', () => {
  const crds = (text: string) => [
    { name: 'crds/a.yaml', text: `---\n${stringify(map('crd', { text }, { namespace }))}` },
  ]

  it.each<[ApplyMethod, string]>([
    ['csa', 'first'],
    ['ssa', 'second'],
  ])('that are there already, with %s: the %s stays', async (method, text) => {
    await actions.installCrds(crds('first'), { method: 'csa' })
    await actions.installCrds(crds('second'), { method, force: method === 'ssa' })

    expect((await liveMap('crd'))?.data).toEqual({ text })
  })
})
