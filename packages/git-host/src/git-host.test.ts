import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { generateSshKey } from './ssh-key.ts'
import { GitSshServer } from './ssh-server.ts'
import { GitFixture } from './testing/git-fixture.ts'

const ZERO = '0'.repeat(40)
let fixture: GitFixture

beforeEach(async () => {
  fixture = await GitFixture.start()
  fixture.host.serve({ name: 'AppA' })
})
afterEach(() => fixture.stop())

/** The refs of a repository as the disk has them. */
async function refs(name = 'AppA'): Promise<Record<string, string>> {
  return Object.fromEntries((await fixture.host.folder.refs(name)).map((ref) => [ref.name, ref.commit]))
}

describe('over HTTP', () => {
  it('takes a push, tells of it, and gives it back to a clone', async () => {
    const tree = await fixture.workTree('a')
    const head = (await fixture.git(['rev-parse', 'HEAD'], { cwd: tree })).stdout.trim()

    const pushed = await fixture.git(['push', fixture.httpUrl('AppA'), 'master'], { cwd: tree })
    const cloned = await fixture.git(['clone', '-q', fixture.httpUrl('appa.git'), 'copy'])

    expect([pushed, cloned]).toMatchObject([{ status: 0 }, { status: 0 }])
    expect(await readdir(join(fixture.folder, 'copy'))).toContain('README.md')
    expect(fixture.pushes).toEqual([
      {
        repository: 'AppA',
        by: 'ada',
        at: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
        updates: [{ ref: 'refs/heads/master', oldId: ZERO, newId: head }],
      },
    ])
    expect(await fixture.host.folder.refs('AppA')).toMatchObject([{ commit: head, pushedBy: 'ada' }])
  })

  it('speaks protocol version 2 to who asks for it, and the old one to others', async () => {
    const tree = await fixture.workTree('a')
    await fixture.git(['push', '-q', fixture.httpUrl('AppA'), 'master'], { cwd: tree })

    const trace = { env: { GIT_TRACE_PACKET: '1' } }
    const modern = await fixture.git(['ls-remote', fixture.httpUrl('AppA')], trace)
    const old = await fixture.git(['-c', 'protocol.version=0', 'ls-remote', fixture.httpUrl('AppA')], trace)

    expect(modern.stderr).toContain('< version 2')
    expect(old.stderr).toContain('# service=git-upload-pack')
    expect(old.stdout).toBe(modern.stdout)
  })

  it('serves shallow and partial clones, and commits by id', async () => {
    const tree = await fixture.workTree('a')
    const first = (await fixture.git(['rev-parse', 'HEAD'], { cwd: tree })).stdout.trim()
    await fixture.commit(tree, { 'b.txt': 'b' })
    await fixture.git(['push', '-q', fixture.httpUrl('AppA'), 'master'], { cwd: tree })

    const shallow = await fixture.git(['clone', '-q', '--depth=1', fixture.httpUrl('AppA'), 'shallow'])
    const partial = await fixture.git(['clone', '-q', '--filter=blob:none', fixture.httpUrl('AppA'), 'partial'])
    const byId = await fixture.git(['fetch', '-q', '--depth=1', fixture.httpUrl('AppA'), first], {
      cwd: join(fixture.folder, 'shallow'),
    })

    expect([shallow, partial, byId]).toMatchObject([{ status: 0 }, { status: 0 }, { status: 0 }])
    expect((await fixture.git(['rev-list', '--count', 'HEAD'], { cwd: join(fixture.folder, 'shallow') })).stdout).toBe(
      '1\n',
    )
  })

  it('takes a push of many megabytes', async () => {
    const tree = await fixture.workTree('a', { 'big.bin': 'x' })
    const noise = Array.from({ length: 300_000 }, () => Math.random().toString(36)).join('\n')
    await fixture.commit(tree, { 'big.bin': noise })

    const pushed = await fixture.git(['push', '-q', fixture.httpUrl('AppA'), 'master'], { cwd: tree })

    expect(pushed).toMatchObject({ status: 0 })
    expect(fixture.pushes).toHaveLength(1)
  })

  it('reads compressed requests', async () => {
    const tree = await fixture.workTree('a')
    await fixture.git(['push', '-q', fixture.httpUrl('AppA'), 'master'], { cwd: tree })
    const call = request({
      port: fixture.httpPort(),
      method: 'POST',
      path: '/git/AppA/git-upload-pack',
      auth: 'ada:secret',
      headers: {
        'content-type': 'application/x-git-upload-pack-request',
        'content-encoding': 'gzip',
        'git-protocol': 'version=2',
      },
    })

    call.end(gzipSync('0014command=ls-refs\n00000000'.replace('00000000', '0000')))
    const [response] = await once(call, 'response')

    expect(Buffer.concat(await response.toArray()).toString()).toContain('refs/heads/master')
  })

  it('cuts off requests that unpack to more than a fetch can need', async () => {
    await fixture.stop()
    fixture = await GitFixture.start({ limits: { fetchRequestSize: 10_000 } })
    fixture.host.serve({ name: 'AppA' })
    const call = request({
      port: fixture.httpPort(),
      method: 'POST',
      path: '/git/AppA/git-upload-pack',
      auth: 'ada:secret',
      headers: {
        'content-type': 'application/x-git-upload-pack-request',
        'content-encoding': 'gzip',
        'git-protocol': 'version=2',
      },
    })

    call.end(gzipSync('0014command=ls-refs\n0001'.padEnd(5_000_000, '0009peel\n')))
    const [response] = await once(call, 'response')

    expect(Buffer.concat(await response.toArray()).length).toBeLessThan(100)
    await running('upload-pack', false)
  })

  it.each([
    ['nobody', 'AppA', 'Authentication failed'],
    ['ada', 'AppB', 'not found'],
    ['ada', '..%2f..%2fetc', 'not found'],
    ['ada', 'AppA/.git', 'not found'],
    ['ada', 'v3/x/y/.git', 'not found'],
  ])('refuses %s at %s', async (user, path, message) => {
    const answer = await fixture.git(['ls-remote', fixture.httpUrl(path, user)])

    expect(answer.status).not.toBe(0)
    expect(answer.stderr).toContain(message)
  })

  it('lets a reader fetch and not push', async () => {
    const tree = await fixture.workTree('a')
    await fixture.git(['push', '-q', fixture.httpUrl('AppA'), 'master'], { cwd: tree })

    const fetched = await fixture.git(['ls-remote', fixture.httpUrl('AppA', 'rita')])
    const pushed = await fixture.git(['push', fixture.httpUrl('AppA', 'rita'), 'master:other'], { cwd: tree })

    expect(fetched.status).toBe(0)
    expect(pushed.stderr).toContain('403')
    expect(Object.keys(await refs())).toEqual(['refs/heads/master'])
  })

  it('no longer serves a withdrawn repository, and keeps its data', async () => {
    await fixture.git(['push', '-q', fixture.httpUrl('AppA'), 'master'], { cwd: await fixture.workTree('a') })

    fixture.host.withdraw('AppA')

    expect((await fixture.git(['ls-remote', fixture.httpUrl('AppA')])).stderr).toContain('not found')
    expect(Object.keys(await refs())).toEqual(['refs/heads/master'])
  })
})

