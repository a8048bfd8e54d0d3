import type { ContainerEngine } from '@slipway/container-engine'
import { createImageBuilder } from '@slipway/image-builder'
import { createRegistry } from '@slipway/registry'
import type { Platform } from './platform.ts'
import { openRegistryFolder } from './registry-folder.ts'

export interface RunningArtifacts {
  /** Tells the name of each chart that is pushed from now on. */
  onChart(listener: (name: string) => void): void
}

/** The registry of images and charts, and the builder that fills it. */
export async function startArtifacts(
  { folder, directory, http, httpUrl, aliases, credentials, lifecycle }: Platform,
  engine: () => Promise<ContainerEngine | undefined>,
): Promise<RunningArtifacts> {
  const listeners: ((name: string) => void)[] = []
  // The first name that stands for this server is the one that its tokens and builds bear.
  const loginServer =
    Object.keys(aliases.registries).find((host) => aliases.registries[host] === httpUrl) ?? 'localhost'
  const registry = await createRegistry({
    ...(await openRegistryFolder(folder, lifecycle)),
    authenticator: directory,
    hostName: loginServer,
    onPush: ({ kind, repository }) => {
      if (kind !== 'chart') return
      for (const listener of listeners) listener(repository.split('/').at(-1) ?? repository)
    },
  })
  http.addRoutes(registry.routes)
  const builder = await createImageBuilder({
    engine,
    authenticator: directory,
    registry: {
      name: loginServer.split('.')[0] ?? loginServer,
      loginServer,
      pushHost: () => new URL(httpUrl).host,
      credentials,
    },
    dir: folder.folder('builds'),
  })
  http.addRoutes(builder.routes)
  return { onChart: (listener) => void listeners.push(listener) }
}
