import type { ObservedPod } from '../observed-pod.ts'
import type { WorkerDeps } from '../worker-deps.ts'
import { sandboxSpec } from './container-spec.ts'
import { createAnew } from './create-anew.ts'
import { StartFailure, stage } from './start-failure.ts'

/** Makes and starts the sandbox of a pod. Throws {@link StartFailure}. */
export async function startSandbox({ pod }: ObservedPod, attempt: number, deps: WorkerDeps): Promise<void> {
  const { runtime, instance } = deps
  const { engine, addressesReachable } = runtime
  try {
    await stage('ContainerCreating', async () => {
      const image = await runtime.sandboxImage()
      const spec = sandboxSpec({ pod, attempt, image, instance, addressesReachable })
      await engine.start(await createAnew(engine, spec))
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
