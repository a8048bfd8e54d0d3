import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { GitClient } from '@slipway/git-client'
import { GitRemote } from '@slipway/git-client/testing'
import { HttpServer } from '@slipway/http-server'
import { InformerSet, type KubeClient } from '@slipway/kube-client'
import { MemoryApiServer } from '@slipway/kube-client/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { GitRepository } from './git-repository-kind.ts'
import { type SourceControllers, sourceControllers } from './source-controllers.ts'

const KINDS = [
  { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' },
  { apiVersion: 'v1', kind: 'Event', plural: 'events' },
  { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository', plural: 'gitrepositories' },
]
const REF = {
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'GitRepository',
  namespace: 'flux-system',
  name: 'manifests',
}

let remote: GitRemote
let api: MemoryApiServer
let client: KubeClient
let stopAll: () => Promise<void>
let sources: SourceControllers
let folder: string

beforeEach(async () => {
  remote = await GitRemote.start()
  api = new MemoryApiServer(KINDS)
  client = await api.start()
  await start()
})
afterEach(async () => {
  await stopAll()
  await client.close()
  await api.stop()
  await remote.stop()
})

async function start(): Promise<void> {
  folder = join(remote.folder, '.git', 'artifacts')
  const informers = new InformerSet(client)
  const git = new GitClient({ folder: join(remote.folder, '.git', 'cache') })
  let base = ''
  const options = { folder, artifactsUrl: 'http://127.0.0.1:1/artifacts/' }
  sources = sourceControllers({ client, informers, git }, options)
  const http = new HttpServer({ routes: sources.routes })
  await http.start(0)
  base = `http://127.0.0.1:${http.address().port}/artifacts/`
  options.artifactsUrl = base
  await Promise.all(sources.controllers.map((controller) => controller.start()))
  stopAll = async () => {
    await Promise.all(sources.controllers.map((controller) => controller.stop()))
    await informers.stop()
    await git.close()
    await http.stop()
  }
}

async function createSecret(data: Record<string, string>): Promise<void> {
  const encoded = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, btoa(value)]))
  await client.create({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'key', namespace: 'flux-system' },
    data: encoded,
  })
}

const identity = (): Record<string, string> => ({ identity: remote.clientKey.private, known_hosts: remote.knownHosts })

async function createRepository(spec: Partial<GitRepository['spec']> = {}): Promise<void> {
  const { apiVersion, kind, namespace, name } = REF
  const whole = { url: remote.sshUrl, interval: '1h', secretRef: { name: 'key' }, ...spec }
  await client.create({ apiVersion, kind, metadata: { namespace, name }, spec: whole })
}

async function statusOf(): Promise<NonNullable<GitRepository['status']>> {
  return (await client.get<GitRepository>(REF))?.status ?? {}
}

/** Waits for the artifact of a commit. */
async function stored(commit: string): Promise<NonNullable<GitRepository['status']>> {
  await expect
    .poll(async () => (await statusOf()).artifact?.revision, { timeout: 5000, interval: 5 })
    .toBe(`master@sha1:${commit}`)
  return statusOf()
}

async function condition(type: string): Promise<string> {
  const found = (await statusOf()).conditions?.find((candidate) => candidate.type === type)
  return `${found?.status} ${found?.reason}: ${found?.message}`
}

async function events(): Promise<string[]> {
  const { items } = await client.list({ apiVersion: 'v1', kind: 'Event', namespace: 'flux-system' })
  return items.map(({ type, reason, message }) => `${type} ${reason} ${message}`)
}

