import { readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { TransientError } from '@slipway/errors'
import { connectEngine } from './connect.ts'
import { endOrphanedPodman, startPodman } from './podman-service.ts'
import type { ContainerEngine } from './port.ts'

/** Podman that is ours is there for sure, on a busy machine later. Milliseconds. */
const PATIENCE = 60_000

/**
 * Builds images, each with a Podman service of its own below `dir`: what a build runs goes on when its caller has gone (Podman 4.3,
 * pkg/api/handlers/compat/images_build.go), and ends with its service. What a killed program left is ended.
 */
export function podmanBuilds({ dir, env }: { dir: string; env: NodeJS.ProcessEnv }): ContainerEngine['build'] {
  for (const name of orphansIn(dir)) void endOrphanedPodman(join(dir, name)).then(() => remove(join(dir, name)))
  let builds = 0
  return async (request, onOutput) => {
    const own = join(dir, `${process.pid}-${++builds}`)
    const service = await startPodman({ dir: own, env })
    try {
      const { socketPath } = service
      const engine = await connectEngine({ socketPath, patience: PATIENCE })
      if (!engine) throw new TransientError('ENGINE_UNAVAILABLE', `container engine at ${socketPath} does not answer`)
      return await engine.build(request, onOutput)
    } finally {
      await service.stop()
      await remove(own)
    }
  }
}

const remove = (dir: string): Promise<void> => rm(dir, { recursive: true, force: true })

function orphansIn(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch {
    return []
  }
}
