import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { DataFolder } from '../data-folder.ts'
import { removeLeftovers } from './leftovers.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'leftovers-'))
  vi.stubEnv('TMPDIR', root)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(root, { recursive: true })
})

interface Note {
  pid: number
  started: string
  realm: string
}

/** A cluster's folder as a process leaves it that was killed. */
async function killedCluster(change: (note: Note) => Partial<Note> = () => ({})): Promise<DataFolder> {
  const folder = new DataFolder(mkdtempSync(join(root, 'slipway-cluster-')))
  const owner = spawn('sleep', ['60'])
  folder.announce({ pid: owner.pid as number, http: '' })
  owner.kill('SIGKILL')
  await once(owner, 'exit')
  const note = JSON.parse(readFileSync(folder.file('instance.json'), 'utf8')) as Note
  folder.write('instance.json', JSON.stringify({ ...note, ...change(note) }))
  return folder
}

const sweep = (): Promise<void> => removeLeftovers(undefined, new AbortController().signal)

describe('what a killed cluster left', () => {
  it('goes', async () => {
    const folders = [await killedCluster(), await killedCluster(() => ({ pid: process.pid }))]

    await sweep()

    expect(folders.map(({ path }) => existsSync(path))).toEqual([false, false])
  })

  it.each([
    ['of a process that runs', ({ pid: _, ...note }: Note) => ({ ...note, ...running() })],
    ['of another machine, or a container that has the same folder', () => ({ realm: 'elsewhere pid:[1]' })],
  ])('stays when it may be %s', async (_name, change) => {
    const folder = await killedCluster(change)

    await sweep()

    expect(existsSync(folder.path)).toBe(true)
  })

  it('stays with what may have containers until there is an engine', async () => {
    const folder = await killedCluster()
    mkdirSync(folder.file('node/pods/1'), { recursive: true })

    await sweep()

    expect(existsSync(folder.path)).toBe(true)
  })

  it('is not looked for in folders of others', async () => {
    const folder = await killedCluster()
    const other = join(root, 'elsewhere')
    const link = join(root, 'slipway-cluster-link')
    mkdirSync(other)
    new DataFolder(other).write('instance.json', readFileSync(folder.file('instance.json'), 'utf8'))
    symlinkSync(other, link)
    mkdirSync(join(root, 'slipway-cluster-e2e'))

    await sweep()

    expect([other, link, join(root, 'slipway-cluster-e2e')].map((path) => existsSync(path))).toEqual([true, true, true])
  })
})

/** As this very process is known. */
function running(): Note {
  const folder = new DataFolder(root)
  folder.claim()
  return JSON.parse(readFileSync(folder.file('instance.json'), 'utf8')) as Note
}
