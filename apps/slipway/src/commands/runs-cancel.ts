import { UserError } from '@slipway/errors'
import { isApiError } from '@slipway/kube-client'
import { SYSTEM_NAMESPACE } from '../access/access-objects.ts'
import { type GlobalOptions, withServer } from '../connect.ts'

/** Asks for the end of a run; it is Canceled when its steps have ended. */
export async function run(options: GlobalOptions, name: string): Promise<void> {
  await withServer(options, async ({ client }) => {
    const ref = { apiVersion: 'slipway.dev/v1alpha1', kind: 'PipelineRun', namespace: SYSTEM_NAMESPACE, name }
    try {
      const { status } = await client.patch(ref, 'merge', { spec: { cancelRequested: true } })
      console.log(status?.finishTime ? `${name} is over already: ${status.phase}` : `${name} is being canceled`)
    } catch (error) {
      if (!isApiError(error, 'KUBE_NOT_FOUND')) throw error
      throw new UserError('RUN_NOT_FOUND', `there is no run "${name}"`, { hint: 'slipway runs list shows the runs' })
    }
  })
}
