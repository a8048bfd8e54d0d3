import type { ContainerEngine } from '@slipway/container-engine'
import { UserError } from '@slipway/errors'
import { formatReference, parseReference } from '@slipway/oci-format'
import { baseImagesOf } from '../base-image/base-images.ts'
import { provideBaseImage } from '../base-image/provide-base-image.ts'
import type { BuildOrder, ImageBuilderOptions, OutputImage } from '../port.ts'
import type { Source } from './sources.ts'

export interface BuildDeps {
  engine: ContainerEngine
  registry: ImageBuilderOptions['registry']
  log: (text: string) => void
  signal: AbortSignal
}

/** An image under the names that it gets: the one to push it by, and the one of the real world. */
export interface TargetImage {
  repository: string
  tag: string
  pushName: string
  name: string
}

/** Builds and pushes; resolves to what is in the registry now. Throws UserError DOCKERFILE_NOT_FOUND and the engine's errors. */
export async function build(deps: BuildDeps, order: BuildOrder, source: Source): Promise<OutputImage[]> {
  const { engine, registry, log, signal } = deps
  const images = order.imageNames.map((name) => targetImage(name, registry))
  const dockerfile = await source.file(order.dockerFilePath)
  if (dockerfile === undefined) {
    throw new UserError('DOCKERFILE_NOT_FOUND', `there is no ${order.dockerFilePath} in the build context`)
  }
  const buildArgs = Object.fromEntries(order.arguments.map(({ name, value }) => [name, value]))
  for (const base of baseImagesOf(dockerfile, buildArgs)) await provideBaseImage(deps, base)
  await engine.build(
    {
      context: source.read(),
      dockerfile: order.dockerFilePath,
      tags: images.flatMap(({ name, pushName }) => [name, pushName]),
      buildArgs,
      noCache: order.noCache,
      signal,
      ...(order.target !== undefined && { target: order.target }),
      ...(order.platform !== undefined && { platform: order.platform }),
    },
    log,
  )
  const pushed: OutputImage[] = []
  for (const image of order.isPushEnabled ? images : []) {
    log(`Pushing image: ${image.name}\n`)
    const options = { ...registry.credentials, insecure: true, signal }
    const { digest } = await engine.push(image.pushName, options, log)
    pushed.push({ registry: registry.loginServer, repository: image.repository, tag: image.tag, digest })
  }
  return pushed
}

/** Names without a host, or with the registry's own, are images of the registry. Throws UserError IMAGE_NAME_INVALID. */
export function targetImage(name: string, registry: ImageBuilderOptions['registry']): TargetImage {
  const own = name.startsWith(`${registry.loginServer}/`) ? name : `${registry.loginServer}/${name}`
  const first = name.split('/')[0] ?? ''
  if (own !== name && name.includes('/') && /[.:]/.test(first)) {
    throw new UserError('IMAGE_NAME_INVALID', `${name} is not an image of ${registry.loginServer}`)
  }
  const { repository, tag = 'latest', digest } = parseReference(own)
  if (digest !== undefined) throw new UserError('IMAGE_NAME_INVALID', `${name}: an image to build has a tag, no digest`)
  return {
    repository,
    tag,
    name: formatReference({ host: registry.loginServer, repository, tag }),
    pushName: formatReference({ host: registry.pushHost(), repository, tag }),
  }
}