describe('over SSH', () => {
  it.each(['AppA', 'AppA.git', 'v3/cpn/Provisioning/AppA'])('takes a push to and a clone from %s', async (path) => {
    const key = await fixture.sshCommand(fixture.adaKey)
    const tree = await fixture.workTree('a')

    const pushed = await fixture.git(['push', '-q', fixture.sshUrl(path), 'master'], { cwd: tree, key })
    const cloned = await fixture.git(['clone', '-q', fixture.sshUrl(path), 'copy'], {
      key,
      env: { GIT_TRACE_PACKET: '1' },
    })

    expect(pushed).toMatchObject({ status: 0 })
    expect(cloned).toMatchObject({ status: 0, stderr: expect.stringContaining('< version 2') })
    expect(fixture.pushes).toMatchObject([{ repository: 'AppA', by: 'ada' }])
    const again = await fixture.git(['push', fixture.sshUrl(path), 'master'], { cwd: tree, key })
    expect(again).toMatchObject({ status: 0, stderr: expect.stringContaining('up-to-date') })
    expect(fixture.pushes).toHaveLength(1)
  })

  it('has a process ready for who follows the pushes, which gives out the last one', async () => {
    const key = await fixture.sshCommand(fixture.adaKey)
    const tree = await fixture.workTree('a')
    const url = fixture.sshUrl('AppA')
    const push = (): Promise<unknown> => fixture.git(['push', '-q', url, 'master'], { cwd: tree, key })
    await push()
    await running('upload-pack', false)
    await fixture.git(['clone', '-q', '--bare', url, 'copy'], { key })

    for (const file of ['b.txt', 'c.txt']) {
      const commit = await fixture.commit(tree, { [file]: file })
      await push()
      await running('upload-pack --strict', true)
      await fixture.git(['fetch', '-q', url, 'master'], { cwd: join(fixture.folder, 'copy'), key })
      expect((await fixture.git(['rev-parse', 'FETCH_HEAD'], { cwd: join(fixture.folder, 'copy') })).stdout).toBe(
        `${commit}\n`,
      )
    }

    await fixture.commit(tree, { 'd.txt': 'd' })
    await push()
    await running('upload-pack --strict', true)
    fixture.host.withdraw('AppA')
    await running('upload-pack --strict', false)
  })

  it('serves git archive', async () => {
    const key = await fixture.sshCommand(fixture.adaKey)
    await fixture.git(['push', '-q', fixture.sshUrl('AppA'), 'master'], { cwd: await fixture.workTree('a'), key })

    const archive = await fixture.git(['archive', `--remote=${fixture.sshUrl('AppA')}`, 'master'], { key })

    expect(archive).toMatchObject({ status: 0, stdout: expect.stringContaining('README.md') })
  })

  it('lets a read-only deploy key fetch from its repository and do nothing else', async () => {
    const deploy = generateSshKey('deploy')
    fixture.host.serve({ name: 'AppA', deployKeys: [{ name: 'sync', publicKey: deploy.publicKey, access: 'read' }] })
    fixture.host.serve({ name: 'Other' })
    const ada = await fixture.sshCommand(fixture.adaKey)
    const key = await fixture.sshCommand(deploy)
    const tree = await fixture.workTree('a')
    await fixture.git(['push', '-q', fixture.sshUrl('AppA'), 'master'], { cwd: tree, key: ada })

    const fetched = await fixture.git(['ls-remote', fixture.sshUrl('AppA')], { key })
    const pushed = await fixture.git(['push', fixture.sshUrl('AppA'), 'master:x'], { cwd: tree, key })
    const elsewhere = await fixture.git(['ls-remote', fixture.sshUrl('Other')], { key })

    expect(fetched.status).toBe(0)
    expect(pushed.stderr).toContain("ERROR: the key 'sync' may only read from 'AppA'")
    expect(elsewhere.stderr).toContain("ERROR: repository 'Other' not found")
    expect(Object.keys(await refs())).toEqual(['refs/heads/master'])
  })

  it('takes pushes of a deploy key that may write, under its name', async () => {
    const deploy = generateSshKey('bot')
    fixture.host.serve({ name: 'AppA', deployKeys: [{ name: 'bot', publicKey: deploy.publicKey, access: 'write' }] })

    const key = await fixture.sshCommand(deploy)
    const pushed = await fixture.git(['push', '-q', fixture.sshUrl('AppA'), 'master'], {
      cwd: await fixture.workTree('a'),
      key,
    })

    expect(pushed.status).toBe(0)
    expect(fixture.pushes).toMatchObject([{ by: 'bot' }])
  })

  it('refuses unknown keys, other programs and a shell', async () => {
    const stranger = await fixture.sshCommand(generateSshKey())
    const ada = (await fixture.sshCommand(fixture.adaKey)).split(' ')
    const ssh = async (...command: string[]): Promise<string> => {
      const child = spawn('ssh', [...ada.slice(1), '-p', String(fixture.sshPort()), 'git@127.0.0.1', ...command], {
        env: { PATH: '/usr/bin' },
      })
      child.stdin.end()
      return Buffer.concat(await child.stderr.toArray()).toString()
    }

    expect((await fixture.git(['ls-remote', fixture.sshUrl('AppA')], { key: stranger })).stderr).toContain(
      'Permission denied (publickey)',
    )
    expect(await ssh('id')).toContain('ERROR: only git fetch, push and archive are served here')
    expect(await ssh()).toContain('Hi ada!')
  })

  it.each([
    ['nothing', ''],
    ['their version and no more', 'SSH-2.0-x\r\n'],
  ])('lets go of clients that say %s, and gives their place to others', async (_, said) => {
    const { privateKey: hostKey } = generateSshKey()
    const options = { host: fixture.host, hostKey, identifyKey: () => undefined, connections: 1, loginTimeout: 100 }
    const server = new GitSshServer(options)
    await server.start(0)
    const { port } = server.address()
    // This one never closes its side.
    const idle = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    idle.on('error', () => {}).resume()
    idle.write(said)
    await once(idle, 'end')

    const next = connect(port, '127.0.0.1')
    const [greeting] = await once(next, 'data')

    expect(String(greeting)).toContain('SSH-2.0-slipway')
    for (const socket of [idle, next]) socket.destroy()
    await server.stop()
  })
})

