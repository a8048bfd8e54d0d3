import type { BindMount } from '@slipway/container-engine'
import { describeError, messageOf, UserError } from '@slipway/errors'
import { type KubeObject, quantityValue } from '@slipway/kube-objects'
import { controllerOf } from '../../labels.ts'
import type { Container, EphemeralContainer, Pod } from '../../model/pod.ts'
import type { PulledImage } from '../../runtime/pod-runtime.ts'
import type { ConfigurationReader } from '../configuration/configuration-reader.ts'
import type { PodPlace } from '../configuration/downward.ts'
import { containerEnvironment } from '../configuration/environment.ts'
import { serviceLinks } from '../configuration/service-links.ts'
import { isSidecar } from '../decide.ts'
import type { ObservedPod } from '../observed-pod.ts'
import { aboutContainer, durationText } from '../pod-text.ts'
import type { PreparedVolume } from '../volumes/volume-manager.ts'
import type { WorkerDeps } from '../worker-deps.ts'
import { containerSpec } from './container-spec.ts'
import { StartFailure, stage } from './start-failure.ts'

/** Whether somebody waits for its end, which comes at once and well where nothing runs: init containers, and pods of Jobs. */
function isAwaited(pod: Pod, container: Container): boolean {
  if (pod.spec.initContainers?.some(({ name }) => name === container.name)) return !isSidecar(container)
  return controllerOf(pod as KubeObject)?.kind === 'Job'
}

export interface StartRequest {
  container: Container
  attempt: number
  /** Id of the sandbox that runs. */
  sandbox: string
  volumes: ReadonlyMap<string, PreparedVolume>
  networkFiles: BindMount[]
  configuration: ConfigurationReader
  place: PodPlace
  signal: AbortSignal
}

/** Brings one container of a pod up: image, environment, create, start. Throws {@link StartFailure}. */
export class ContainerStarter {
  readonly #observed: ObservedPod
  readonly #deps: WorkerDeps

  constructor(observed: ObservedPod, deps: WorkerDeps) {
    this.#observed = observed
    this.#deps = deps
  }

  /** Resolves to the engine's id of the container when it runs. */
  async start(request: StartRequest): Promise<string | undefined> {
    const { container, attempt, sandbox, volumes, networkFiles, configuration, place } = request
    const { runtime, event, instance, seccompDir, resources } = this.#deps
    const { pod, dir } = this.#observed
    const subject = aboutContainer(pod, container.name)
    const pulled = await this.#pull(pod, request)
    const spec = await stage('CreateContainerConfigError', async () => {
      const links = serviceLinks(pod, this.#deps.services())
      const env = await containerEnvironment(pod, container, { configuration, place, links })
      const target = this.#processesOf(container)
      return containerSpec({
        ...{
          pod,
          container,
          attempt,
          image: pulled.image,
          imageRef: pulled.imageRef,
          env,
          volumes,
          networkFiles,
          dir,
          seccompDir,
          memory: quantityValue(resources.memory ?? '0'),
          instance,
          sandbox,
        },
        ...(target && { processesOf: target }),
      })
    })
    const id = await stage('CreateContainerError', () => this.#observed.own.create(spec))
    event(subject, 'Normal', 'Created', `Created container: ${container.name}`)
    try {
      await runtime.engine.start(id)
    } catch (error) {
      // It counts as one that ran and ended.
      this.#observed.failedToStart(id, messageOf(error))
      event(subject, 'Warning', 'Failed', `Error: ${messageOf(error)}`)
      return undefined
    }
    event(subject, 'Normal', 'Started', `Started container ${container.name}`)
    if (runtime.simulated && isAwaited(pod, container)) await runtime.engine.kill(id)
    return id
  }

  /** Whose processes an ephemeral container came to look at. */
  #processesOf({ targetContainerName }: EphemeralContainer): string | undefined {
    return targetContainerName && this.#observed.containerId(targetContainerName)
  }

  async #pull(pod: Pod, { container, signal }: StartRequest): Promise<PulledImage> {
    const { event, runtime } = this.#deps
    const { image } = container
    const subject = aboutContainer(pod, container.name)
    const policy = container.imagePullPolicy ?? defaultPolicy(image)
    const begun = Date.now()
    const onPull = (): void => event(subject, 'Normal', 'Pulling', `Pulling image "${image}"`)
    try {
      const pullSecrets = await this.#pullSecrets(pod)
      const pulled = await runtime.images.ensureImage(image, { policy, pullSecrets, signal, onPull })
      if (pulled.pulled) this.#deps.pulled()
      const took = durationText(Date.now() - begun)
      const text = pulled.pulled
        ? `Successfully pulled image "${image}" in ${took} (${took} including waiting). Image size: ${pulled.size ?? 0} bytes.`
        : `Container image "${image}" already present on machine`
      event(subject, 'Normal', 'Pulled', text)
      return pulled
    } catch (error) {
      const reason = reasonOf(error)
      const message = describeError(error)
      if (!signal.aborted) {
        const unasked = UNASKED[reason]
        event(
          subject,
          'Warning',
          unasked ?? 'Failed',
          unasked ? message : `Failed to pull image "${image}": ${message}`,
        )
      }
      throw new StartFailure(reason, message, { cause: error, eventMessage: `Error: ${reason}` })
    }
  }

