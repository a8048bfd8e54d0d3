import { spawn } from 'node:child_process'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BareCache, localRef } from './bare-cache.ts'
import { fetchStep } from './fetch-step.ts'
import { runGit } from './git-process.ts'
import { GitRemote } from './testing/git-remote.ts'

const MASTER = 'refs/heads/master'

let remote: GitRemote
let cache: BareCache
let have: string

beforeEach(async () => {
  remote = await GitRemote.start()
  cache = new BareCache(join(remote.folder, '.git', 'cache.git'))
  await cache.prepare()
  const lines = Array.from({ length: 400 }, (_, line) => `line ${line}`).join('\n')
  have = await remote.commit({ 'long.txt': lines, 'folder/a.txt': 'a' })
  await git('fetch', '-q', remote.folder, `+${MASTER}:${localRef(MASTER)}`)
})
afterEach(async () => {
  cache.close()
  await remote.stop()
})

/** Runs git in the cache. */
async function git(...args: string[]): Promise<string> {
  const environment = { GIT_ALLOW_PROTOCOL: 'file' }
  const { status, stdout, stderr } = await runGit({ repository: cache.folder, args, environment })
  expect(status, stderr).toBe(0)
  return stdout.toString()
}

/** What an SSH channel would be. */
function uploadPack(protocol = 'version=2'): Duplex {
  const { PATH = '' } = process.env
  const child = spawn('git', ['upload-pack', remote.folder], { env: { PATH, GIT_PROTOCOL: protocol } })
  child.stdin.on('error', () => {})
  return Duplex.from({ readable: child.stdout, writable: child.stdin })
}

async function step(protocol?: string): Promise<string | undefined> {
  const channel = uploadPack(protocol)
  try {
    return await fetchStep(channel, cache, { ref: MASTER, have })
  } finally {
    channel.destroy()
  }
}

describe('fetchStep', () => {
  it('brings several commits, as deltas too, so that git finds nothing amiss', async () => {
    for (const line of [1, 200, 399]) {
      const text = Array.from({ length: 400 }, (_, index) => (index === line ? 'changed' : `line ${index}`)).join('\n')
      await remote.commit({ 'long.txt': text, [`folder/${line}.txt`]: String(line) })
    }
    const head = await remote.git('rev-parse', 'HEAD')

    expect(await step()).toBe(head)

    expect((await git('rev-parse', localRef(MASTER))).trim()).toBe(head)
    await git('fsck', '--full', '--strict', '--no-dangling', '--no-progress')
    expect((await git('show', `${head}:folder/200.txt`)).trim()).toBe('200')
    expect(await readdir(join(cache.folder, 'objects'))).not.toContainEqual(expect.stringMatching(/^tmp_/))
  })

  it('changes nothing when the branch has not moved', async () => {
    expect(await step()).toBe(have)
  })

  it('leaves to git a branch that is gone, one that was rewritten, and a server that speaks no version 2', async () => {
    await remote.commit({ 'a.txt': '1' })
    expect(await step('')).toBeUndefined()

    await remote.git('checkout', '-q', '--orphan', 'other')
    await remote.commit({ 'a.txt': '2' })
    await remote.git('branch', '-M', 'other', 'master')
    expect(await step()).toBeUndefined()

    await remote.git('branch', '-m', 'master', 'main')
    expect(await step()).toBeUndefined()
    expect((await git('rev-parse', localRef(MASTER))).trim()).toBe(have)
  })

  it('leaves large packs to git', async () => {
    const noise = Array.from({ length: 100_000 }, () => Math.random().toString(36)).join('\n')
    await remote.commit({ 'large.txt': noise })

    expect(await step()).toBeUndefined()
  })

  it('stores nothing of a step whose base the cache has lost', async () => {
    const blob = (await git('rev-parse', `${have}:long.txt`)).trim()
    const objects = join(cache.folder, 'objects')
    for (const name of await readdir(join(objects, 'pack'))) await rm(join(objects, 'pack', name))
    await rm(join(objects, blob.slice(0, 2)), { recursive: true, force: true })
    await writeFile(join(remote.folder, 'long.txt'), `${'x'.repeat(20)}${await remote.git('show', 'HEAD:long.txt')}`)
    await remote.git('commit', '-q', '-a', '-m', 'change')

    await expect(step()).rejects.toThrow('its deltas have no bases')
    expect(await cache.looseRef(localRef(MASTER))).toBe(have)
  })
})
