import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DataFolder } from './data-folder.ts'

let folder: DataFolder
beforeEach(() => {
  folder = new DataFolder(mkdtempSync(join(tmpdir(), 'data-folder-')))
})
afterEach(() => rmSync(folder.path, { recursive: true }))

describe('findInstance', () => {
  const http = 'http://127.0.0.1:1'

  it('finds the server that announced itself', () => {
    folder.announce({ pid: process.pid, http })

    expect(folder.findInstance()).toMatchObject({ pid: process.pid, http })
  })

  it('takes no other process for it that has its number by now', () => {
    const later = spawn('sleep', ['60'])
    folder.announce({ pid: process.pid, http })
    const announced = JSON.parse(readFileSync(folder.file('instance.json'), 'utf8'))
    folder.write('instance.json', JSON.stringify({ ...announced, pid: later.pid }))

    expect(folder.findInstance()).toBeUndefined()
    expect(() => folder.claim()).not.toThrow()
    later.kill()
  })
})

describe('claim', () => {
  it('makes known whose the folder is before there are addresses, and withdraw ends it', () => {
    folder.claim()

    expect(folder.findProcess()).toBe(process.pid)
    expect(folder.findInstance()).toBeUndefined()
    folder.withdraw()
    expect(folder.findProcess()).toBeUndefined()
  })

  it('refuses a folder of another process, which stays its own', () => {
    const other = spawn('sleep', ['60'])
    folder.announce({ pid: other.pid as number, http: 'http://127.0.0.1:1' })

    expect(() => folder.claim()).toThrow(expect.objectContaining({ code: 'ALREADY_RUNNING' }))
    folder.withdraw()
    expect(folder.findProcess()).toBe(other.pid)
    other.kill()
  })
})

describe('readJson', () => {
  it('tells what to do about a file that is damaged, and takes an empty one for none', () => {
    writeFileSync(folder.file('pki.json'), '{"ca": {"ce')
    writeFileSync(folder.file('empty.json'), '')

    expect(() => folder.readJson('pki.json')).toThrow(expect.objectContaining({ code: 'DATA_FILE_DAMAGED' }))
    expect(folder.readJson('empty.json')).toBeUndefined()
  })
})