  /** Missing secrets are passed over, as the kubelet does: the image may be public. */
  async #pullSecrets(pod: Pod): Promise<string[]> {
    const namespace = pod.metadata.namespace ?? 'default'
    const missing: string[] = []
    const read = async (name: string | undefined): Promise<string[]> => {
      if (!name) return []
      const secret = await this.#deps.client.get<KubeObject>({ apiVersion: 'v1', kind: 'Secret', namespace, name })
      if (!secret) missing.push(name)
      return secret ? pullSecretTexts(secret) : []
    }
    const secrets = await Promise.all((pod.spec.imagePullSecrets ?? []).map(({ name }) => read(name)))
    if (missing.length > 0) {
      const message = `Unable to retrieve some image pull secrets (${missing.join(', ')}); attempting to pull the image may not succeed.`
      this.#deps.event(pod, 'Warning', 'FailedToRetrieveImagePullSecret', message)
    }
    return secrets.flat()
  }
}

/** What a pull secret holds, as Docker's `config.json` has it; one of type kubernetes.io/dockercfg has only the part about registries. */
export function pullSecretTexts({ data = {} }: KubeObject): string[] {
  const text = (field: string): string => Buffer.from(String(data[field]), 'base64').toString('utf8')
  if (data['.dockerconfigjson']) return [text('.dockerconfigjson')]
  return data['.dockercfg'] ? [`{"auths":${text('.dockercfg')}}`] : []
}

/** The kubelet's own words (kubelet, images/types.go). */
const REASONS: Partial<Record<string, string>> = {
  IMAGE_NEVER_PULL: 'ErrImageNeverPull',
  IMAGE_NAME_INVALID: 'InvalidImageName',
  IMAGE_POLICY_REFUSED: 'SignatureValidationFailed',
}

/** The events of images that no registry was asked for (kubelet, images/image_manager.go). */
const UNASKED: Partial<Record<string, string>> = {
  ErrImageNeverPull: 'ErrImageNeverPull',
  InvalidImageName: 'InspectFailed',
}

function reasonOf(error: unknown): string {
  if (!(error instanceof UserError)) return 'ErrImagePull'
  return REASONS[error.code] ?? 'ErrImagePull'
}

/** What the API server defaults to: `:latest` and no tag are asked for each time. */
const defaultPolicy = (image: string): 'Always' | 'IfNotPresent' =>
  image.includes('@') || (/:[^/]+$/.test(image) && !image.endsWith(':latest')) ? 'IfNotPresent' : 'Always'
