import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lockFolder } from './index.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'folder-lock-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('lockFolder', () => {
  it('gives a folder to one at a time', async () => {
    const unlock = await lockFolder(folder)

    await expect(lockFolder(folder)).rejects.toMatchObject({ code: 'DATA_DIR_IN_USE' })
    unlock()
    const again = await lockFolder(folder)
    again()
  })
})
