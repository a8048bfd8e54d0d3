import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { UserError } from '@slipway/errors'
import { GitClient } from '@slipway/git-client'
import { GitRemote } from '@slipway/git-client/testing'
import { loadArchive, loadChart, type Platform, packageChart } from '@slipway/helm-chart'
import { InformerSet, type KubeClient } from '@slipway/kube-client'
import { MemoryApiServer } from '@slipway/kube-client/testing'
import type { KubeObject } from '@slipway/kube-objects'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ChartReader } from './chart-source/chart-source.ts'
import { HelmController } from './helm-controller.ts'
import type { HelmReleaseSpec, HelmReleaseStatus } from './helm-release/helm-release.ts'
import { ReleaseStorage } from './release/storage.ts'
import { renderHere } from './rendering/rendering.ts'

const RELEASES = { apiVersion: 'helm.fluxcd.io/v1', kind: 'HelmRelease', namespace: 'apps' }
const platform = {
  gzip: gzipSync,
  gunzip: gunzipSync,
  digest: (algorithm: string, data: Uint8Array) => createHash(algorithm).update(data).digest(),
  now: () => new Date(),
  randomBytes: (length: number) => new Uint8Array(length),
  timeZone: 'UTC',
} as unknown as Platform

const api = new MemoryApiServer([
  { ...RELEASES, plural: 'helmreleases' },
  { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' },
  { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' },
  { apiVersion: 'v1', kind: 'Event', plural: 'events' },
  { apiVersion: 'v1', kind: 'Pod', plural: 'pods' },
  { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments' },
])
let client: KubeClient
let storage: ReleaseStorage
let remote: GitRemote
let stop: () => Promise<void>

/** What is pushed to the repository: archives by name and version. */
const pushed = new Map<string, Uint8Array>()

/** Files of a chart, in its own words. */
type Files = Record<string, string>

const fileList = (files: Files) => Object.entries(files).map(([name, text]) => ({ name, data: Buffer.from(text) }))

function push(name: string, version: string, files: Files): void {
  const chart = loadChart(
    fileList({ 'Chart.yaml': `apiVersion: v2\nname: ${name}\nversion: ${version}\n`, ...files }),
    platform,
  )
  pushed.set(`${name} ${version}`, packageChart(chart, platform).data)
}

const read: ChartReader = async ({ content }) => {
  const chart = content instanceof Uint8Array ? loadArchive(content, platform) : loadChart(content, platform)
  return { rendering: renderHere(chart, platform), readFile: async () => undefined }
}

beforeAll(async () => {
  client = await api.start()
  storage = new ReleaseStorage(client, platform)
  remote = await GitRemote.start()
  const folder = await mkdtemp(join(tmpdir(), 'slipway-helm-controller-'))
  const informers = new InformerSet(client)
  const git = new GitClient({ folder })
  const charts = {
    async download(_repository: string, name: string, version: string) {
      const archive = pushed.get(`${name} ${version}`)
      if (!archive) throw new UserError('CHART_NOT_FOUND', `no ${name} ${version}`)
      return { archive, version }
    },
  }
  const controller = new HelmController({ client, informers, charts, read, git, platform })
  await controller.start()
  stop = async () => {
    await controller.stop()
    await informers.stop()
    await git.close()
    await rm(folder, { recursive: true })
  }
  const credentials = { username: 'ada', password: 'secret' }
  await client.create({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'git', namespace: 'apps' },
    data: Object.fromEntries(Object.entries(credentials).map(([key, value]) => [key, btoa(value)])),
  })
})
afterAll(async () => {
  await stop()
  await client.close()
  await api.stop()
  await remote.stop()
})

let name: string
let count = 0
beforeEach(() => {
  name = `r${++count}`
})

const chart = (version: string) => ({ repository: 'https://charts.example.com', name, version })

/** Writes the spec of the test's HelmRelease, and resolves to its status once a phase is reached for it. */
async function release(spec: Partial<HelmReleaseSpec>, phase: string): Promise<HelmReleaseStatus> {
  const ref = { ...RELEASES, name }
  const isThere = (await client.get(ref)) !== undefined
  const { metadata } = isThere
    ? await client.patch<KubeObject>(ref, 'json', [{ op: 'replace', path: '/spec', value: spec }])
    : await client.create<KubeObject>({ ...RELEASES, metadata: { name, namespace: 'apps' }, spec })
  return reached(metadata.generation ?? 0, phase)
}

async function reached(generation: number, phase: string): Promise<HelmReleaseStatus> {
  const signal = AbortSignal.timeout(15_000)
  const { items, resourceVersion } = await client.list<KubeObject>(RELEASES)
  const isThere = ({ metadata, status }: KubeObject): boolean =>
    metadata.name === name && status?.phase === phase && status?.observedGeneration === generation
  const found = items.find(isThere)
  if (found) return found.status as HelmReleaseStatus
  for await (const { object } of client.watch<KubeObject>({ ...RELEASES, resourceVersion }, signal)) {
    if (isThere(object)) return object.status as HelmReleaseStatus
  }
  throw new Error(`${name} was never ${phase}`)
}

const settings = (data: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}"}\ndata: ${data}\n`
const liveSettings = () =>
  client.get<KubeObject>({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'apps', name: `apps-${name}` })
const history = async () => (await storage.history(`apps-${name}`, 'apps')).map(({ release: one }) => one)

describe('resetValues: false', () => {
  const files = {
    'values.yaml': 'color: red\nsize: 1\n',
    'templates/a.yaml': settings(
      '{color: "{{ .Values.color }}", size: "{{ .Values.size }}", new: "{{ .Values.new }}"}',
    ),
  }

  it('keeps what the release was given before, and the defaults of its chart', async () => {
    push(name, '1.0.0', files)
    push(name, '2.0.0', { ...files, 'values.yaml': 'color: green\nsize: 2\nnew: x\n' })
    await release({ chart: chart('1.0.0'), values: { color: 'blue' } }, 'Succeeded')
    await release({ chart: chart('2.0.0'), resetValues: false }, 'Succeeded')

    expect((await liveSettings())?.data).toEqual({ color: 'blue', size: '1', new: '' })
    const [, second] = await history()
    expect(second).toMatchObject({ config: { color: 'blue' }, chart: { values: { color: 'blue', size: 1 } } })

    await release({ chart: chart('2.0.0'), resetValues: false, values: { size: 3 } }, 'Succeeded')
    expect((await liveSettings())?.data).toEqual({ color: 'blue', size: '3', new: '' })
  })

  it('does nothing while nothing else is wanted, and without it the object alone says', async () => {
    push(name, '1.0.0', files)
    await release({ chart: chart('1.0.0'), values: { color: 'blue' } }, 'Succeeded')
    await release({ chart: chart('1.0.0'), resetValues: false, timeout: 10 }, 'Succeeded')
    expect(await history()).toHaveLength(1)

    await release({ chart: chart('1.0.0'), timeout: 11 }, 'Succeeded')
    expect((await liveSettings())?.data).toMatchObject({ color: 'red' })
  })
})

describe('forceUpgrade', () => {
  it('replaces objects in place of applying them', async () => {
    push(name, '1.0.0', { 'templates/a.yaml': settings('{a: "1"}') })
    push(name, '2.0.0', { 'templates/a.yaml': settings('{a: "2"}') })
    await release({ chart: chart('1.0.0') }, 'Succeeded')
    // Another manager's field, which an apply leaves alone.
    await client.patch(
      { ...((await liveSettings()) as KubeObject), namespace: 'apps', name: `apps-${name}` },
      'merge',
      {
        data: { other: 'x' },
      },
    )
    await release({ chart: chart('2.0.0'), forceUpgrade: true }, 'Succeeded')

    expect((await liveSettings())?.data).toEqual({ a: '2' })
    expect((await history()).map(({ apply_method }) => apply_method)).toEqual(['ssa', 'csa'])
  })
})

const workload = (image: string): Files => ({
  'templates/a.yaml': `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: "{{ .Release.Name }}"}\nspec:\n  selector: {matchLabels: {app: ${name}}}\n  template: {metadata: {labels: {app: ${name}}}, spec: {containers: [{name: a, image: ${image}}]}}\n`,
})
const deployment = () => ({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'apps', name: `apps-${name}` })
const image = async () => (await client.get<KubeObject>(deployment()))?.spec.template.spec.containers[0].image

describe('a wait that nothing ends', () => {
  const ref = () => ({ ...RELEASES, name })

  /** A release, and an upgrade of it that is waited for, for nobody runs the Deployment. */
  async function waitingUpgrade(spec: Partial<HelmReleaseSpec> = {}): Promise<void> {
    push(name, '1.0.0', workload('one'))
    push(name, '2.0.0', workload('two'))
    push(name, '3.0.0', workload('three'))
    await release({ chart: chart('1.0.0') }, 'Succeeded')
    await client.patch(ref(), 'merge', { spec: { chart: chart('2.0.0'), wait: true, timeout: 300, ...spec } })
    await expect.poll(image).toBe('two')
  }

  it('is cut short by another spec, which is deployed in its turn', async () => {
    await waitingUpgrade()
    await release({ chart: chart('3.0.0') }, 'Succeeded')

    expect(await image()).toBe('three')
    const revisions = await history()
    expect(revisions.map(({ info }) => info.status)).toEqual(['superseded', 'failed', 'deployed'])
    expect(revisions[1]?.info.description).toContain('context canceled')
    const events = await client.list<KubeObject>({ apiVersion: 'v1', kind: 'Event', namespace: 'apps' })
    const told = events.items.filter(({ involvedObject }) => involvedObject.name === name).map(({ reason }) => reason)
    expect(told).toContain('HealthCheckCanceled')
    expect(told).not.toContain('FailedReleaseSync')
  })

  it('is cut short without a rollback, which the next failure leads to', async () => {
    const rollback = { enable: true }
    await waitingUpgrade({ rollback })
    await release({ chart: chart('3.0.0'), wait: true, timeout: 0.2, rollback }, 'RolledBack')

    expect(await image()).toBe('one')
    expect((await history()).map(({ info }) => info.status)).toEqual(['superseded', 'failed', 'failed', 'deployed'])
  })

  it('is cut short when the object goes', async () => {
    await waitingUpgrade()
    await client.delete(ref())

    await expect.poll(history).toEqual([])
    await expect.poll(() => client.get(ref())).toBeUndefined()
    expect(await image()).toBeUndefined()
  })

  it('goes on when no more than the labels change', async () => {
    await waitingUpgrade({ timeout: 0.5 })
    await client.patch(ref(), 'merge', { metadata: { labels: { a: 'b' } } })

    await expect.poll(async () => (await history()).at(-1)?.info.status).toBe('failed')
    expect((await history()).at(-1)?.info.description).toContain('context deadline exceeded')
  })
})

describe('a rollback', () => {
  const labels = () => ({ app: name })
  const podNames = async () =>
    (await client.list({ apiVersion: 'v1', kind: 'Pod', namespace: 'apps' })).items.map(({ metadata }) => metadata.name)

  /** An upgrade that is waited for in vain, for nobody runs the Deployment. */
  async function failingUpgrade(rollback: HelmReleaseSpec['rollback'], phase: string): Promise<void> {
    push(name, '1.0.0', workload('one'))
    push(name, '2.0.0', workload('two'))
    await release({ chart: chart('1.0.0') }, 'Succeeded')
    for (const pod of [name, `other-${name}`]) {
      const metadata = { name: pod, namespace: 'apps', labels: pod === name ? labels() : {} }
      await client.create({ apiVersion: 'v1', kind: 'Pod', metadata })
    }
    await release({ chart: chart('2.0.0'), wait: true, timeout: 0.2, rollback: { enable: true, ...rollback } }, phase)
  }

  it('does not wait unless it says so', async () => {
    await failingUpgrade({}, 'RolledBack')

    expect(await image()).toBe('one')
    expect((await history()).map(({ info, apply_method }) => `${info.status} ${apply_method}`)).toEqual([
      'superseded ssa',
      'failed ssa',
      'deployed ssa',
    ])
    expect(await podNames()).toContain(name)
  })

  it('waits if it says so', async () => {
    await failingUpgrade({ wait: true, timeout: 0.2 }, 'RollbackFailed')

    expect((await history()).map(({ info }) => info.status)).toEqual(['deployed', 'failed', 'failed'])
  })

  it('replaces objects with force, and deletes their pods with recreate', async () => {
    await failingUpgrade({ force: true, recreate: true }, 'RolledBack')

    expect((await history()).at(-1)).toMatchObject({ apply_method: 'csa', info: { status: 'deployed' } })
    expect(await podNames()).not.toContain(name)
    expect(await podNames()).toContain(`other-${name}`)
  })
})

describe('a chart in git', () => {
  const files = (dependencies: string): Files => ({
    'app/Chart.yaml': `apiVersion: v2\nname: app\nversion: 1.0.0\ndependencies:\n${dependencies}`,
    'app/templates/a.yaml': settings('{from: app}'),
    'lib/Chart.yaml': 'apiVersion: v2\nname: beside\nversion: 0.1.0\n',
    'lib/templates/b.yaml': settings('{from: beside}').replace('Name }}"', 'Name }}-beside"'),
  })
  const source = (more: object = {}) => ({ git: remote.httpUrl, path: 'app', secretRef: { name: 'git' }, ...more })
  const fromDependency = async (suffix: string) =>
    (
      await client.get<KubeObject>({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        namespace: 'apps',
        name: `apps-${name}-${suffix}`,
      })
    )?.data.from

  beforeAll(() =>
    push('far', '1.2.0', { 'templates/c.yaml': settings('{from: far}').replace('Name }}"', 'Name }}-far"') }),
  )

  it('gets the dependencies that its charts/ does not have', async () => {
    await remote.commit(
      files(
        '- {name: far, version: 1.2.0, repository: "https://charts.example.com"}\n- {name: beside, version: 0.1.0, repository: "file://../lib"}\n',
      ),
    )
    await release({ chart: source() }, 'Succeeded')

    expect([await fromDependency('far'), await fromDependency('beside')]).toEqual(['far', 'beside'])
  })

  it('gets none with skipDepUpdate', async () => {
    await release({ chart: source({ skipDepUpdate: true }) }, 'Succeeded')

    expect([await fromDependency('far'), await fromDependency('beside')]).toEqual([undefined, undefined])
  })

  it('keeps those that it has', async () => {
    await remote.commit({ 'app/charts/far/Chart.yaml': 'apiVersion: v2\nname: far\nversion: 1.2.0\n' })
    await release({ chart: source() }, 'Succeeded')

    expect([await fromDependency('far'), await fromDependency('beside')]).toEqual([undefined, 'beside'])
  })

  it.each([
    ['- {name: none, version: 1.0.0, repository: "https://charts.example.com"}\n', 'no none 1.0.0'],
    ['- {name: none, version: 1.0.0, repository: "@mine"}\n', 'dependency none is of the repository @mine'],
    ['- {name: none, version: 1.0.0, repository: "file://../../etc"}\n', 'dependency none is not at file://../../etc'],
  ])('says which dependency it can not get: %s', async (dependency, message) => {
    await remote.commit(files(dependency))
    const { conditions = [] } = await release({ chart: source() }, 'ChartFetchFailed')

    expect(conditions.find(({ type }) => type === 'ChartFetched')?.message).toContain(message)
  })
})
