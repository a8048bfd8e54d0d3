import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
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

  it('lives on when a Ctrl-C goes to all of the terminal, and ends with its program, however that ends', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'slipway-own-podman-'))
    const script = `
      import { startPodman } from ${JSON.stringify(join(import.meta.dirname, 'podman-service.ts'))}
      process.on('SIGINT', () => console.log('interrupted')).on('SIGTERM', () => process.exit(1))
      await startPodman({ dir: ${JSON.stringify(dir)}, env: process.env, onFailure: () => console.log('failed') })
      console.log('serves')`
    const args = ['--import', 'tsx', '--input-type=module', '-e', script]
    const env = { ...process.env, ...ownStorage(dir) }
    const program = spawn(process.execPath, args, { detached: true, env, stdio: ['ignore', 'pipe', 'inherit'] })
    const said = createInterface({ input: program.stdout })[Symbol.asyncIterator]()
    expect(await said.next()).toMatchObject({ value: 'serves' })
    const pid = Number(readFileSync(join(dir, 'podman.pid'), 'utf8'))

    process.kill(-(program.pid as number), 'SIGINT')
    expect(await said.next()).toMatchObject({ value: 'interrupted' })
    const engine = (await connectEngine({ socketPath: join(dir, 'podman.sock'), patience: 120_000 }))!
    expect(await engine.list({ labels: {} })).toEqual([])

    program.kill('SIGTERM')
    expect(await said.next()).toMatchObject({ done: true })
    await expect.poll(() => existsSync(`/proc/${pid}/exe`)).toBe(false)
    rmSync(dir, { recursive: true, force: true })
  })
})
