import { messageOf, UserError } from '@slipway/errors'
import type { HookEvent, ReleaseHook } from '@slipway/helm-chart'
import type { KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { deleteObjects, refOf } from './apply.ts'
import { type Ownership, readManifest } from './objects.ts'
import { waitForAll } from './wait.ts'

export interface HookRun {
  client: KubeClient
  owner: Ownership
  /** Milliseconds for each hook. */
  timeout: number
  signal: AbortSignal
}

/** Runs the hooks of an event by weight and name, each to its end (helm.sh/docs/topics/charts_hooks). The first failure is thrown. */
export async function runHooks(hooks: readonly ReleaseHook[], event: HookEvent, run: HookRun): Promise<void> {
  const due = hooks
    .filter((hook) => hook.events?.includes(event))
    .sort((a, b) => (a.weight ?? 0) - (b.weight ?? 0) || compareText(a.kind, b.kind) || compareText(a.name, b.name))
  for (const hook of due) {
    const objects = await readManifest(run.client, hook.manifest ?? '', run.owner)
    // Without a policy Helm deletes the one of the previous run before it creates the new one.
    if (policiesOf(hook).includes('before-hook-creation')) await deleteAndWait(run, objects)
    try {
      for (const object of objects) await run.client.create(object, { fieldManager: 'helm' })
      await waitForAll(run.client, objects.filter(runsToAnEnd), run.timeout, run.signal)
    } catch (error) {
      if (policiesOf(hook).includes('hook-failed')) await deleteObjects(run.client, objects)
      throw new UserError('RELEASE_HOOK_FAILED', `${event} hooks failed: ${messageOf(error)}`, {
        at: { object: `${hook.kind}/${run.owner.namespace}/${hook.name}` },
        cause: error,
      })
    }
    if (policiesOf(hook).includes('hook-succeeded')) await deleteObjects(run.client, objects)
  }
}

const compareText = (a = '', b = ''): number => (a < b ? -1 : Number(a > b))

const policiesOf = ({ delete_policies }: ReleaseHook): readonly string[] =>
  delete_policies && delete_policies.length > 0 ? delete_policies : ['before-hook-creation']

/** Helm waits for Jobs and Pods of hooks; everything else is done when it is created. */
const runsToAnEnd = ({ kind }: KubeObject): boolean => kind === 'Job' || kind === 'Pod'

async function deleteAndWait({ client, signal }: HookRun, objects: KubeObject[]): Promise<void> {
  for (const object of objects) {
    const live = await client.get(refOf(object))
    if (!live) continue
    const { apiVersion, kind, metadata } = live
    const query = {
      apiVersion,
      kind,
      ...(metadata.namespace && { namespace: metadata.namespace }),
      fieldSelector: `metadata.name=${metadata.name}`,
      resourceVersion: metadata.resourceVersion ?? '0',
    }
    await client.delete(refOf(object), { preconditions: { ...(metadata.uid && { uid: metadata.uid }) } })
    if (!(await client.get(refOf(object)))) continue
    for await (const event of client.watch(query, signal)) if (event.type === 'DELETED') break
  }
}
