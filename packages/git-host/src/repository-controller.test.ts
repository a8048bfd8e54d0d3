import { access } from 'node:fs/promises'
import type { Controller } from '@slipway/controller-runtime'
import { InformerSet, type KubeClient } from '@slipway/kube-client'
import { MemoryApiServer } from '@slipway/kube-client/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DELETE_DATA_ANNOTATION, repositoryControllers } from './repository-controller.ts'
import type { Repository } from './repository-kind.ts'
import { GitFixture } from './testing/git-fixture.ts'

const KINDS = [
  { apiVersion: 'v1', kind: 'Event', plural: 'events' },
  { apiVersion: 'slipway.dev/v1alpha1', kind: 'Repository', plural: 'repositories' },
]
const KIND = { apiVersion: 'slipway.dev/v1alpha1', kind: 'Repository' } as const
const NAMESPACE = 'slipway-system'

let fixture: GitFixture
let api: MemoryApiServer
let client: KubeClient
let informers: InformerSet
let controllers: Controller[]

beforeEach(async () => {
  fixture = await GitFixture.start()
  api = new MemoryApiServer(KINDS)
  client = await api.start()
  await startControllers()
})
afterEach(async () => {
  await stopControllers()
  await client.close()
  await api.stop()
  await fixture.stop()
})

async function startControllers(): Promise<void> {
  informers = new InformerSet(client)
  const urls = { httpUrl: 'http://127.0.0.1:7080/git/', sshUrl: 'ssh://git@127.0.0.1:7022/' }
  controllers = repositoryControllers({ client, informers, host: fixture.host }, urls)
  await Promise.all(controllers.map((controller) => controller.start()))
}

async function stopControllers(): Promise<void> {
  await Promise.all(controllers.map((controller) => controller.stop()))
  await informers.stop()
}

async function create(name: string, spec: Repository['spec'], annotations: Record<string, string> = {}): Promise<void> {
  await client.create({ ...KIND, metadata: { name, namespace: NAMESPACE, annotations }, spec })
}

async function get(name: string): Promise<Repository | undefined> {
  return client.get<Repository>({ ...KIND, namespace: NAMESPACE, name })
}

async function ready(name: string): Promise<string> {
  const found = (await get(name))?.status?.conditions?.find(({ type }) => type === 'Ready')
  return `${found?.status} ${found?.reason}`
}

async function push(branch = 'master'): Promise<string> {
  const tree = await fixture.workTree(`tree-${branch}`, { 'a.txt': branch })
  const pushed = await fixture.git(['push', '-q', fixture.httpUrl('AppA'), `master:${branch}`], { cwd: tree })
  expect(pushed).toMatchObject({ status: 0 })
  return (await fixture.git(['rev-parse', 'HEAD'], { cwd: tree })).stdout.trim()
}

describe('Repository', () => {
  it('is served as soon as it exists, and shows what was pushed', async () => {
    await create('appa', { repositoryName: 'AppA' })
    await expect.poll(() => ready('appa')).toBe('True Served')

    const commit = await push()

    const at = fixture.pushes[0]?.at
    await expect
      .poll(async () => (await get('appa'))?.status?.refs)
      .toEqual([{ name: 'refs/heads/master', commit, pushedAt: at, pushedBy: 'ada' }])
    expect((await get('appa'))?.status).toMatchObject({
      httpUrl: 'http://127.0.0.1:7080/git/AppA',
      sshUrl: 'ssh://git@127.0.0.1:7022/AppA',
    })
  })

  it('shows a push that arrived while no controller was there to see it', async () => {
    await create('appa', { repositoryName: 'AppA' })
    await expect.poll(() => ready('appa')).toBe('True Served')
    await stopControllers()

    const commit = await push()
    await startControllers()

    await expect.poll(async () => (await get('appa'))?.status?.refs).toMatchObject([{ commit, pushedBy: 'ada' }])
  })

  it('no longer serves a deleted repository and keeps its data, unless told otherwise', async () => {
    await create('appa', { repositoryName: 'AppA' })
    await create('appb', { repositoryName: 'AppB' }, { [DELETE_DATA_ANNOTATION]: 'true' })
    await expect.poll(async () => [await ready('appa'), await ready('appb')]).toEqual(['True Served', 'True Served'])

    await client.delete({ ...KIND, namespace: NAMESPACE, name: 'appa' })
    await client.delete({ ...KIND, namespace: NAMESPACE, name: 'appb' })

    await expect.poll(async () => [await get('appa'), await get('appb')]).toEqual([undefined, undefined])
    expect((await fixture.git(['ls-remote', fixture.httpUrl('AppA')])).stderr).toContain('not found')
    await access(fixture.host.folder.path('AppA'))
    await expect(access(fixture.host.folder.path('AppB'))).rejects.toThrow('ENOENT')
  })

  it('says what is wrong with it and leaves the others alone', async () => {
    await create('first', { repositoryName: 'AppA' })
    await expect.poll(() => ready('first')).toBe('True Served')
    await create('second', { repositoryName: 'appa' })
    await create('third', { repositoryName: '../x' })
    await create('fourth', { repositoryName: 'Y', deployKeys: [{ name: 'k', publicKey: 'nonsense', access: 'read' }] })

    await expect
      .poll(() => Promise.all(['first', 'second', 'third', 'fourth'].map(ready)))
      .toEqual(['True Served', 'False RepositoryNameTaken', 'False RepositoryInvalid', 'False RepositoryInvalid'])
  })

  it('gets the name that another one gave up', async () => {
    await create('first', { repositoryName: 'AppA' })
    await expect.poll(() => ready('first')).toBe('True Served')
    await create('second', { repositoryName: 'AppA' })
    await expect.poll(() => ready('second')).toBe('False RepositoryNameTaken')

    await client.delete({ ...KIND, namespace: NAMESPACE, name: 'first' })

    await expect.poll(() => ready('second')).toBe('True Served')
    expect((await fixture.git(['ls-remote', fixture.httpUrl('AppA')])).status).toBe(0)
  })

  it('follows changes of its rules', async () => {
    await create('appa', { repositoryName: 'AppA' })
    await expect.poll(() => ready('appa')).toBe('True Served')
    await push()

    await client.patch({ ...KIND, namespace: NAMESPACE, name: 'appa' }, 'merge', {
      spec: { protectedBranches: ['master'] },
    })

    await expect.poll(() => fixture.host.find('AppA')?.protectedBranches).toEqual(['master'])
    const deleted = await fixture.git(['push', fixture.httpUrl('AppA'), ':master'])
    expect(deleted.status).not.toBe(0)
  })
})
