import { messageOf } from '@slipway/errors'
import type { HookEvent, Release, ReleaseHook } from '@slipway/helm-chart'
import type { DeleteOptions, KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import type { RenderedCrds } from '../rendering/rendering.ts'
import { adoptedOf, applyObjects, deleteObjects, healObjects, isKept, pruneObjects } from './apply.ts'
import { applyChange, type Change, type ChangeOptions } from './change.ts'
import { deletePolicies, type HookRun, runHooks } from './hooks.ts'
import { withKnownFields } from './known-fields.ts'
import { identityOf, type Ownership, type ReadOptions, readManifest, readObjects, refOf } from './objects.ts'
import { sameError } from './same-error.ts'
import type { ReleaseNotes, ReleaseStorage, StoredRelease } from './storage.ts'
import { isUnready, waitUntilGone } from './wait.ts'
import { type ApplyMethod, checkForced, FIELD_MANAGER, serverSide, type Write } from './write.ts'

/** How one action is carried out; times in milliseconds. */
export interface ActionOptions extends ChangeOptions {
  disableHooks?: boolean
  /** Revisions kept; 0 = all. */
  maxHistory: number
  /** Recorded instead of Helm's own sentence. */
  description?: string
  /** Refuse fields that a kind does not have; without it they are left out. @default true */
  validate?: boolean
  /** Delete what the failed action had created. @default false */
  cleanupOnFail?: boolean
  /** What `signal` ends stays pending, for the next start takes it up again. @default it has failed, as Helm records it */
  resumable?: boolean
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
  /** Objects whose definition has gone have gone with it; Helm refuses to uninstall their release. @default false */
  skipUnknown?: boolean
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
   * Makes `stored.release` (rendered, with the next revision number) the deployed one, by its `apply_method`. `history` is what is
   * stored, oldest first. On a failure the revision is recorded as failed and the error thrown.
   */
  async deploy(stored: StoredRelease, history: StoredRelease[], options: ActionOptions): Promise<Release> {
    const { release } = stored
    const last = lastOf(history)
    const isInstall = !last
    const [event, what] = isInstall ? (['install', 'Install'] as const) : (['upgrade', 'Upgrade'] as const)
    const change = await this.#plan(stored, history, options)
    const preparing = isInstall ? 'Initial install underway' : 'Preparing upgrade'
    await this.#closeInterrupted(history)
    const pending = { ...stored, release: withStatus(release, `pending-${event}`, preparing) }
    await this.#begin(pending, history, options.maxHistory)
    const hooks = this.#hookRun(release, options)
    try {
      await this.#hooks(release, `pre-${event}`, hooks, options)
      await applyChange(this.#client, change, options)
      await this.#hooks(release, `post-${event}`, hooks, options)
    } catch (error) {
      if (isInterrupted(options)) throw error
      const text = `${isInstall ? 'Release' : what} "${release.name}" failed: ${messageOf(error)}`
      await this.#storage.update({ ...stored, release: withStatus(withRuns(release, hooks), 'failed', text) })
      if (options.cleanupOnFail) await pruneObjects(this.#client, change.objects, change.before)
      throw error
    }
    const text = options.description ?? `${what} complete`
    const done = withStatus(withRuns(release, hooks), 'deployed', text)
    await this.#storage.update({ ...stored, release: done })
    await this.#supersede(history)
    return done
  }

  /** Throws what deploy would throw before it changes anything: objects that belong to someone else, unknown kinds. */
  async check(stored: StoredRelease, history: StoredRelease[], options: ActionOptions): Promise<void> {
    await this.#plan(stored, history, options)
  }

  /** Installs the CRDs of a chart. Those that are there already are applied with `ssa`, and stay as they are with `csa` (Helm's rule). */
  async installCrds(
    crds: readonly RenderedCrds[],
    { method, force = false }: { method: ApplyMethod; force?: boolean },
  ): Promise<void> {
    const write = method === 'ssa' ? serverSide(this.#client, { force }) : this.#createMissing
    for (const { name, text } of crds) {
      try {
        checkForced({ method, force }, 'create')
        await applyObjects(this.#client, await readObjects(this.#client, text), { write, during: 'create' })
      } catch (error) {
        throw sameError(error, `failed to install CRD ${name}: ${messageOf(error)}`)
      }
    }
  }

  readonly #createMissing: Write = async (object) =>
    (await this.#client.get(refOf(object))) ?? this.#client.create(object, { fieldManager: FIELD_MANAGER })

  /** Makes the objects of the deployed release what its manifest says; resolves to those that had to be changed. */
  async heal(stored: StoredRelease, how: Pick<ActionOptions, 'validate'> = {}): Promise<KubeObject[]> {
    return healObjects(this.#client, await this.objectsOf(stored, how))
  }

  /** The objects of a release as they are to be, marks and all. */
  async objectsOf(stored: StoredRelease, how: Pick<ActionOptions, 'validate'> = {}): Promise<KubeObject[]> {
    const objects = await readManifest(this.#client, stored.release.manifest ?? '', ownershipOf(stored))
    return how.validate === false ? withKnownFields(this.#client, objects) : objects
  }

  /** Runs the chart's tests, those that `isWanted`, and records how they went; the first failure is thrown. */
  async test(
    stored: StoredRelease,
    options: ActionOptions,
    isWanted: (hook: ReleaseHook) => boolean = () => true,
  ): Promise<void> {
    const { release } = stored
    const hooks = this.#hookRun(release, options)
    try {
      await runHooks((release.hooks ?? []).filter(isWanted), 'test', hooks)
    } finally {
      if (hooks.executions.size > 0) await this.#storage.update({ ...stored, release: withRuns(release, hooks) })
    }
  }

  /** Brings back revision `to`, or the newest before the last that worked, as a new revision. Undefined when there is none. */
  async rollback(
    history: StoredRelease[],
    { method = 'ssa', ...options }: ActionOptions & { method?: ApplyMethod },
    to?: number,
  ): Promise<Release | undefined> {
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
      apply_method: method,
      info: { ...pending.info, first_deployed, last_deployed: this.#now().toISOString() },
      version: current.release.version + 1,
    }
    const stored: StoredRelease = { ...target, release }
    await this.#begin(stored, history, options.maxHistory)
    const owner = ownershipOf(stored)
    const objects = await this.objectsOf(stored, options)
    const before = await this.#objectsOf([current.release], owner)
    const hooks = this.#hookRun(release, options)
    try {
      await this.#hooks(release, 'pre-rollback', hooks, options)
      const wasClientSide = methodOf(current.release) === 'csa'
      const former = current.release
      await applyChange(this.#client, { method, owner, objects, former, before, adopted: [], wasClientSide }, options)
      await this.#hooks(release, 'post-rollback', hooks, options)
    } catch (error) {
      if (isInterrupted(options)) throw error
      const text = `${isUnready(error) ? 'Release' : 'Rollback'} "${release.name}" failed: ${messageOf(error)}`
      await this.#storage.update({ ...stored, release: withStatus(withRuns(release, hooks), 'failed', text) })
      if (options.cleanupOnFail) await pruneObjects(this.#client, objects, before)
      throw error
    }
    const done = withStatus(withRuns(release, hooks), 'deployed', description)
    await this.#storage.update({ ...stored, release: done })
    await this.#supersede(history)
    return done
  }

  /** Removes the release, its objects and its history; resolves to the objects that stay because their policy says so. */
  async uninstall(history: StoredRelease[], options: UninstallOptions): Promise<KubeObject[]> {
    const last = history.at(-1)
    if (!last) return []
    const owner = ownershipOf(last)
    const hooks = this.#hookRun({ ...last.release, apply_method: 'ssa' }, options)
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
    const objects = await this.#objectsOf([last.release, deployed], owner, options)
    await deleteObjects(this.#client, objects, { propagationPolicy: options.propagationPolicy ?? 'Background' })
    const gone = objects.filter((object) => !isKept(object))
    if (options.wait) await waitUntilGone(this.#client, gone, options)
    await this.#hooks(last.release, 'post-delete', hooks, options)
    if (options.keepHistory) {
      await record('uninstalled', options.description ?? 'Uninstallation complete')
      await this.#supersede(history.slice(0, -1))
    } else for (const { release } of history) await this.#storage.delete(release)
    return objects.filter(isKept)
  }

  /** What the new revision changes, after a look at whom its objects belong to. */
  async #plan(
    stored: StoredRelease,
    history: StoredRelease[],
    { takeOwnership = false, ...options }: ActionOptions,
  ): Promise<Change> {
    const owner = ownershipOf(stored)
    const last = lastOf(history)?.release
    const deployed = history.findLast(({ release: { info } }) => info.status === 'deployed')?.release
    const objects = await this.objectsOf(stored, options)
    const before = await this.#objectsOf([deployed, last], owner)
    const known = new Set(before.map(identityOf))
    const added = objects.filter((object) => !known.has(identityOf(object)))
    const adopted = await adoptedOf(this.#client, added, { owner, takeOwnership })
    const former = deployed ?? last
    const wasClientSide = former ? [deployed, last].some((one) => one && methodOf(one) === 'csa') : adopted.length > 0
    return { method: methodOf(stored.release), owner, objects, former, before, adopted, wasClientSide }
  }

  async #hooks(release: Release, event: HookEvent, run: HookRun, options: ActionOptions): Promise<void> {
    if (!options.disableHooks) await runHooks(release.hooks ?? [], event, run)
  }

  #hookRun(release: Release, { timeout, signal, onHookEnd, writeLog }: ActionOptions): HookRun {
    const client = this.#client
    const write: Write =
      methodOf(release) === 'ssa'
        ? serverSide(client, { force: false })
        : (object) => client.create(object, { fieldManager: FIELD_MANAGER })
    const { namespace } = release
    return { client, namespace, write, timeout, signal, now: this.#now, executions: new Map(), onHookEnd, writeLog }
  }

  async #objectsOf(
    releases: (Release | undefined)[],
    owner: Ownership,
    options: ReadOptions = {},
  ): Promise<KubeObject[]> {
    const objects = new Map<string, KubeObject>()
    for (const release of releases) {
      if (!release) continue
      for (const object of await readManifest(this.#client, release.manifest ?? '', owner, options))
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

  /** Marks what was deployed before as superseded. */
  async #supersede(history: StoredRelease[]): Promise<void> {
    for (const stored of history) {
      if (stored.release.info.status !== 'deployed') continue
      await this.#storage.update({ ...stored, release: withStatus(stored.release, 'superseded') })
    }
  }

  /** Stores a new revision, once the oldest past `maxHistory` are forgotten; what is deployed stays. */
  async #begin(stored: StoredRelease, history: StoredRelease[], maxHistory: number): Promise<void> {
    const surplus = maxHistory > 0 ? Math.max(0, history.length + 1 - maxHistory) : 0
    const others = history.filter(({ release: { info } }) => info.status !== 'deployed')
    for (const { release } of others.slice(0, surplus)) await this.#storage.delete(release)
    await this.#storage.create(stored)
  }
}

/** The newest revision, unless it was uninstalled: what follows then is an install again. */
function lastOf(history: StoredRelease[]): StoredRelease | undefined {
  const last = history.at(-1)
  return last?.release.info.status === 'uninstalled' ? undefined : last
}

const isInterrupted = ({ resumable = false, signal }: ActionOptions): boolean => resumable && signal.aborted

/** Releases of Helm 3 do not say: theirs was the client. */
const methodOf = ({ apply_method }: Release): ApplyMethod => apply_method ?? 'csa'

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
