import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { connectEngine } from './connect.ts'
import { startPodman } from './podman-service.ts'
import { ownStorage, testEngine } from './testing/index.ts'

const running = await testEngine(process.env)
const podman = (await running?.engine.info())?.name === 'podman'
await running?.stop()

describe.skipIf(!podman)('a Podman of our own', () => {
  it('that is killed is started again, says so, and serves as before', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'slipway-own-podman-'))
    const env = { ...process.env, ...ownStorage(dir) }
    const failures: unknown[] = []
    const service = await startPodman({ dir, env, onFailure: (error) => failures.push(error) })
    const engine = (await connectEngine({ socketPath: service.socketPath, patience: 120_000 }))!

    process.kill(Number(readFileSync(join(dir, 'podman.pid'), 'utf8')), 'SIGKILL')
    await expect.poll(() => failures).toMatchObject([{ code: 'PODMAN_FAILED' }])

    await expect.poll(() => engine.list({ labels: {} }).catch(() => 'down')).toEqual([])
    await service.stop()
    expect(failures).toHaveLength(1)
    rmSync(dir, { recursive: true, force: true })
  })
})
