import { messageOf, UserError } from '@slipway/errors'
import type { HookEvent, HookExecution, ReleaseHook } from '@slipway/helm-chart'
import type { KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { deleteObjects, refOf } from './apply.ts'
import { type Ownership, readManifest } from './objects.ts'
import { completionOf, type Patience, waitForAll, waitUntilGone } from './wait.ts'

/** `timeout` is for each hook. */
export interface HookRun extends Patience {
  client: KubeClient
  owner: Ownership
  now: () => Date
  /** How the hooks of this run went; filled by runHooks. */
  executions: Map<ReleaseHook, HookExecution>
  /** Called after each hook, before it may be deleted. */
  onHookEnd?: ((hook: ReleaseHook) => Promise<void>) | undefined
}

/** What Helm puts before the reason. */
const PREFIXES: Partial<Record<HookEvent, string>> = {
  'pre-install': 'failed pre-install: ',
  'post-install': 'failed post-install: ',
  'pre-upgrade': 'pre-upgrade hooks failed: ',
  'post-upgrade': 'post-upgrade hooks failed: ',
}

/** Runs the hooks of an event by weight and name, each to its end (helm.sh/docs/topics/charts_hooks). The first failure is thrown. */
export async function runHooks(hooks: readonly ReleaseHook[], event: HookEvent, run: HookRun): Promise<void> {
  const due = hooks
    .filter((hook) => hook.events?.includes(event))
    .sort((a, b) => (a.weight ?? 0) - (b.weight ?? 0) || compareText(a.name, b.name))
  for (const hook of due) await runHook(hook, event, run)
}

async function runHook(hook: ReleaseHook, event: HookEvent, run: HookRun): Promise<void> {
  const objects = await readManifest(run.client, hook.manifest ?? '', run.owner)
  if (hasPolicy(hook, 'before-hook-creation')) {
    await deleteAndWait(run, objects).catch((error: unknown) => {
      throw hookError(hook, event, error)
    })
  }
  const started_at = run.now().toISOString()
  const record = (phase: HookExecution['phase']): unknown =>
    run.executions.set(hook, { started_at, completed_at: run.now().toISOString(), phase })
  try {
    for (const object of objects) await run.client.create(object, { fieldManager: 'helm' })
    await waitForAll(run.client, objects.filter(runsToAnEnd), { ...run, rule: completionOf })
  } catch (error) {
    record('Failed')
    await run.onHookEnd?.(hook)
    if (hasPolicy(hook, 'hook-failed')) await deleteObjects(run.client, objects)
    throw hookError(hook, event, error)
  }
  record('Succeeded')
  await run.onHookEnd?.(hook)
  if (hasPolicy(hook, 'hook-succeeded')) await deleteObjects(run.client, objects)
}

function hookError({ kind, name }: ReleaseHook, event: HookEvent, cause: unknown): UserError {
  const message = `${PREFIXES[event] ?? ''}${messageOf(cause)}`
  return new UserError('RELEASE_HOOK_FAILED', message, { at: { object: `${kind}/${name}` }, cause })
}

const compareText = (a = '', b = ''): number => (a < b ? -1 : Number(a > b))

/** When the hook's objects are deleted: without a word of its own, those of the previous run before the new ones are created. */
export function deletePolicies({ delete_policies = [] }: ReleaseHook): readonly string[] {
  return delete_policies.length > 0 ? delete_policies : ['before-hook-creation']
}

function hasPolicy(hook: ReleaseHook, policy: string): boolean {
  // Deleting a definition would take all its objects along; Helm never does it.
  return hook.kind !== 'CustomResourceDefinition' && deletePolicies(hook).includes(policy)
}

/** Helm waits for Jobs and Pods of hooks; everything else is done when it is created. */
const runsToAnEnd = ({ kind }: KubeObject): boolean => kind === 'Job' || kind === 'Pod'

async function deleteAndWait(run: HookRun, objects: KubeObject[]): Promise<void> {
  for (const object of objects) {
    const live = await run.client.get<KubeObject>(refOf(object))
    if (!live) continue
    const { uid } = live.metadata
    await run.client.delete(refOf(object), { preconditions: { ...(uid && { uid }) } })
    await waitUntilGone(run.client, [live], run)
  }
}
