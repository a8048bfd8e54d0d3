import { UserError } from '@slipway/errors'
import type { KubeClient, ResourceInfo } from '@slipway/kube-client'
import { type GlobalOptions, withServer } from '../connect.ts'
import { hostedHistory } from '../trace/hosted-history.ts'
import { formatTrace } from '../trace/print-trace.ts'
import { traceWorkload } from '../trace/trace.ts'

interface Options extends GlobalOptions {
  namespace: string
}

/** Prints the way of a workload: commit, run, image, chart, manifests, release, pods, with the time of each hop. */
export async function run({ namespace, ...options }: Options, target: string): Promise<void> {
  const [kind = '', name = ''] = target.split('/')
  await withServer(options, async ({ client, folder }) => {
    const { apiVersion, kind: kindName } = await findKind(client, kind.toLowerCase())
    console.log(
      formatTrace(await traceWorkload(client, { apiVersion, kind: kindName, namespace, name }, hostedHistory(folder))),
    )
  })
}

/** A kind by any name that kubectl takes: deploy, deployment, deployments, deployments.apps. */
async function findKind(client: KubeClient, name: string): Promise<ResourceInfo> {
  const [plural] = name.split('.')
  const found = (await client.resources()).find((info) =>
    [info.plural, info.singular, info.kind.toLowerCase(), ...info.shortNames].includes(plural ?? ''),
  )
  if (found) return found
  throw new UserError('KIND_UNKNOWN', `the server doesn't have a resource type "${name}"`, {
    hint: 'write it as in: slipway trace deploy/NAME',
  })
}
