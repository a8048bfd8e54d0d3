import { UserError } from '@slipway/errors'
import type { KubeObject } from '@slipway/kube-objects'
import type { Pod } from '../../model/pod.ts'
import type { ObservedPod } from '../observed-pod.ts'
import type { WorkerDeps } from '../worker-deps.ts'
import { sandboxSpec } from './container-spec.ts'
import { StartFailure, stage } from './start-failure.ts'

/** Makes and starts the sandbox of a pod. Throws {@link StartFailure}. */
export async function startSandbox({ pod, own }: ObservedPod, attempt: number, deps: WorkerDeps): Promise<void> {
  const { runtime, instance } = deps
  const { engine, addressesReachable } = runtime
  try {
    await stage('ContainerCreating', async () => {
      await checkRuntime(pod, deps)
      const create = async (image: string): Promise<string> =>
        own.create(sandboxSpec({ pod, attempt, image, instance, addressesReachable }))
      const id = await create(await runtime.sandboxImage()).catch(async (error: unknown) => {
        if (!(error instanceof UserError && error.code === 'ENGINE_NOT_FOUND')) throw error
        return create(await runtime.sandboxImage({ anew: true }))
      })
      await engine.start(id)
    })
  } catch (error) {
    if (!(error instanceof StartFailure)) throw error
    const eventMessage = `Failed to create pod sandbox: ${error.message}`
    throw new StartFailure(error.reason, error.message, {
      cause: error.cause,
      event: 'FailedCreatePodSandBox',
      eventMessage,
    })
  }
}

/** The engine has one OCI runtime: a class whose handler is another one can't be had. */
async function checkRuntime({ spec: { runtimeClassName } }: Pod, { client }: WorkerDeps): Promise<void> {
  if (!runtimeClassName) return
  const ref = { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', name: runtimeClassName }
  const runtimeClass = await client.get<KubeObject & { handler: string }>(ref)
  if (!runtimeClass) throw new UserError('POD_CONFIG_MISSING', `RuntimeClass "${runtimeClassName}" not found`)
  const { handler } = runtimeClass
  if (!OWN_HANDLERS.includes(handler)) {
    throw new UserError('POD_CONFIG_MISSING', `no runtime for "${handler}" is configured`)
  }
}

const OWN_HANDLERS = ['runc', 'crun']
