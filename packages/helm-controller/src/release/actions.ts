import { messageOf } from '@slipway/errors'
import type { HookEvent, Release, ReleaseHook } from '@slipway/helm-chart'
import type { DeleteOptions, KubeClient } from '@slipway/kube-client'
import { healthOf, type KubeObject } from '@slipway/kube-objects'
import type { RenderedCrds } from '../rendering/rendering.ts'
import {
  adoptFields,
  applyObjects,
  checkOwnership,
  deleteObjects,
  healObjects,
  isKept,
  pruneObjects,
  refOf,
} from './apply.ts'
import { deletePolicies, type HookRun, runHooks } from './hooks.ts'
import { identityOf, type Ownership, readManifest, readObjects } from './objects.ts'
import { sameError } from './same-error.ts'
import type { ReleaseNotes, ReleaseStorage, StoredRelease } from './storage.ts'
import { completionOf, waitForAll, waitUntilGone } from './wait.ts'

/** How one action is carried out; times in milliseconds. */
export interface ActionOptions {
  timeout: number
  wait: boolean
  disableHooks?: boolean
  /** Revisions kept; 0 = all. */
  maxHistory: number
  signal: AbortSignal
  /** Recorded instead of Helm's own sentence. */
  description?: string
  /** Take objects that carry the marks of nobody or of another release. @default false */
  takeOwnership?: boolean
  /** Take fields from other managers. @default true */
  force?: boolean
  /** Delete what the failed action had created. @default false */
  cleanupOnFail?: boolean
  /** With `wait`: Jobs are waited for until they are complete. @default false */
  waitForJobs?: boolean
  /** Called after each hook, before it may be deleted. */
  onHookEnd?: (hook: ReleaseHook) => Promise<void>
  /** Is given the logs of hooks that are to be shown. */
  writeLog?: (text: string) => void
}

export interface UninstallOptions extends ActionOptions {
  /** Record the release as uninstalled instead of forgetting it. @default false */
  keepHistory?: boolean
  /** What becomes of the objects that the deleted ones own. @default 'Background' */
  propagationPolicy?: DeleteOptions['propagationPolicy']
}

/** What Helm does with a release, step by step as Helm does it, recorded in Helm's own history. */
export class ReleaseActions {
  readonly #client: KubeClient
  readonly #storage: ReleaseStorage
  readonly #now: () => Date

  constructor(client: KubeClient, storage: ReleaseStorage, now: () => Date = () => new Date()) {
    this.#client = client
    this.#storage = storage
    this.#now = now
  }

