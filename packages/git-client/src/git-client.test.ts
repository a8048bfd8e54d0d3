import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { GitClient } from './git-client.ts'
import type { GitCredentials } from './remote-transfer.ts'
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

async function cacheFolder(): Promise<string> {
  const folder = join(remote.folder, '.git', 'cache')
  return join(folder, (await readdir(folder))[0] ?? '')
}

/** Ids of the processes that read a repository. */
async function readersOf(cache: string): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid,args'])
  const lines = stdout.split('\n').filter((line) => line.includes(`git --git-dir ${cache} cat-file`))
  return lines.map((line) => Number.parseInt(line, 10))
}

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

  it('does not wait for an SSH connection that died without a word', async () => {
    const impatient = new GitClient({ folder: join(remote.folder, '.git', 'other'), patience: 100 })
    const commit = await remote.commit({ 'a.txt': '1' })
    await impatient.fetch(remote.sshUrl, { branch: 'master' }, ssh)

    remote.muteConnections()

    expect(await impatient.fetch(remote.sshUrl, { branch: 'master' }, ssh)).toBe(commit)
    expect(remote.connections).toBe(2)
    await impatient.close()
  })

  it('leaves nothing of packs that never were whole', async () => {
    await remote.commit({ 'a.txt': '1' })
    await client.fetch(remote.sshUrl, { branch: 'master' }, ssh)
    const packs = join(await cacheFolder(), 'objects', 'pack')
    const leaveHalf = (): Promise<void> => writeFile(join(packs, 'tmp_pack_x'), 'PACK')

    await leaveHalf()
    await expect(client.fetch(remote.sshUrl, { branch: 'none' }, ssh)).rejects.toThrow()
    const afterFailure = await readdir(packs)
    await leaveHalf()
    const restarted = new GitClient({ folder: join(remote.folder, '.git', 'cache') })
    await restarted.fetch(remote.sshUrl, { branch: 'master' }, ssh)

    expect([afterFailure, await readdir(packs)]).toEqual([[], []])
    await restarted.close()
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

  it('reads commits as git log does', async () => {
    await remote.commit({ 'a.txt': '1' })
    const message = '\n\nsubject on\n two lines \n\nbody'
    const tree = await remote.git('rev-parse', 'HEAD^{tree}')
    const made = await remote.git('-c', 'i18n.commitEncoding=ISO-8859-1', 'commit-tree', tree, '-m', message)
    await remote.git('update-ref', 'refs/heads/master', made)
    await client.fetch(remote.sshUrl, { branch: 'master' }, ssh)

    const info = await client.commitInfo(remote.sshUrl, made)

    const format = '--format=%H%n%an%n%ae%n%s%n%cI'
    expect(Object.values(info)).toEqual((await remote.git('log', '-1', format, made)).split('\n'))
  })

  it('reads on when the process that reads was ended, and after git has packed the objects', async () => {
    const commit = await remote.commit({ 'a.txt': '1'.repeat(2_000_000), 'b.txt': '2'.repeat(2_000_000) })
    await client.fetch(remote.sshUrl, { branch: 'master' }, ssh)
    const ids = (await client.listTree(remote.sshUrl, commit)).map(({ id }) => id)
    const sizes = async (): Promise<number[]> => {
      const found: number[] = []
      for await (const content of client.readBlobs(remote.sshUrl, ids)) found.push(content.length)
      return found
    }
    expect(await sizes()).toEqual([2_000_000, 2_000_000])

    const cache = await cacheFolder()
    expect(await readersOf(cache)).not.toEqual([])
    for (const id of await readersOf(cache)) process.kill(id)
    await promisify(execFile)('git', ['--git-dir', cache, 'gc', '-q'])

    expect(await sizes()).toEqual([2_000_000, 2_000_000])
    const next = await remote.commit({ 'a.txt': '3' })
    expect(await client.fetch(remote.sshUrl, { branch: 'master' }, ssh)).toBe(next)
    expect((await client.readFile(remote.sshUrl, next, 'a.txt'))?.toString()).toBe('3')
  })

  it('fetches anew what the cache has lost', async () => {
    const commit = await remote.commit({ 'a.txt': '1' })
    await client.fetch(remote.sshUrl, { branch: 'master' }, ssh)
    const blob = await remote.git('rev-parse', 'HEAD:a.txt')
    await rm(join(await cacheFolder(), 'objects', blob.slice(0, 2)), { recursive: true })

    const read = (): Promise<Buffer | undefined> => client.readFile(remote.sshUrl, commit, 'a.txt')
    await expect(read()).rejects.toMatchObject({ code: 'GIT_CACHE_DAMAGED', class: 'transient' })
    await client.fetch(remote.sshUrl, { branch: 'master' }, ssh)

    expect((await read())?.toString()).toBe('1')
  })

  it('refuses trees that stand for more files than there is memory', async () => {
    let tree = await remote.git('hash-object', '-w', '-t', 'tree', '/dev/null')
    for (let level = 0; level < 12; level++) {
      const lines = Array.from({ length: 10 }, (_, name) => `040000 tree ${tree}\t${name}`)
      await writeFile(join(remote.folder, '.git', 'lines'), `${lines.join('\n')}\n`)
      tree = await remote.git('-c', 'alias.make=!git mktree <"$(git rev-parse --git-dir)/lines"', 'make')
    }
    const commit = await remote.git('commit-tree', tree, '-m', 'bomb')
    await remote.git('update-ref', 'refs/heads/master', commit)
    await client.fetch(remote.sshUrl, { branch: 'master' }, ssh)

    await expect(client.listTree(remote.sshUrl, commit)).rejects.toMatchObject({ code: 'GIT_TREE_TOO_LARGE' })
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

  it('gives up after the timeout, and ends the process that has the connection', async () => {
    const silent = createServer((socket) => socket.resume()).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const connected = once(silent, 'connection') as Promise<[Socket]>
    const { port } = silent.address() as { port: number }

    const error = await client
      .fetch(`http://127.0.0.1:${port}/x`, master, { timeout: 1_000 })
      .catch((reason: unknown) => reason)

    const [socket] = await connected
    if (!socket.closed) await once(socket, 'close')

    expect(error).toMatchObject({ code: 'GIT_TIMEOUT', class: 'transient' })
    silent.close()
  })
})
