import { Readable } from 'node:stream'
import { deadline } from '@slipway/controller-runtime'
import { describeError, messageOf, SlipwayError, TransientError, UserError } from '@slipway/errors'
import { type ImageManifest, parseReference, type Reference } from '@slipway/oci-format'
import { RegistryClient } from '@slipway/registry-client'
import { checkImageName, invalidImageName } from './image-name.ts'
import type { ImageRegistry, RemoteImage } from './image-puller.ts'
import type { RegistryCredentials } from './pull-credentials.ts'

/** Milliseconds that a registry may take to say what an image is. */
const RESOLVE_TIMEOUT = 15_000

/**
 * Images of registries, looked up with the pod's own credentials. `resolveHost` gives the base URL of a host that has an alias;
 * such hosts count as ours.
 */
export function registryImages(options: {
  resolveHost(host: string): string | undefined
  /** Of this machine, such as `amd64`. */
  architecture: string
  /** What the node itself may pull with, for pods that bring nothing for a host (a kubelet's credential provider). */
  nodeCredentials?(host: string): RegistryCredentials | undefined
  /** Throws to refuse an image that would be pulled; it may look at what is beside it in its registry. */
  admit?(image: AdmittedImage): Promise<void>
}): ImageRegistry {
  const clientFor = (credentials: RegistryCredentials | undefined): RegistryClient =>
    new RegistryClient({
      resolveHost: options.resolveHost,
      credentials: (host) => credentials ?? options.nodeCredentials?.(host),
    })
  return {
    resolve: (reference, credentials, signal) =>
      translated(async () => {
        const client = clientFor(credentials)
        const limit = AbortSignal.any([signal, deadline(RESOLVE_TIMEOUT)])
        const target = parse(reference)
        const image = await remoteImage(client, { target, architecture: options.architecture, signal: limit })
        await options.admit?.({ reference, digest: image.digest, registry: client, signal: limit })
        return image
      }),
    blob: (reference, digest, { credentials, signal }) =>
      translated(async () => Readable.from(await clientFor(credentials).getBlob(parse(reference), digest, signal))),
    isOwn: (reference) => options.resolveHost(parse(reference).host) !== undefined,
  }
}

/** An image by what was asked for and by what it is. */
export interface AdmittedImage {
  reference: string
  /** Of the manifest that the reference names. */
  digest: string
  /** With the credentials of the pull. */
  registry: RegistryClient
  signal: AbortSignal
}

async function remoteImage(
  client: RegistryClient,
  { target, architecture, signal }: { target: Reference; architecture: string; signal: AbortSignal },
): Promise<RemoteImage> {
  const { manifest, digest } = await client.getManifest(target, signal)
  if (manifest.kind === 'image') return { digest, ...partsOf(manifest) }
  const chosen = manifest.manifests.find(
    ({ platform }) => platform?.os === 'linux' && platform.architecture === architecture,
  )
  if (!chosen) throw new UserError('IMAGE_NOT_FOUND', `no match for platform in manifest: linux/${architecture}`)
  const { manifest: image } = await client.getManifest({ ...target, digest: chosen.digest }, signal)
  if (image.kind !== 'image') throw new UserError('IMAGE_NOT_FOUND', `${chosen.digest} is an index inside of an index`)
  return { digest, ...partsOf(image) }
}

const partsOf = ({ config, layers }: ImageManifest): Omit<RemoteImage, 'digest'> => ({ config, layers })

function parse(reference: string): Reference {
  checkImageName(reference)
  try {
    return parseReference(reference)
  } catch (error) {
    throw invalidImageName(reference, messageOf(error), error)
  }
}

/** The registry client's errors as a pull's. */
async function translated<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    if (!(error instanceof SlipwayError)) {
      throw new TransientError('IMAGE_UNREACHABLE', `the registry did not answer: ${messageOf(error)}`, {
        cause: error,
      })
    }
    const code = CODES[error.code]
    if (code) throw new UserError(code, describeError(error), { cause: error })
    if (error instanceof TransientError)
      throw new TransientError('IMAGE_UNREACHABLE', describeError(error), { cause: error })
    throw error
  }
}

const CODES: Partial<Record<string, string>> = {
  REGISTRY_UNAUTHORIZED: 'IMAGE_UNAUTHORIZED',
  REGISTRY_DENIED: 'IMAGE_UNAUTHORIZED',
  REGISTRY_NOT_FOUND: 'IMAGE_NOT_FOUND',
}