  /**
   * Makes `stored.release` (rendered, with the next revision number) the deployed one. `history` is what is stored, oldest first.
   * On a failure the revision is recorded as failed and the error thrown.
   */
  async deploy(stored: StoredRelease, history: StoredRelease[], options: ActionOptions): Promise<Release> {
    const { release } = stored
    const last = lastOf(history)
    const isInstall = !last
    const [event, what] = isInstall ? (['install', 'Install'] as const) : (['upgrade', 'Upgrade'] as const)
    const { objects, before } = await this.#plan(stored, history, options)
    const preparing = isInstall ? 'Initial install underway' : 'Preparing upgrade'
    await this.#closeInterrupted(history)
    await this.#storage.create({ ...stored, release: withStatus(release, `pending-${event}`, preparing) })
    const hooks = this.#hookRun(ownershipOf(stored), options)
    try {
      await this.#hooks(release, `pre-${event}`, hooks, options)
      if (last && last.release.apply_method !== 'ssa') await adoptFields(this.#client, before)
      await this.#change(before, objects, options)
      await this.#hooks(release, `post-${event}`, hooks, options)
    } catch (error) {
      const text = `${isInstall ? 'Release' : what} "${release.name}" failed: ${messageOf(error)}`
      await this.#storage.update({ ...stored, release: withStatus(withRuns(release, hooks), 'failed', text) })
      if (options.cleanupOnFail) await pruneObjects(this.#client, objects, before)
      throw error
    }
    const text = options.description ?? `${what} complete`
    const done = withStatus(withRuns(release, hooks), 'deployed', text)
    await this.#storage.update({ ...stored, release: done })
    await this.#supersede(history, options.maxHistory)
    return done
  }

  /** Throws what deploy would throw before it changes anything: objects that belong to someone else, unknown kinds. */
  async check(stored: StoredRelease, history: StoredRelease[], options: ActionOptions): Promise<void> {
    await this.#plan(stored, history, options)
  }

  /** Creates the CRDs of a chart that the cluster does not have; those that it has stay as they are (Helm's rule). */
  async installCrds(crds: readonly RenderedCrds[]): Promise<void> {
    for (const { name, text } of crds) {
      try {
        await this.#installCrdsOf(text)
      } catch (error) {
        throw sameError(error, `failed to install CRD ${name}: ${messageOf(error)}`)
      }
    }
  }

  async #installCrdsOf(text: string): Promise<void> {
    for (const object of await readObjects(this.#client, text)) {
      if (!(await this.#client.get(refOf(object)))) await this.#client.create(object, { fieldManager: 'helm' })
    }
  }

  /** Makes the objects of the deployed release what its manifest says; resolves to those that had to be changed. */
  async heal(stored: StoredRelease): Promise<KubeObject[]> {
    return healObjects(this.#client, await this.objectsOf(stored))
  }

  /** The objects of a release as they are to be, marks and all. */
  objectsOf(stored: StoredRelease): Promise<KubeObject[]> {
    return readManifest(this.#client, stored.release.manifest ?? '', ownershipOf(stored))
  }

  /** Runs the chart's tests, those that `isWanted`, and records how they went; the first failure is thrown. */
  async test(
    stored: StoredRelease,
    options: ActionOptions,
    isWanted: (hook: ReleaseHook) => boolean = () => true,
  ): Promise<void> {
    const { release } = stored
    const hooks = this.#hookRun(ownershipOf(stored), options)
    try {
      await runHooks((release.hooks ?? []).filter(isWanted), 'test', hooks)
    } finally {
      if (hooks.executions.size > 0) await this.#storage.update({ ...stored, release: withRuns(release, hooks) })
    }
  }

  /** Brings back revision `to`, or the newest before the last that worked, as a new revision. Undefined when there is none. */
  async rollback(history: StoredRelease[], options: ActionOptions, to?: number): Promise<Release | undefined> {
    const current = history.at(-1)
    const target =
      to === undefined
        ? history.slice(0, -1).findLast(({ release: { info } }) => /^(deployed|superseded)$/.test(info.status))
        : history.find(({ release }) => release.version === to)
    if (!current || !target) return undefined
    const description = options.description ?? `Rollback to ${target.release.version}`
    const pending = withStatus(target.release, 'pending-rollback', description)
    const { first_deployed } = current.release.info
    const release: Release = {
      ...pending,
      apply_method: 'ssa',
      info: { ...pending.info, first_deployed, last_deployed: this.#now().toISOString() },
      version: current.release.version + 1,
    }
    const stored: StoredRelease = { ...target, release }
    await this.#storage.create(stored)
    const owner = ownershipOf(stored)
    const objects = await this.objectsOf(stored)
    const before = await this.#objectsOf([current.release], owner)
    const hooks = this.#hookRun(owner, options)
    try {
      await this.#hooks(release, 'pre-rollback', hooks, options)
      if (current.release.apply_method !== 'ssa') await adoptFields(this.#client, before)
      await this.#change(before, objects, options)
      await this.#hooks(release, 'post-rollback', hooks, options)
    } catch (error) {
      const text = `Rollback "${release.name}" failed: ${messageOf(error)}`
      await this.#storage.update({ ...stored, release: withStatus(withRuns(release, hooks), 'failed', text) })
      if (options.cleanupOnFail) await pruneObjects(this.#client, objects, before)
      throw error
    }
    const done = withStatus(withRuns(release, hooks), 'deployed', description)
    await this.#storage.update({ ...stored, release: done })
    await this.#supersede(history, options.maxHistory)
    return done
  }

  /** Removes the release, its objects and its history; resolves to the objects that stay because their policy says so. */
  async uninstall(history: StoredRelease[], options: UninstallOptions): Promise<KubeObject[]> {
    const last = history.at(-1)
    if (!last) return []
    const owner = ownershipOf(last)
    const hooks = this.#hookRun(owner, options)
    const deleted = this.#now().toISOString()
    const record = async (status: 'uninstalling' | 'uninstalled', text: string): Promise<void> => {
      const { info, ...release } = withRuns(last.release, hooks)
      await this.#storage.update({
        ...last,
        release: withStatus({ ...release, info: { ...info, deleted } }, status, text),
      })
    }
    await this.#hooks(last.release, 'pre-delete', hooks, options)
    await record('uninstalling', 'Deletion in progress (or silently failed)')
    const deployed = history.findLast(({ release: { info } }) => info.status === 'deployed')?.release
    const objects = await this.#objectsOf([last.release, deployed], owner)
    await deleteObjects(this.#client, objects, { propagationPolicy: options.propagationPolicy ?? 'Background' })
    const gone = objects.filter((object) => !isKept(object))
    if (options.wait) await waitUntilGone(this.#client, gone, options)
    await this.#hooks(last.release, 'post-delete', hooks, options)
    if (options.keepHistory) {
      await record('uninstalled', options.description ?? 'Uninstallation complete')
      await this.#supersede(history.slice(0, -1), 0)
    } else for (const { release } of history) await this.#storage.delete(release)
    return objects.filter(isKept)
  }

  /** The objects of the new revision and of those before it, after a look at whom they belong to. */
  async #plan(
    stored: StoredRelease,
    history: StoredRelease[],
    { takeOwnership }: ActionOptions,
  ): Promise<{ objects: KubeObject[]; before: KubeObject[] }> {
    const owner = ownershipOf(stored)
    const deployed = history.findLast(({ release: { info } }) => info.status === 'deployed')?.release
    const objects = await this.objectsOf(stored)
    // What an interrupted or failed revision may have made counts as ours too.
    const before = await this.#objectsOf([deployed, lastOf(history)?.release], owner)
    const known = new Set(before.map(identityOf))
    const added = objects.filter((object) => !known.has(identityOf(object)))
    if (!takeOwnership) await checkOwnership(this.#client, added, owner)
    return { objects, before }
  }

  async #change(before: KubeObject[], objects: KubeObject[], options: ActionOptions): Promise<void> {
    const during = before.length === 0 ? 'install' : 'upgrade'
    await applyObjects(this.#client, objects, { force: options.force ?? true, during })
    await pruneObjects(this.#client, before, objects)
    if (!options.wait) return
    const { timeout, signal, waitForJobs } = options
    await waitForAll(this.#client, objects, {
      timeout,
      signal,
      rule: (live) => (waitForJobs && live?.kind === 'Job' ? completionOf(live) : healthOf(live)),
    })
  }

  async #hooks(release: Release, event: HookEvent, run: HookRun, options: ActionOptions): Promise<void> {
    if (!options.disableHooks) await runHooks(release.hooks ?? [], event, run)
  }

  #hookRun(owner: Ownership, { timeout, signal, onHookEnd, writeLog }: ActionOptions): HookRun {
    return { client: this.#client, owner, timeout, signal, now: this.#now, executions: new Map(), onHookEnd, writeLog }
  }

  async #objectsOf(releases: (Release | undefined)[], owner: Ownership): Promise<KubeObject[]> {
    const objects = new Map<string, KubeObject>()
    for (const release of releases) {
      if (!release) continue
      for (const object of await readManifest(this.#client, release.manifest ?? '', owner))
        objects.set(identityOf(object), object)
    }
    return [...objects.values()]
  }

  /** Revisions that this program did not live to finish are failed ones from now on. */
  async #closeInterrupted(history: StoredRelease[]): Promise<void> {
    for (const stored of history) {
      if (!stored.release.info.status.startsWith('pending-')) continue
      await this.#storage.update({ ...stored, release: withStatus(stored.release, 'failed', 'Interrupted') })
    }
  }

  /** Marks what was deployed before as superseded and forgets the oldest revisions past `maxHistory`. */
  async #supersede(history: StoredRelease[], maxHistory: number): Promise<void> {
    for (const stored of history) {
      if (stored.release.info.status !== 'deployed') continue
      await this.#storage.update({ ...stored, release: withStatus(stored.release, 'superseded') })
    }
    const surplus = maxHistory > 0 ? history.slice(0, Math.max(0, history.length + 1 - maxHistory)) : []
    for (const { release } of surplus) await this.#storage.delete(release)
  }
}

/** The newest revision, unless it was uninstalled: what follows then is an install again. */
function lastOf(history: StoredRelease[]): StoredRelease | undefined {
  const last = history.at(-1)
  return last?.release.info.status === 'uninstalled' ? undefined : last
}

function ownershipOf({ release, notes }: { release: Release; notes?: ReleaseNotes }): Ownership {
  return {
    releaseName: release.name,
    namespace: release.namespace,
    annotations: notes ? { 'helm.fluxcd.io/antecedent': notes.antecedent } : {},
  }
}

/** The release with how its hooks went. */
function withRuns(release: Release, { executions }: HookRun): Release {
  if (executions.size === 0) return release
  const hooks = (release.hooks ?? []).map((hook) => {
    const last_run = executions.get(hook)
    return last_run ? { ...hook, last_run, delete_policies: deletePolicies(hook) } : hook
  })
  return { ...release, hooks }
}

function withStatus(release: Release, status: Release['info']['status'], description?: string): Release {
  return { ...release, info: { ...release.info, status, ...(description && { description }) } }
}
