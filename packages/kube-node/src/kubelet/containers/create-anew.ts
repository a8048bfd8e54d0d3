import type { ContainerSpec } from '@slipway/container-engine'
import { UserError } from '@slipway/errors'
import type { PodEngine } from '../../runtime/pod-runtime.ts'

/** Creates a container in place of one of that name that is left when a start was cut short. Resolves to its id. */
export async function createAnew(engine: PodEngine, spec: ContainerSpec): Promise<string> {
  try {
    return await engine.createContainer(spec)
  } catch (error) {
    if (!(error instanceof UserError && error.code === 'ENGINE_CONFLICT')) throw error
    await engine.remove(spec.name)
    return engine.createContainer(spec)
  }
}