describe('pushes', () => {
  const transports: [string, () => Promise<{ url: string; key?: string }>][] = [
    ['HTTP', async () => ({ url: fixture.httpUrl('AppA') })],
    ['SSH', async () => ({ url: fixture.sshUrl('AppA'), key: await fixture.sshCommand(fixture.adaKey) })],
  ]

  it.each(transports)('over %s cannot rewrite or delete a protected branch', async (_name, connect) => {
    const { url, key } = await connect()
    const options = { cwd: await fixture.workTree('a'), ...(key && { key }) }
    fixture.host.serve({ name: 'AppA', defaultBranch: 'main', protectedBranches: ['master', 'release/*'] })
    await fixture.git(['push', '-q', url, 'master', 'master:free', 'master:release/1'], options)
    const before = await refs()
    await fixture.git(['commit', '-q', '--amend', '-m', 'other'], options)

    const forced = await fixture.git(['push', '--force', url, 'master'], options)
    const deleted = await fixture.git(['push', url, ':release/1'], options)
    const free = await fixture.git(['push', '--force', url, 'master:free'], options)

    expect(forced.stderr).toContain('non-fast-forward')
    expect(deleted.stderr).toContain('protected branch, it cannot be deleted')
    expect(free.status).toBe(0)
    expect(await refs()).toEqual({
      ...before,
      'refs/heads/free': expect.not.stringMatching(before['refs/heads/free']!),
    })
    expect(fixture.pushes).toHaveLength(2)
  })

  it.each(transports)('over %s cannot write refs other than branches, tags and notes', async (_name, connect) => {
    const { url, key } = await connect()
    const options = { cwd: await fixture.workTree('a'), ...(key && { key }) }

    const pushed = await fixture.git(['push', url, 'master:refs/pull/1/head', 'master'], options)

    expect(pushed.stderr).toContain('ref name not allowed')
    expect(pushed.stderr).toContain('refused with the rest of the push')
    expect(await refs()).toEqual({})
    expect(fixture.pushes).toEqual([])
  })

  it('tells only of the refs that moved', async () => {
    const tree = await fixture.workTree('a')
    await fixture.git(['push', '-q', fixture.httpUrl('AppA'), 'master'], { cwd: tree })
    const other = await fixture.workTree('b', { 'other.txt': 'unrelated' })
    fixture.host.serve({ name: 'AppA', protectedBranches: ['master'] })

    await fixture.git(['push', '--force', fixture.httpUrl('AppA'), 'master', 'master:feature'], { cwd: other })

    expect(fixture.pushes.at(-1)?.updates.map(({ ref }) => ref)).toEqual(['refs/heads/feature'])
  })

  it('at the same time all arrive when they go to different branches, and one wins when to the same', async () => {
    const trees = await Promise.all([1, 2, 3, 4, 5].map((n) => fixture.workTree(`t${n}`, { [`${n}.txt`]: String(n) })))
    const key = await fixture.sshCommand(fixture.adaKey)
    const push = (branch: (index: number) => string) =>
      Promise.all(
        trees.map((cwd, index) =>
          fixture.git(
            ['push', '-q', index % 2 ? fixture.sshUrl('AppA') : fixture.httpUrl('AppA'), `master:${branch(index)}`],
            { cwd, key },
          ),
        ),
      )

    const different = await push((index) => `b${index}`)
    const same = await push(() => 'same')

    expect(different.map(({ status }) => status)).toEqual([0, 0, 0, 0, 0])
    expect(same.filter(({ status }) => status === 0)).toHaveLength(1)
    expect(fixture.pushes).toHaveLength(6)
    const check = await fixture.git(['--git-dir', fixture.host.folder.path('AppA'), 'fsck', '--strict'])
    expect(check.status).toBe(0)
  })

  it('that are cut off leave the repository as it was, and no process behind', async () => {
    const tree = await fixture.workTree('a')
    await fixture.git(['push', '-q', fixture.httpUrl('AppA'), 'master'], { cwd: tree })
    const before = await refs()
    const command = `${before['refs/heads/master']} ${'1'.repeat(40)} refs/heads/master\0 report-status`
    const line = (command.length + 4).toString(16).padStart(4, '0') + command
    const socket = connect(fixture.httpPort(), '127.0.0.1')
    socket.on('error', () => {})
    socket.write(
      `POST /git/AppA/git-receive-pack HTTP/1.1\r\nhost: x\r\nauthorization: Basic ${btoa('ada:secret')}\r\n` +
        'content-type: application/x-git-receive-pack-request\r\ncontent-length: 100000\r\n\r\n',
    )
    socket.write(`${line}0000PACK\0\0\0\x02\0\0\0\x09`)
    await running('receive-pack', true)

    socket.destroy()

    await running('receive-pack', false)
    expect(await refs()).toEqual(before)
    expect(
      (await readdir(join(fixture.host.folder.path('AppA'), 'objects'))).filter((name) => name.startsWith('tmp_')),
    ).toEqual([])
    await fixture.commit(tree, { 'next.txt': '1' })
    expect(await fixture.git(['push', '-q', fixture.httpUrl('AppA'), 'master'], { cwd: tree })).toMatchObject({
      status: 0,
    })
  })

  it('whose client is killed leave the repository as it was', async () => {
    const key = (await fixture.sshCommand(fixture.adaKey)).split(' ')
    const tree = await fixture.workTree('a')
    await fixture.git(['push', '-q', fixture.httpUrl('AppA'), 'master'], { cwd: tree })
    const before = await refs()
    // A client that sends the commands and half a pack, then dies.
    const command = `${before['refs/heads/master']} ${'1'.repeat(40)} refs/heads/master\0 report-status side-band-64k`
    const line = (command.length + 4).toString(16).padStart(4, '0') + command
    const child = spawn(
      'ssh',
      [...key.slice(1), '-p', String(fixture.sshPort()), 'git@127.0.0.1', "git-receive-pack 'AppA'"],
      { env: { PATH: '/usr/bin' } },
    )
    child.stdin.write(`${line}0000PACK\0\0\0\x02\0\0\0\x09`)
    await running('receive-pack --stateless-rpc', true)

    child.kill('SIGKILL')

    await running('receive-pack', false)
    expect(await refs()).toEqual(before)
    const check = await fixture.git(['--git-dir', fixture.host.folder.path('AppA'), 'fsck', '--strict'])
    expect(check.status).toBe(0)
  })

  it('and clones at the same time do not disturb each other', async () => {
    const tree = await fixture.workTree('a')
    await fixture.git(['push', '-q', fixture.httpUrl('AppA'), 'master'], { cwd: tree })
    await fixture.commit(tree, { 'b.txt': 'b' })

    const outcomes = await Promise.all([
      ...[1, 2, 3, 4].map((n) => fixture.git(['clone', '-q', fixture.httpUrl('AppA'), `clone${n}`])),
      fixture.git(['push', '-q', fixture.httpUrl('AppA'), 'master'], { cwd: tree }),
      fixture.git(['push', '-q', fixture.httpUrl('AppA'), 'master:other'], { cwd: tree }),
    ])

    expect(outcomes.map(({ status }) => status)).toEqual([0, 0, 0, 0, 0, 0])
  })

  it.each([
    ['before their pack', Buffer.alloc(0)],
    ['in their pack', Buffer.from('PACK\0\0\0\x02\0\0\0\x01')],
  ])('that send nothing more %s are ended, and others have their turn', async (_, pack) => {
    await fixture.stop()
    fixture = await GitFixture.start({ limits: { idleTimeout: 200, processes: 1 } })
    fixture.host.serve({ name: 'AppA' })
    const socket = connect(fixture.httpPort(), '127.0.0.1')
    const closed = once(socket, 'close')
    const command = `${ZERO} ${'1'.repeat(40)} refs/heads/master\0 report-status`
    const line = (command.length + 4).toString(16).padStart(4, '0') + command
    socket.resume()
    socket.write(
      `POST /git/AppA/git-receive-pack HTTP/1.1\r\nhost: x\r\nauthorization: Basic ${btoa('ada:secret')}\r\n` +
        `content-type: application/x-git-receive-pack-request\r\ncontent-length: 100000\r\n\r\n${line}0000`,
    )
    socket.write(pack)

    await closed
    await running('receive-pack', false)
    expect(await refs()).toEqual({})
    expect((await fixture.git(['ls-remote', fixture.httpUrl('AppA')])).status).toBe(0)
  })

  it('larger than allowed are refused', async () => {
    await fixture.stop()
    fixture = await GitFixture.start({ limits: { pushSize: 1000 } })
    fixture.host.serve({ name: 'AppA' })
    const tree = await fixture.workTree('a', { 'noise.txt': Array.from({ length: 500 }, () => Math.random()).join() })

    const pushed = await fixture.git(['push', fixture.httpUrl('AppA'), 'master'], { cwd: tree })

    expect(pushed.stderr).toContain('pack exceeds maximum allowed size')
    expect(await refs()).toEqual({})
  })
})

/** Resolves when a git process with this argument works, or no longer works, on the fixture's folder. */
async function running(argument: string, wanted: boolean): Promise<void> {
  await expect
    .poll(
      async () => {
        const { execFileSync } = await import('node:child_process')
        const lines = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n')
        return lines.some((line) => line.includes(argument) && line.includes(fixture.folder))
      },
      { timeout: 10_000, interval: 20 },
    )
    .toBe(wanted)
}
