import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { RunLog } from './run-log.ts'
import { RunStore } from './run-store.ts'

it('opens although the file of a run was cut off, and gives its number to no other', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'runs-'))
  mkdirSync(join(dir, 'runs/ca7'), { recursive: true })
  writeFileSync(join(dir, 'runs/ca7/run.json'), '')

  const store = await RunStore.open(dir, 'now')

  expect(store.list()).toEqual([])
  expect((await store.create('now')).runId).toBe('ca8')
  rmSync(dir, { recursive: true })
})

it('forgets the oldest runs that are over, and their files, but none that goes on', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'runs-'))
  const store = await RunStore.open(dir, 'now', 2)
  await store.create('now')
  for (let run = 0; run < 12; run++) await store.save({ ...(await store.create('now')), status: 'Succeeded' })
  await store.create('now')

  const again = await RunStore.open(dir, 'later', 2)
  await again.create('later')

  expect(store.list().map(({ runId }) => runId)).toEqual(['ca1', 'ca12', 'ca13', 'ca14'])
  expect(again.list().map(({ runId }) => runId)).toEqual(['ca13', 'ca14', 'ca15'])
  expect(readdirSync(join(dir, 'runs')).sort()).toEqual(['ca13', 'ca14', 'ca15'])
  rmSync(dir, { recursive: true })
})

it('tells at the end that a log has no room on the disk', async () => {
  const unseen: unknown[] = []
  const note = (error: unknown): void => void unseen.push(error)
  process.on('unhandledRejection', note)
  const log = new RunLog('/dev/full', [])

  log.write('text')
  // What is asked of the disk later fails later.
  for (let turn = 0; turn < 3; turn++) await appendFile('/dev/full', 'x').catch(() => {})
  await nextTurn()

  await expect(log.end()).rejects.toThrow('ENOSPC')
  process.off('unhandledRejection', note)
  expect(unseen).toEqual([])
})
