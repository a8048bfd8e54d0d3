import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { killOrphans, LOOKUP_VARIABLE } from './orphans.ts'

it.runIf(process.platform === 'linux')('kills what carries the mark, its group too, and nothing else', async () => {
  const start = (id: string) =>
    spawn('bash', ['-c', 'env -i sleep 60 & echo ready; wait'], {
      env: { PATH: '/usr/bin:/bin', [LOOKUP_VARIABLE]: id },
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  const [ours, other] = [start(`a-${process.pid}`), start(`b-${process.pid}`)]
  await Promise.all([once(ours.stdout, 'data'), once(other.stdout, 'data')])

  // `close` comes when the last holder of the pipe is gone, the child without the mark too.
  const closed = once(ours, 'close')
  expect(await killOrphans(`a-${process.pid}`)).toBeGreaterThan(0)
  await closed

  expect(other.exitCode).toBeNull()
  const otherClosed = once(other, 'close')
  await killOrphans(`b-${process.pid}`)
  await otherClosed
})
