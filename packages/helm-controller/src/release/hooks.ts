import { messageOf, UserError } from '@slipway/errors'
import type { HookEvent, HookExecution, ReleaseHook } from '@slipway/helm-chart'
import type { KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { writeLogsOf } from './hook-logs.ts'
import { readPlaced, refOf } from './objects.ts'
import { completionOf, type Patience, waitForAll, waitUntilGone } from './wait.ts'
import type { Write } from './write.ts'

/** `timeout` is for each hook. */
export interface HookRun extends Patience {
  client: KubeClient
  /** Of the release. */
  namespace: string
  write: Write
  now: () => Date
  /** How the hooks of this run went; filled by runHooks. */
  executions: Map<ReleaseHook, HookExecution>
  /** Called after each hook, before it may be deleted. */
  onHookEnd?: ((hook: ReleaseHook) => Promise<void>) | undefined
  /** Is given the logs of hooks whose `hook-output-log-policy` says so. @default they are not read */
  writeLog?: ((text: string) => void) | undefined
}

type Outcome = 'hook-succeeded' | 'hook-failed'

/** What Helm puts before the reason. */
const PREFIXES: Partial<Record<HookEvent, string>> = {
  'pre-install': 'failed pre-install: ',
  'post-install': 'failed post-install: ',
  'pre-upgrade': 'pre-upgrade hooks failed: ',
  'post-upgrade': 'post-upgrade hooks failed: ',
}

/**
 * Runs the hooks of an event by weight and name, each to its end (helm.sh/docs/topics/charts_hooks). Those that are deleted when they have
 * succeeded stay until all have run: a Job needs the ServiceAccount before it (Helm's execHook). The first failure is thrown.
 */
export async function runHooks(hooks: readonly ReleaseHook[], event: HookEvent, run: HookRun): Promise<void> {
  const due = hooks
    .filter((hook) => hook.events?.includes(event))
    .sort((a, b) => (a.weight ?? 0) - (b.weight ?? 0) || compareText(a.name, b.name))
  const succeeded: ReleaseHook[] = []
  for (const hook of due) {
    await startHook(hook, event, run)
    try {
      await endOfHook(hook, run)
    } catch (error) {
      // What can't be deleted is left: the failure is what is told.
      await clearAfterFailure(hook, succeeded, run).catch(() => {})
      throw hookError(hook, event, messageOf(error), error)
    }
    succeeded.push(hook)
  }
  for (const hook of succeeded.reverse()) {
    await writeLogs(hook, 'hook-succeeded', run)
    await deleteByPolicy(hook, 'hook-succeeded', run)
  }
}

async function clearAfterFailure(failed: ReleaseHook, succeeded: readonly ReleaseHook[], run: HookRun): Promise<void> {
  await deleteByPolicy(failed, 'hook-failed', run)
  for (const hook of succeeded) await deleteByPolicy(hook, 'hook-succeeded', run)
}

/** Creates the objects of a hook, in place of those of its last run. What can't be created stays as it is. */
async function startHook(hook: ReleaseHook, event: HookEvent, run: HookRun): Promise<void> {
  const { write, executions, now } = run
  const failing = (what: string) => (error: unknown) => {
    throw hookError(hook, event, what + messageOf(error), error)
  }
  if (hasPolicy(hook, 'before-hook-creation')) {
    const objects = await objectsOf(hook, run).catch(failing(`${unbuilt} for deleting hook ${hook.path}: `))
    await deleteAndWait(objects, run).catch(failing(''))
  }
  const objects = await objectsOf(hook, run).catch(failing(`${unbuilt} for ${event} hook ${hook.path}: `))
  const started_at = now().toISOString()
  executions.set(hook, { started_at, phase: 'Unknown' })
  try {
    for (const object of objects) await write(object)
  } catch (error) {
    executions.set(hook, { started_at, completed_at: now().toISOString(), phase: 'Failed' })
    throw hookError(hook, event, `warning: Hook ${event} ${hook.path} failed: ${messageOf(error)}`, error)
  }
}

async function endOfHook(hook: ReleaseHook, run: HookRun): Promise<void> {
  const end = async (phase: HookExecution['phase']): Promise<void> => {
    const { started_at = '' } = run.executions.get(hook) ?? {}
    run.executions.set(hook, { started_at, completed_at: run.now().toISOString(), phase })
    await run.onHookEnd?.(hook)
  }
  try {
    const objects = (await objectsOf(hook, run)).filter(runsToAnEnd)
    await waitForAll(run.client, objects, { ...run, rule: completionOf })
  } catch (error) {
    await end('Failed')
    await writeLogs(hook, 'hook-failed', run)
    throw error
  }
  await end('Succeeded')
}

function hookError({ kind, name }: ReleaseHook, event: HookEvent, reason: string, cause: unknown): UserError {
  const message = `${PREFIXES[event] ?? ''}${reason}`
  return new UserError('RELEASE_HOOK_FAILED', message, { at: { object: `${kind}/${name}` }, cause })
}

const compareText = (a = '', b = ''): number => (a < b ? -1 : Number(a > b))

/** Hooks are no part of the release, so they do not carry its marks (Helm's rule). */
const objectsOf = ({ manifest = '' }: ReleaseHook, { client, namespace }: HookRun): Promise<KubeObject[]> =>
  readPlaced(client, manifest, namespace)

/** When the hook's objects are deleted: without a word of its own, those of the previous run before the new ones are created. */
export function deletePolicies({ delete_policies = [] }: ReleaseHook): readonly string[] {
  return delete_policies.length > 0 ? delete_policies : ['before-hook-creation']
}

/** Helm waits for Jobs and Pods of hooks; everything else is done when it is created. */
const runsToAnEnd = ({ kind }: KubeObject): boolean => kind === 'Job' || kind === 'Pod'

/** Logs that can't be read fail nothing. */
async function writeLogs(hook: ReleaseHook, outcome: Outcome, run: HookRun): Promise<void> {
  const { client, writeLog } = run
  if (!writeLog || !hook.output_log_policies?.includes(outcome)) return
  for (const object of await objectsOf(hook, run)) await writeLogsOf(object, client, writeLog).catch(() => {})
}

const unbuilt = 'unable to build kubernetes object'

function hasPolicy(hook: ReleaseHook, policy: 'before-hook-creation' | Outcome): boolean {
  // Deleting a definition would take all its objects along; Helm never does it.
  return hook.kind !== 'CustomResourceDefinition' && deletePolicies(hook).includes(policy)
}

async function deleteByPolicy(hook: ReleaseHook, policy: Outcome, run: HookRun): Promise<void> {
  if (hasPolicy(hook, policy)) await deleteAndWait(await objectsOf(hook, run), run)
}

async function deleteAndWait(objects: readonly KubeObject[], run: HookRun): Promise<void> {
  for (const object of objects) {
    const live = await run.client.get<KubeObject>(refOf(object))
    if (!live) continue
    const { uid } = live.metadata
    await run.client.delete(refOf(object), { preconditions: { ...(uid && { uid }) } })
    await waitUntilGone(run.client, [live], run)
  }
}
