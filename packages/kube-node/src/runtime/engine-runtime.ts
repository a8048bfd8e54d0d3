import type { ContainerEngine } from '@slipway/container-engine'
import { type ImageRegistry, RegistryImagePuller } from './image-puller.ts'
import type { PodRuntime } from './pod-runtime.ts'
import { sandboxImage } from './sandbox-image.ts'

/** Runs pods with Docker or Podman, whose images come from a registry. */
export async function engineRuntime(engine: ContainerEngine, registry: ImageRegistry): Promise<PodRuntime> {
  const { name, version, addressesReachable } = await engine.info()
  const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64'
  let sandbox: string | undefined
  return {
    version: `${name}://${version}`,
    simulated: false,
    addressesReachable,
    engine,
    images: new RegistryImagePuller(engine, registry),
    sandboxImage: async ({ anew } = { anew: false }) => {
      if (!sandbox || anew) sandbox = await sandboxImage(engine, architecture)
      return sandbox
    },
  }
}
