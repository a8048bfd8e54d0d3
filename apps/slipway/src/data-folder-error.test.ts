import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { DataFolder } from './data-folder.ts'
import { dataFolderError } from './data-folder-error.ts'

let root: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'data-folder-error-'))
})
afterAll(() => rmSync(root, { recursive: true }))

const errorOf = (work: () => unknown): unknown => {
  try {
    return work()
  } catch (error) {
    return error
  }
}

it('says of a data folder that is a file, or has one where a folder should be, that it can not be used', () => {
  const file = join(root, 'file')
  writeFileSync(file, '')

  for (const folder of [file, root]) {
    const error = errorOf(() => new DataFolder(folder).folder(folder === file ? '' : 'file', 'git'))
    expect(dataFolderError(error, folder)).toMatchObject({
      code: 'DATA_FOLDER_UNUSABLE',
      message: expect.stringContaining(`'${file}`),
    })
  }
})

it('leaves what went wrong elsewhere as it is', () => {
  const beside = Object.assign(new Error('EACCES'), { code: 'EACCES', path: `${root}-other/file` })
  const inside = Object.assign(new Error('no such thing'), { code: 'NO_SUCH_THING', path: join(root, 'file') })

  for (const error of [beside, inside, 'thrown']) expect(dataFolderError(error, root)).toBe(error)
})
