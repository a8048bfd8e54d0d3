import { describeError, messageOf, UserError } from '@slipway/errors'
import type { KubeObject } from '@slipway/kube-objects'
import type { PulledImage } from '../runtime/pod-runtime.ts'
import type { Container, Pod } from '../types.ts'
import type { ConfigurationReader } from './configuration.ts'
import { containerSpec } from './container-spec.ts'
import type { PodPlace } from './downward.ts'
import { containerEnvironment } from './environment.ts'
import type { WorkerDeps } from './worker-deps.ts'

/** A container that could not be started: the reason as its status says it, and the event. */
export class StartFailure extends Error {
  readonly reason: string
  readonly event: string
  readonly eventMessage: string

  constructor(
    reason: string,
    message: string,
    options: { cause?: unknown; event?: string; eventMessage?: string } = {},
  ) {
    super(message, { cause: options.cause })
    this.name = 'StartFailure'
    this.reason = reason
    this.event = options.event ?? 'Failed'
    this.eventMessage = options.eventMessage ?? message
  }
}

export interface StartRequest {
  container: Container
  attempt: number
  networkOf?: string
  volumes: Map<string, string>
  configuration: ConfigurationReader
  place: PodPlace
  signal: AbortSignal
}

/** Brings one container of a pod up: image, environment, create, start. Throws {@link StartFailure}. */
export class ContainerStarter {
  readonly #deps: WorkerDeps
  readonly #dir: string

  constructor(deps: WorkerDeps, dir: string) {
    this.#deps = deps
    this.#dir = dir
  }

  async start(pod: Pod, request: StartRequest): Promise<void> {
    const { container, attempt } = request
    const { runtime, event } = this.#deps
    const pulled = await this.#pull(pod, request)
    const image = await runtime.engine.inspectImage(pulled.imageId)
    if (!image) throw new StartFailure('ErrImagePull', `image ${pulled.imageId} went away`)
    const spec = await stage('CreateContainerConfigError', async () => {
      const env = await containerEnvironment(pod, container, request)
      return containerSpec({
        pod,
        container,
        attempt,
        image,
        imageRef: pulled.imageRef,
        env,
        volumes: request.volumes,
        dir: this.#dir,
        node: this.#deps.instance,
        addressesReachable: runtime.addressesReachable,
        ...(request.networkOf && { networkOf: request.networkOf }),
      })
    })
    const id = await stage('CreateContainerError', async () => {
      // One of that name is left when a start was cut short.
      await runtime.engine.remove(spec.name)
      return runtime.engine.createContainer(spec)
    })
    event(pod, 'Normal', 'Created', `Created container: ${container.name}`)
    try {
      await runtime.engine.start(id)
    } catch (error) {
      await runtime.engine.remove(id)
      throw new StartFailure('RunContainerError', messageOf(error), {
        cause: error,
        eventMessage: `Error: ${messageOf(error)}`,
      })
    }
    event(pod, 'Normal', 'Started', `Started container ${container.name}`)
  }

  async #pull(pod: Pod, { container, signal }: StartRequest): Promise<PulledImage> {
    const { event, runtime } = this.#deps
    const { image } = container
    const policy = container.imagePullPolicy ?? defaultPolicy(image)
    const begun = Date.now()
    if (policy === 'Always') event(pod, 'Normal', 'Pulling', `Pulling image "${image}"`)
    try {
      const pulled = await runtime.images.ensureImage(image, {
        policy,
        pullSecrets: await this.#pullSecrets(pod),
        signal,
      })
      const took = `${Date.now() - begun}ms`
      const text = pulled.pulled
        ? `Successfully pulled image "${image}" in ${took} (${took} including waiting). Image size: ${pulled.size ?? 0} bytes.`
        : `Container image "${image}" already present on machine`
      event(pod, 'Normal', 'Pulled', text)
      return pulled
    } catch (error) {
      throw new StartFailure(reasonOf(error), describeError(error), {
        cause: error,
        eventMessage: `Failed to pull image "${image}": ${describeError(error)}`,
      })
    }
  }

  /** Missing secrets are passed over, as the kubelet does: the image may be public. */
  async #pullSecrets(pod: Pod): Promise<string[]> {
    const namespace = pod.metadata.namespace ?? 'default'
    const read = async (name: string | undefined): Promise<string[]> => {
      if (!name) return []
      const secret = await this.#deps.client.get<KubeObject>({ apiVersion: 'v1', kind: 'Secret', namespace, name })
      if (!secret)
        this.#deps.event(
          pod,
          'Warning',
          'FailedToRetrieveImagePullSecret',
          `Unable to retrieve image pull secret ${namespace}/${name}`,
        )
      const encoded = secret?.data?.['.dockerconfigjson'] as string | undefined
      return encoded ? [Buffer.from(encoded, 'base64').toString('utf8')] : []
    }
    return (await Promise.all((pod.spec.imagePullSecrets ?? []).map(({ name }) => read(name)))).flat()
  }
}

async function stage<T>(reason: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    throw new StartFailure(reason, describeError(error), {
      cause: error,
      eventMessage: `Error: ${describeError(error)}`,
    })
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof UserError)) return 'ErrImagePull'
  return { IMAGE_NEVER_PULL: 'ErrImageNeverPull', IMAGE_NAME_INVALID: 'InvalidImageName' }[error.code] ?? 'ErrImagePull'
}

/** What the API server defaults to: `:latest` and no tag are asked for each time. */
const defaultPolicy = (image: string): 'Always' | 'IfNotPresent' =>
  image.includes('@') || (/:[^/]+$/.test(image) && !image.endsWith(':latest')) ? 'IfNotPresent' : 'Always'
