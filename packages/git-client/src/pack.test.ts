import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { idOf } from './git-objects.ts'
import { readPack } from './pack.ts'

let folder: string
let pack: Buffer

const git = (args: string[], input = ''): Buffer =>
  execFileSync('git', args, { cwd: folder, input, env: { PATH: process.env.PATH ?? '', HOME: folder } })
const nothing = (): Promise<never> => Promise.reject(new Error('not here'))

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-pack-'))
  git(['init', '-q', '-b', 'master', '.'])
  for (let version = 0; version < 12; version++) {
    const lines = Array.from({ length: 300 }, (_, line) => `line ${line} ${line % 12 === version ? version : ''}`)
    writeFileSync(join(folder, 'text.txt'), lines.join('\n'))
    writeFileSync(join(folder, `${version}.bin`), Buffer.alloc(7_000, version))
    git(['add', '-A'])
    git(['-c', 'user.name=Ada', '-c', 'user.email=a@b', 'commit', '-q', '-m', String(version)])
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('readPack', () => {
  it.each([
    ['--delta-base-offset', 'offsets'],
    ['--no-reuse-delta', 'ids'],
  ])('reads every object that git packed with %s', async (option) => {
    const ids = git(['rev-list', '--objects', '--all', '--no-object-names']).toString()
    pack = git(['pack-objects', '-q', '--stdout', '--window=50', option], ids)

    const objects = await readPack(pack, nothing)

    expect([...objects.keys()].sort()).toEqual(ids.trim().split('\n').sort())
    for (const [id, object] of objects) expect(idOf(object)).toBe(id)
  })

  it('reads a thin pack with the help of what is here', async () => {
    const thin = git(['pack-objects', '-q', '--stdout', '--thin', '--revs'], 'HEAD\n^HEAD~1\n')
    const asked: string[] = []

    const objects = await readPack(thin, async (id) => {
      asked.push(id)
      const type = git(['cat-file', '-t', id]).toString().trim() as 'blob'
      return { type, content: git(['cat-file', type, id]) }
    })

    expect(asked).not.toEqual([])
    expect([...objects.keys()]).toContain(git(['rev-parse', 'HEAD']).toString().trim())
    await expect(readPack(thin, nothing)).rejects.toMatchObject({ code: 'GIT_FAILED' })
  })

  it('refuses what is damaged, with an error of its own', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(pack.length - 1), fc.integer({ min: 1, max: 255 }), async (place, change) => {
        const damaged = Buffer.from(pack)
        damaged[place] = (damaged[place] ?? 0) ^ change
        await expect(readPack(damaged, nothing)).rejects.toMatchObject({ code: 'GIT_FAILED' })
      }),
    )
    await expect(readPack(pack.subarray(0, 40), nothing)).rejects.toMatchObject({ code: 'GIT_FAILED' })
  })

  it('refuses damage that the checksum does not show', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 12, max: 400 }), fc.integer({ min: 1, max: 255 }), async (place, change) => {
        const body = Buffer.from(pack.subarray(0, -20))
        body[place] = (body[place] ?? 0) ^ change
        const damaged = Buffer.concat([body, createHash('sha1').update(body).digest()])
        const result = await readPack(damaged, nothing).catch((error: unknown) => error)
        // An id is what the content hashes to, so that a changed object is another object.
        if (result instanceof Map) for (const [id, object] of result) expect(idOf(object)).toBe(id)
        else expect(result).toMatchObject({ code: 'GIT_FAILED' })
      }),
    )
  })
})