describe('GitRepository', () => {
  it('gets an artifact that can be fetched, with Flux’s status and event', async () => {
    await createSecret(identity())
    const commit = await remote.commit({ 'apps/a.yaml': 'a: 1\n', 'logo.png': 'x' }, 'add a')
    await createRepository()

    const status = await stored(commit)

    const { artifact } = status
    expect(artifact).toMatchObject({ path: `gitrepository/flux-system/manifests/${commit}.tar.gz` })
    const body = Buffer.from(await (await fetch(artifact?.url ?? '')).arrayBuffer())
    expect(body.length).toBe(artifact?.size)
    expect(`sha256:${createHash('sha256').update(body).digest('hex')}`).toBe(artifact?.digest)
    const file = join(remote.folder, '.git', 'x.tar.gz')
    await writeFile(file, body)
    expect((await promisify(execFile)('tar', ['-tzf', file])).stdout).toBe('apps/a.yaml\n')
    expect(await condition('Ready')).toBe(`True Succeeded: stored artifact for revision 'master@sha1:${commit}'`)
    expect(await condition('ArtifactInStorage')).toBe(await condition('Ready'))
    expect(status.observedGeneration).toBe(1)
    await expect.poll(events).toEqual(["Normal NewArtifact stored artifact for commit 'add a'"])
  })

  it('follows a push when it is woken by name and keeps the last two artifacts', async () => {
    await createSecret(identity())
    await createRepository()
    for (const [index, wake] of ['repo', 'REPO', 'Repo'].entries()) {
      const commit = await remote.commit({ 'a.yaml': String(index) })
      sources.wake(wake)
      await stored(commit)
    }

    await expect.poll(() => readdir(join(folder, 'gitrepository/flux-system/manifests'))).toHaveLength(2)
  })

  it('takes any time that a spec may name: more than a timer has, and none at all, which is never', async () => {
    await createSecret(identity())
    const commit = await remote.commit({ 'a.yaml': '1' })
    await createRepository({ timeout: '1000h', interval: '0s' })
    await stored(commit)

    const next = await remote.commit({ 'a.yaml': '2' })
    expect((await statusOf()).artifact?.revision).toBe(`master@sha1:${commit}`)
    sources.wake('repo')
    await stored(next)
  })

  it('refuses .sourceignore files that are larger than all rules of the world', async () => {
    await createSecret(identity())
    await remote.commit({ 'a/.sourceignore': `#${'x'.repeat(1024 ** 2)}` })
    await createRepository()

    await expect.poll(() => condition('Ready')).toMatch(/^False ArtifactTooLarge: .*at most 1048576 are read/)
  })

  it('writes nothing when nothing changed, except that it was asked to look', async () => {
    await createSecret(identity())
    const commit = await remote.commit({ 'a.yaml': '1' })
    await createRepository()
    const before = await stored(commit)

    await client.patch(REF, 'merge', { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': 'now' } } })
    await expect.poll(async () => (await statusOf()).lastHandledReconcileAt).toBe('now')

    expect(await statusOf()).toEqual({ ...before, lastHandledReconcileAt: 'now' })
  })

  it('makes the same artifact again after it was lost', async () => {
    await createSecret(identity())
    const commit = await remote.commit({ 'a.yaml': '1' })
    await createRepository()
    const before = await stored(commit)
    await stopAll()
    await rm(folder, { recursive: true })

    await start()
    await expect
      .poll(() => readdir(join(folder, 'gitrepository/flux-system/manifests')).catch(() => []))
      .toHaveLength(1)

    await expect.poll(async () => (await statusOf()).artifact?.url).not.toBe(before.artifact?.url)
    expect((await statusOf()).artifact).toMatchObject({ digest: before.artifact?.digest, size: before.artifact?.size })
  })

  it('says what is wrong with its credentials and recovers when the Secret is mended', async () => {
    const commit = await remote.commit({ 'a.yaml': '1' })
    await createRepository()
    await expect
      .poll(() => condition('Ready'))
      .toBe('False AuthenticationFailed: spec.secretRef: Secret flux-system/key does not exist')
    expect(await condition('Stalled')).toContain('True')

    await createSecret({ ...identity(), identity: 'no key' })
    await expect.poll(() => condition('FetchFailed')).toContain('the private key cannot be read')
    await client.patch({ ...REF, apiVersion: 'v1', kind: 'Secret', name: 'key' }, 'merge', {
      data: { identity: btoa(remote.clientKey.private) },
    })

    const status = await stored(commit)
    expect(status.conditions?.map(({ type }) => type)).toEqual(['Ready', 'ArtifactInStorage'])
  })

  it('refuses by name what it does not support', async () => {
    await createRepository({ verify: { mode: 'HEAD' }, ref: { semver: '>=1' } } as Partial<GitRepository['spec']>)

    await expect
      .poll(() => condition('Ready'))
      .toMatch(/^False SourceFieldUnsupported: not supported: spec.verify, spec.ref.semver/)
  })

  it('keeps its artifact when the branch is gone', async () => {
    await createSecret(identity())
    const commit = await remote.commit({ 'a.yaml': '1' })
    await createRepository()
    await stored(commit)
    await remote.git('branch', '-m', 'master', 'main')

    sources.wake('repo')

    await expect
      .poll(() => condition('Ready'))
      .toMatch(/^False GitOperationFailed: failed to checkout and determine revision/)
    expect((await statusOf()).artifact?.revision).toBe(`master@sha1:${commit}`)
  })

  it('takes its artifacts along when it is deleted', async () => {
    await createSecret(identity())
    const commit = await remote.commit({ 'a.yaml': '1' })
    await createRepository()
    await stored(commit)

    await client.delete(REF)

    await expect.poll(() => client.get(REF)).toBeUndefined()
    expect(await readdir(join(folder, 'gitrepository/flux-system'))).toEqual([])
  })

  it('serves nothing but artifacts', async () => {
    await createSecret(identity())
    await createRepository()
    const { artifact } = await stored(await remote.commit({ 'a.yaml': '1' }))
    const base = artifact?.url.slice(0, -(artifact?.path.length ?? 0)) ?? ''

    const paths = ['', 'gitrepository/', '..%2f..%2fconfig', 'gitrepository/flux-system/manifests/x.tar.gz']
    const answers = await Promise.all(paths.map(async (path) => (await fetch(base + path)).status))

    expect(answers).toEqual([404, 404, 404, 404])
  })
})
