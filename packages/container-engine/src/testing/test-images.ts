import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { UserError } from '@slipway/errors'
import { pack } from 'tar-stream'
import { connectEngine } from '../connect.ts'
import { startPodman } from '../podman-service.ts'
import type { ContainerEngine } from '../port.ts'

/** A tar of these files; the executable ones as `[content]`. */
export function layerTar(files: Record<string, string | Buffer | [Buffer]>): Readable {
  const tar = pack()
  for (const [name, content] of Object.entries(files)) {
    const [data, mode] = Array.isArray(content) ? [content[0], 0o755] : [Buffer.from(content), 0o644]
    tar.entry({ name, mode, mtime: new Date(0) }, data)
  }
  tar.finalize()
  return tar as unknown as Readable
}

/** Builds `tag` from nothing but a static busybox, with these further Dockerfile lines and files. Resolves to its id. */
export async function buildTestImage(
  engine: ContainerEngine,
  tag: string,
  { dockerfile = '', files = {} }: { dockerfile?: string; files?: Record<string, string> } = {},
): Promise<string> {
  const context = layerTar({
    busybox: [readFileSync('/bin/busybox')],
    Dockerfile: `FROM scratch\nCOPY busybox /bin/busybox\nCOPY busybox /bin/sh\n${dockerfile}`,
    ...files,
  })
  const { imageId } = await engine.build({ context, tags: [tag] })
  return imageId
}

/**
 * A real engine for tests: one that answers, or Podman started for the test. Undefined (skip, and say so) where there is none,
 * where the user may not run it, or no static busybox is there to make images of. Where root has Podman and it does not start, that
 * is an error: tests that skip themselves on a busy machine prove nothing.
 */
export async function testEngine(
  env: NodeJS.ProcessEnv,
): Promise<{ engine: ContainerEngine; stop(): Promise<void> } | undefined> {
  if (!existsSync('/bin/busybox')) return undefined
  const running = await connectEngine()
  if (running) return { engine: running, stop: async () => {} }
  const dir = mkdtempSync(join(tmpdir(), 'slipway-podman-'))
  try {
    const service = await startPodman({ dir, env, patience: PATIENCE })
    const engine = await connectEngine({ socketPath: service.socketPath, patience: PATIENCE })
    if (!engine) throw new Error('podman listens but does not answer')
    return {
      engine,
      async stop() {
        await service.stop()
        rmSync(dir, { recursive: true, force: true })
      },
    }
  } catch (error) {
    rmSync(dir, { recursive: true, force: true })
    const isMissing = error instanceof UserError && error.code === 'PODMAN_MISSING'
    if (isMissing || process.getuid?.() !== 0) return undefined
    throw error
  }
}

/** An environment in which Podman has images and containers of its own, below a folder. */
export function ownStorage(dir: string): NodeJS.ProcessEnv {
  const file = join(dir, 'storage.conf')
  writeFileSync(file, `[storage]\ndriver = "vfs"\ngraphroot = "${dir}/images"\nrunroot = "${dir}/run"\n`)
  return { CONTAINERS_STORAGE_CONF: file }
}

/** Milliseconds that a busy machine gets to start it and to answer. */
const PATIENCE = 120_000
