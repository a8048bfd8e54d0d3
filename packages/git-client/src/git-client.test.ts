import { once } from 'node:events'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { GitClient, type GitCredentials } from './git-client.ts'
import { GitRemote } from './testing/git-remote.ts'

let remote: GitRemote
let client: GitClient
let ssh: { credentials: GitCredentials }
const http = { credentials: { kind: 'basic', username: 'ada', password: 'secret' } as const }

beforeEach(async () => {
  remote = await GitRemote.start()
  client = new GitClient({ folder: join(remote.folder, '.git', 'cache') })
  ssh = { credentials: { kind: 'ssh', privateKey: remote.clientKey.private, knownHosts: remote.knownHosts } }
})
afterEach(async () => {
  await client.close()
  await remote.stop()
})

describe('fetch', () => {
  it.each(['ssh', 'http'])('over %s follows a branch, a tag, a ref name and a commit', async (transport) => {
    const url = transport === 'ssh' ? remote.sshUrl : remote.httpUrl
    const options = transport === 'ssh' ? ssh : http
    const first = await remote.commit({ 'a.txt': '1' })
    await remote.git('tag', '-a', '-m', 'release', 'v1')

    expect(await client.fetch(url, { branch: 'master' }, options)).toBe(first)
    const second = await remote.commit({ 'a.txt': '2' })
    expect(await client.fetch(url, { branch: 'master' }, options)).toBe(second)
    expect(await client.fetch(url, { tag: 'v1' }, options)).toBe(first)
    expect(await client.fetch(url, { name: 'refs/heads/master' }, options)).toBe(second)
    expect(await client.fetch(url, { commit: first }, options)).toBe(first)
  })

  it('follows a branch that was rewritten', async () => {
    await remote.commit({ 'a.txt': '1' })
    await client.fetch(remote.sshUrl, { branch: 'master' }, ssh)
    await remote.git('commit', '-q', '--amend', '-m', 'other')

    expect(await client.fetch(remote.sshUrl, { branch: 'master' }, ssh)).toBe(await remote.git('rev-parse', 'HEAD'))
  })

  it('keeps branches apart that could not exist together', async () => {
    const commit = await remote.commit({ 'a.txt': '1' })
    await remote.git('branch', 'a')
    await client.fetch(remote.sshUrl, { branch: 'a' }, ssh)
    await remote.git('branch', '-D', 'a')
    await remote.git('branch', 'a/b')

    expect(await client.fetch(remote.sshUrl, { branch: 'a/b' }, ssh)).toBe(commit)
  })

  it('uses one SSH connection for many fetches, and a new one when it dropped', async () => {
    const commit = await remote.commit({ 'a.txt': '1' })
    await Promise.all([1, 2, 3].map(() => client.fetch(remote.sshUrl, { branch: 'master' }, ssh)))
    expect(remote.connections).toBe(1)

    remote.dropConnections()

    expect(await client.fetch(remote.sshUrl, { branch: 'master' }, ssh)).toBe(commit)
    expect(remote.connections).toBe(2)
  })

  it('connects to what stands for a URL', async () => {
    const commit = await remote.commit({ 'a.txt': '1' })
    const base = remote.sshUrl.replace(/repo$/, '')
    const aliases = {
      'git@ssh.dev.azure.com:v3/': 'ssh://nowhere.invalid/',
      'git@ssh.dev.azure.com:v3/cpn/Provisioning/': base,
    }
    const aliased = new GitClient({ folder: join(remote.folder, '.git', 'other'), aliases })

    expect(await aliased.fetch('git@ssh.dev.azure.com:v3/cpn/Provisioning/repo', { branch: 'master' }, ssh)).toBe(
      commit,
    )
    await aliased.close()
  })

  it('makes a damaged cache anew', async () => {
    const commit = await remote.commit({ 'a.txt': '1' })
    await client.fetch(remote.sshUrl, { branch: 'master' }, ssh)
    const folder = join(remote.folder, '.git', 'cache')
    const [cache = ''] = await readdir(folder)
    await rm(join(folder, cache, 'HEAD'))
    await writeFile(join(folder, cache, 'HEAD'), '')

    expect(await client.fetch(remote.sshUrl, { branch: 'master' }, ssh)).toBe(commit)
  })
})

