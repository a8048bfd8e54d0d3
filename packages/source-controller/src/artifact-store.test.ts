import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ArtifactStore } from './artifact-store.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-artifacts-'))
})
afterEach(() => rm(folder, { recursive: true }))

const artifact = (digit: number): string => `gitrepository/ns/name/${String(digit).repeat(40)}.tar.gz`

describe('ArtifactStore', () => {
  it('keeps the current artifact and the newest other one, also after the clock was put back', async () => {
    const store = new ArtifactStore(folder)
    for (const [digit, time] of [
      [1, 3000],
      [2, 4000],
      [3, 1000],
    ] as const) {
      await store.write(artifact(digit), Readable.from([`${digit}`]))
      await utimes(join(folder, artifact(digit)), time, time)
    }

    await store.prune(artifact(3))

    expect(await readdir(join(folder, 'gitrepository/ns/name'))).toEqual(
      [2, 3].map((digit) => `${String(digit).repeat(40)}.tar.gz`),
    )
  })
})
