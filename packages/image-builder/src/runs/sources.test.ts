import { mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { Sources } from './sources.ts'

it('an upload that nobody has built goes after an hour, one whose build waits does not', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'sources-'))
  const sources = await Sources.open(dir)
  const files = (): string[] => readdirSync(join(dir, 'sources')).sort()
  const upload = async (minutesAgo: number): Promise<string> => {
    const { id } = sources.offer()
    await sources.save(id, Readable.from(['context']))
    const at = Date.now() / 1_000 - 60 * minutesAgo
    utimesSync(join(dir, 'sources', `${id}.tar.gz`), at, at)
    return `${id}.tar.gz`
  }
  const waiting = await upload(61)
  const source = await sources.open(`source/${waiting}`)
  const unused = await upload(61)

  const young = await upload(59)
  const newest = await upload(0)

  expect(files()).toEqual([waiting, young, newest].sort())
  await expect(sources.open(`source/${unused}`)).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' })
  await source.remove()
  expect(files()).toEqual([young, newest].sort())
  rmSync(dir, { recursive: true })
})
