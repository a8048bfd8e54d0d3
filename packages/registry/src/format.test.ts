import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { requireFormat } from './format.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'registry-format-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('the format of a folder', () => {
  it('is noted where it is not yet, and taken from then on', async () => {
    await requireFormat(folder)
    await requireFormat(folder)

    expect(await readFile(join(folder, 'format'), 'utf8')).toBe('1\n')
  })

  it('is refused when a later program wrote it, with both named', async () => {
    await writeFile(join(folder, 'format'), '2\n')

    await expect(requireFormat(folder)).rejects.toMatchObject({
      code: 'REGISTRY_FORMAT_UNKNOWN',
      message: `${folder} is of format "2", and this program knows "1"`,
    })
  })
})