describe('reading', () => {
  it('lists the tree of a commit and reads its files', async () => {
    const files = { 'chart/Chart.yaml': 'name: a\n', 'ü ñ.txt': 'x', empty: '', 'big.bin': 'b'.repeat(200_000) }
    const commit = await remote.commit(files, 'first line\n\nbody')
    await remote.git('update-index', '--chmod=+x', 'empty')
    await client.fetch(remote.sshUrl, { branch: 'master' }, ssh)

    const tree = await client.listTree(remote.sshUrl, commit)
    const contents: string[] = []
    for await (const content of client.readBlobs(
      remote.sshUrl,
      tree.map(({ id }) => id),
    ))
      contents.push(content.toString())

    expect(Object.fromEntries(tree.map(({ path }, index) => [path, contents[index]]))).toEqual(files)
    expect(tree.find(({ path }) => path === 'big.bin')).toMatchObject({ kind: 'file', size: 200_000 })
    expect((await client.readFile(remote.sshUrl, commit, 'chart/Chart.yaml'))?.toString()).toBe('name: a\n')
    expect(await client.readFile(remote.sshUrl, commit, 'chart')).toBeUndefined()
    expect(await client.readFile(remote.sshUrl, commit, '*')).toBeUndefined()
    expect(await client.commitInfo(remote.sshUrl, commit)).toEqual({
      id: commit,
      author: 'Ada',
      email: 'ada@example.org',
      subject: 'first line',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    })
  })

  it('tells what changed between two commits', async () => {
    const before = await remote.commit({ 'a.txt': '1', 'b.txt': 'long enough to be a rename' })
    await remote.git('mv', 'b.txt', 'c.txt')
    const after = await remote.commit({ 'a.txt': '2' })
    await client.fetch(remote.sshUrl, { branch: 'master' }, ssh)

    expect(await client.changedPaths(remote.sshUrl, before, after)).toEqual(['a.txt', 'b.txt', 'c.txt'])
  })

  it('lists the refs of a remote', async () => {
    const commit = await remote.commit({ 'a.txt': '1' })
    await remote.git('tag', '-a', '-m', 'release', 'v1')

    const refs = await client.resolveRemote(remote.httpUrl, ['refs/tags/'], http)

    expect(refs).toEqual([{ name: 'refs/tags/v1', id: expect.any(String), peeled: commit }])
  })
})

describe('errors', () => {
  const master = { branch: 'master' }

  it('over SSH say who can help', async () => {
    await remote.commit({ 'a.txt': '1' })
    const stranger = (await GitRemote.start()) as GitRemote
    await stranger.stop()
    const privateKey = stranger.clientKey.private
    const fails = (url: string, credentials: GitCredentials, branch = 'master'): Promise<unknown> =>
      client.fetch(url, { branch }, { credentials }).catch((error: unknown) => error)
    const key = { kind: 'ssh', privateKey: remote.clientKey.private } as const

    expect(await fails(remote.sshUrl, { kind: 'ssh', privateKey, knownHosts: remote.knownHosts })).toMatchObject({
      code: 'GIT_AUTH_FAILED',
    })
    expect(await fails(remote.sshUrl, { ...key, privateKey: 'nonsense' })).toMatchObject({ code: 'GIT_AUTH_FAILED' })
    expect(await fails(remote.sshUrl, key)).toMatchObject({ code: 'GIT_HOST_KEY_UNKNOWN' })
    const wrong = remote.knownHosts.replace(/(\S+ \S+ ).*/, `$1${stranger.hostKey.public.split(' ')[1]}`)
    expect(await fails(remote.sshUrl, { ...key, knownHosts: wrong })).toMatchObject({ code: 'GIT_HOST_KEY_UNKNOWN' })
    expect(await fails(`${remote.sshUrl}x`, ssh.credentials)).toMatchObject({ code: 'GIT_REPOSITORY_NOT_FOUND' })
    expect(await fails(remote.sshUrl, ssh.credentials, 'none')).toMatchObject({ code: 'GIT_REF_NOT_FOUND' })
    expect(await fails('ssh://git@127.0.0.1:1/x', ssh.credentials)).toMatchObject({
      code: 'GIT_UNREACHABLE',
      class: 'transient',
    })
  })

  it('over HTTP say who can help and never the password', async () => {
    await remote.commit({ 'a.txt': '1' })
    const bad = remote.httpUrl.replace('://', '://ada:hunter2@')

    const errors = await Promise.all([
      client.fetch(bad, master).catch((error: unknown) => error as Error),
      client.fetch(`${remote.httpUrl}x`, master, http).catch((error: unknown) => error as Error),
      client.fetch('http://ada:hunter2@127.0.0.1:1/x', master).catch((error: unknown) => error as Error),
      client.fetch('file:///etc', master).catch((error: unknown) => error as Error),
      client.fetch('--upload-pack=touch /tmp/x', master).catch((error: unknown) => error as Error),
    ])

    expect(errors).toMatchObject([
      { code: 'GIT_AUTH_FAILED' },
      { code: 'GIT_REPOSITORY_NOT_FOUND' },
      { code: 'GIT_UNREACHABLE' },
      { code: 'GIT_URL_UNSUPPORTED' },
      { code: 'GIT_URL_UNSUPPORTED' },
    ])
    expect(errors.map((error) => (error as Error).message).join()).not.toContain('hunter2')
  })

  it('asks the caller about a host that nobody vouches for', async () => {
    const commit = await remote.commit({ 'a.txt': '1' })
    const asked: string[] = []
    const trusting = new GitClient({
      folder: join(remote.folder, '.git', 'trusting'),
      trustHostKey: (host, _port, key) => asked.push(`${host} ${key}`) > 0,
    })

    const key = { kind: 'ssh', privateKey: remote.clientKey.private } as const
    expect(await trusting.fetch(remote.sshUrl, master, { credentials: key })).toBe(commit)
    expect(asked).toEqual([`127.0.0.1 ${remote.hostKey.public.trim()}`])
    await trusting.close()
  })

  it('gives up after the timeout', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as { port: number }

    const error = await client
      .fetch(`http://127.0.0.1:${port}/x`, master, { timeout: 200 })
      .catch((reason: unknown) => reason)

    expect(error).toMatchObject({ code: 'GIT_TIMEOUT', class: 'transient' })
    silent.close()
  })
})
