import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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
