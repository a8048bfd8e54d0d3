import type { ContainerEngine } from '@slipway/container-engine'
import { createImageBuilder } from '@slipway/image-builder'
import { createRegistry, settingsControllers } from '@slipway/registry'
import { SYSTEM_NAMESPACE } from '../access/access-objects.ts'
import { deployedContent } from './deployed-content.ts'
import { logError } from './log.ts'
import type { Platform } from './platform.ts'
import { openRegistryFolder } from './registry-folder.ts'

export interface RunningArtifacts {
  /** Tells the name of each chart that is pushed from now on. */
  onChart(listener: (name: string) => void): void
}

/** The registry of images and charts, and the builder that fills it. */
export async function startArtifacts(
  { folder, client, informers, directory, http, httpUrl, aliases, credentials, lifecycle, log }: Platform,
  engine: () => Promise<ContainerEngine | undefined>,
  blobs: string | undefined,
): Promise<RunningArtifacts> {
  const listeners: ((name: string) => void)[] = []
  // The first name that stands for this server is the one that its tokens and builds bear.
  const loginServer =
    Object.keys(aliases.registries).find((host) => aliases.registries[host] === httpUrl) ?? 'localhost'
  const { controllers, settings } = settingsControllers({ client, informers, log }, { namespace: SYSTEM_NAMESPACE })
  for (const controller of controllers) {
    await controller.start()
    lifecycle.add('registry settings', () => controller.stop())
  }
  const registry = await createRegistry({
    ...(await openRegistryFolder(folder, lifecycle, blobs)),
    authenticator: directory,
    settings,
    hostName: loginServer,
    deployed: () => deployedContent(client, (host) => aliases.registries[host] === httpUrl),
    onReport: (message) => log('info', `registry: ${message}`),
    onError: logError('registry'),
    onEvent: ({ action, chart }) => {
      if (action === 'push' && chart) for (const listener of listeners) listener(chart.name)
    },
  })
  lifecycle.add('registry care', () => registry.stop())
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
  lifecycle.add('image-builder', () => builder.stop())
  http.addRoutes(builder.routes)
  return { onChart: (listener) => void listeners.push(listener) }
}
