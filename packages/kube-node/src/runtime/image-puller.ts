import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { type ContainerEngine, imageArchive } from '@slipway/container-engine'
import { TransientError, UserError } from '@slipway/errors'
import type { ImagePuller, ImageRequest, PulledImage } from './pod-runtime.ts'
import { credentialsFor, type RegistryCredentials } from './pull-credentials.ts'

interface Descriptor {
  digest: string
  size: number
  mediaType: string
}

/** An image as its registry has it, for this machine's platform. */
export interface RemoteImage {
  /** Of the manifest that the reference names. */
  digest: string
  config: Descriptor
  layers: Descriptor[]
}

/**
 * The registry side of a pull. `resolve` throws UserError IMAGE_NOT_FOUND, IMAGE_UNAUTHORIZED, IMAGE_NAME_INVALID, and
 * TransientError IMAGE_UNREACHABLE when no registry answers.
 */
export interface ImageRegistry {
  resolve(reference: string, credentials: RegistryCredentials | undefined, signal: AbortSignal): Promise<RemoteImage>
  blob(
    reference: string,
    digest: string,
    options: { credentials: RegistryCredentials | undefined; signal: AbortSignal },
  ): Promise<Readable>
  /** Whether the host of the reference is one of ours, whose pull secrets are checked even when the image is there already. */
  isOwn(reference: string): boolean
}

type RegistryAnswer = Omit<PulledImage, 'pulled'> & {
  /** Whether the engine did not have it. */
  loaded: boolean
}

/**
 * Pulls by itself, through the registry client, and loads the result into the engine: so the table of host aliases works for an
 * engine that was never configured for it, and the pod's own pull secrets decide.
 */
export class RegistryImagePuller implements ImagePuller {
  readonly #engine: Pick<ContainerEngine, 'inspectImage' | 'load'>
  readonly #registry: ImageRegistry
  readonly #loading = new Map<string, { done: Promise<void>; signal: AbortSignal }>()

  constructor(engine: Pick<ContainerEngine, 'inspectImage' | 'load'>, registry: ImageRegistry) {
    this.#engine = engine
    this.#registry = registry
  }

  async ensureImage(reference: string, request: ImageRequest): Promise<PulledImage> {
    // Throws for what is no image's name.
    const isOwn = this.#registry.isOwn(reference)
    const local = request.policy === 'Always' ? undefined : await this.#engine.inspectImage(reference)
    const present = local && { image: local, imageRef: local.digests[0] ?? local.id, pulled: false }
    if (request.policy === 'Never') {
      if (present) return present
      throw new UserError('IMAGE_NEVER_PULL', `Container image "${reference}" is not present with pull policy of Never`)
    }
    if (present && !isOwn) return present
    if (!present) request.onPull?.()
    try {
      const { loaded, ...image } = await this.#fromRegistry(reference, request)
      return { ...image, pulled: loaded || !present }
    } catch (error) {
      if (present && error instanceof TransientError) return present
      throw error
    }
  }

  async #fromRegistry(
    reference: string,
    { pullSecrets, signal }: Pick<ImageRequest, 'pullSecrets' | 'signal'>,
  ): Promise<RegistryAnswer> {
    const candidates = credentialsFor(reference, pullSecrets)
    const { image: remote, credentials } = await this.#resolve(reference, candidates, signal)
    const imageId = remote.config.digest
    const imageRef = `${repositoryOf(reference)}@${remote.digest}`
    const size = [remote.config, ...remote.layers].reduce((sum, part) => sum + part.size, 0)
    const present = await this.#engine.inspectImage(imageId)
    if (present) return { image: present, imageRef, size, loaded: false }
    const loading = this.#loading.get(imageId) ?? {
      done: this.#load(reference, remote, { credentials, signal }),
      signal,
    }
    this.#loading.set(imageId, loading)
    try {
      await loading.done
    } catch (error) {
      if (!loading.signal.aborted || signal.aborted) throw error
      // Whoever began it does not want it any more.
      this.#forget(imageId, loading)
      return this.#fromRegistry(reference, { pullSecrets, signal })
    } finally {
      this.#forget(imageId, loading)
    }
    const image = await this.#engine.inspectImage(imageId)
    if (!image) throw new TransientError('IMAGE_UNREACHABLE', `image ${imageId} went away after it was pulled`)
    return { image, imageRef, size, loaded: true }
  }

  #forget(imageId: string, loading: object): void {
    if (this.#loading.get(imageId) === loading) this.#loading.delete(imageId)
  }

  async #resolve(
    reference: string,
    candidates: (RegistryCredentials | undefined)[],
    signal: AbortSignal,
  ): Promise<{ image: RemoteImage; credentials: RegistryCredentials | undefined }> {
    let refusal: unknown
    for (const credentials of candidates) {
      try {
        return { image: await this.#registry.resolve(reference, credentials, signal), credentials }
      } catch (error) {
        if (!(error instanceof UserError && error.code === 'IMAGE_UNAUTHORIZED')) throw error
        refusal = error
      }
    }
    throw refusal
  }

  async #load(
    reference: string,
    image: RemoteImage,
    options: { credentials: RegistryCredentials | undefined; signal: AbortSignal },
  ): Promise<void> {
    const archive = imageArchive(
      { ...image, references: reference.includes('@') ? [] : [withTag(reference)] },
      async (part) => {
        const blob = await this.#registry.blob(reference, part.digest, options)
        return Readable.from(verified(blob, part))
      },
    )
    await this.#engine.load(archive, options.signal)
  }
}

async function* verified(blob: Readable, { digest }: { digest: string }): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  for await (const chunk of blob as AsyncIterable<Buffer>) {
    hash.update(chunk)
    yield chunk
  }
  if (`sha256:${hash.digest('hex')}` !== digest) {
    throw new UserError('IMAGE_CORRUPT', `the registry sent something else than ${digest}`)
  }
}

function repositoryOf(reference: string): string {
  const [named = reference] = reference.split('@')
  return named.replace(/:[^/:]+$/, '')
}

const withTag = (reference: string): string => (/:[^/]+$/.test(reference) ? reference : `${reference}:latest`)
