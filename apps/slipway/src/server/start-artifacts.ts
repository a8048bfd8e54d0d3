import type { ContainerEngine } from '@slipway/container-engine'
import { createImageBuilder } from '@slipway/image-builder'
import { createRegistry, openFileMetadataLog, openSigningKey } from '@slipway/registry'
import { openFileBlobStore } from '@slipway/storage'
import type { Platform } from './platform.ts'

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
  const root = folder.folder('registry')
  // The first name that stands for this server is the one that its tokens and builds bear.
  const loginServer =
    Object.keys(aliases.registries).find((host) => aliases.registries[host] === httpUrl) ?? 'localhost'
  const metadata = await openFileMetadataLog(root)
  lifecycle.add('registry', () => metadata.close())
  const registry = await createRegistry({
    blobs: await openFileBlobStore(folder.folder('registry', 'blobs')),
    metadata,
    authenticator: directory,
    hostName: loginServer,
    signingKey: await openSigningKey(folder.file('registry', 'signing-key')),
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
