import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex, Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { BareCache } from './bare-cache.ts'

/** A git that works in a repository until its input ends, and whose parent is gone. */
async function orphanIn(repository: string): Promise<{ pid: number; input: Duplex }> {
  const script = 'git --git-dir "$0" cat-file --batch <&3 >/dev/null & echo $!'
  const parent = spawn('sh', ['-c', script, repository], { stdio: ['ignore', 'pipe', 'inherit', 'pipe'] })
  const [pid] = await once(parent.stdout as Readable, 'data')
  return { pid: Number(String(pid)), input: (parent.stdio[3] as Duplex).resume() }
}

it('a cache ends what an earlier program left at work in it, and nothing else', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'git-orphans-'))
  const [cache = '', other = ''] = ['a.git', 'b.git'].map((name) => join(folder, name))
  for (const repository of [cache, other]) execFileSync('git', ['init', '-q', '--bare', repository])
  const [orphan, elsewhere] = [await orphanIn(cache), await orphanIn(other)]
  const own = spawn('git', ['--git-dir', cache, 'cat-file', '--batch'])
  const ended = once(orphan.input, 'close')

  await new BareCache(cache).prepare()

  await ended
  own.stdin.end('HEAD~9\n')
  expect(String(await once(own.stdout, 'data'))).toContain('missing')
  expect(process.kill(elsewhere.pid, 0)).toBe(true)
  elsewhere.input.destroy()
  await rm(folder, { recursive: true })
})
