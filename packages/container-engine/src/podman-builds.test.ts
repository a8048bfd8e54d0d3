import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { podmanBuilds } from './podman-builds.ts'
import { layerTar, ownStorage, testEngine } from './testing/index.ts'

const running = await testEngine(process.env)
const podman = (await running?.engine.info())?.name === 'podman'
await running?.stop()

const root = mkdtempSync(join(tmpdir(), 'slipway-podman-builds-'))
const env = { ...process.env, ...ownStorage(root) }
const dir = join(root, 'builds')
/** Nothing else on this machine waits for as long. */
const SECONDS = 3_000_000 + process.pid

const context = () =>
  layerTar({
    busybox: [readFileSync('/bin/busybox')],
    Dockerfile: `FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "sleep", "${SECONDS}"]\n`,
  })

/** Processes that sleep in a build. */
const sleeping = (): string[] => readdirSync('/proc').filter((pid) => argumentsOf(pid).includes(String(SECONDS)))

function argumentsOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${Number(pid)}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}

const isAtWork = (): Promise<void> => expect.poll(() => sleeping().length, { timeout: 60_000 }).toBe(1)

afterAll(() => rmSync(root, { recursive: true, force: true }))

describe.skipIf(!podman)('what a build runs', () => {
  it('ends when nobody wants it any more', async () => {
    const cancel = new AbortController()
    const building = podmanBuilds({ dir, env })({ context: context(), tags: ['x:1'], signal: cancel.signal })
    building.catch(() => {})
    await isAtWork()

    cancel.abort()

    await expect(building).rejects.toThrow()
    expect(sleeping()).toEqual([])
    expect(readdirSync(dir)).toEqual([])
  })

  it('ends at the next start when its program was killed', async () => {
    const script = `
      import { podmanBuilds } from ${JSON.stringify(join(import.meta.dirname, 'podman-builds.ts'))}
      const build = podmanBuilds({ dir: ${JSON.stringify(dir)}, env: process.env })
      await build({ context: process.stdin, tags: ['x:1'] })`
    const program = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      env,
      stdio: ['pipe', 'inherit', 'inherit'],
    })
    context().pipe(program.stdin)
    await isAtWork()
    program.kill('SIGKILL')

    podmanBuilds({ dir, env })

    await expect.poll(sleeping, { timeout: 10_000 }).toEqual([])
    await expect.poll(() => readdirSync(dir), { timeout: 10_000 }).toEqual([])
  })
})
