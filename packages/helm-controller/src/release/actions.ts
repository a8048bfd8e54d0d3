import { describeError, messageOf } from '@slipway/errors'
import { parseDocuments } from '@slipway/go-yaml'
import type { Release } from '@slipway/helm-chart'
import type { KubeClient } from '@slipway/kube-client'
import { isKubeObject, type KubeObject } from '@slipway/kube-objects'
import { applyObjects, checkOwnership, deleteObjects, healObjects, pruneObjects, refOf } from './apply.ts'
import { type HookRun, runHooks } from './hooks.ts'
import { identityOf, type Ownership, readManifest } from './objects.ts'
import type { ReleaseNotes, ReleaseStorage, StoredRelease } from './storage.ts'
import { waitForAll } from './wait.ts'

/** How one action is carried out; times in milliseconds. */
export interface ActionOptions {
  timeout: number
  wait: boolean
  disableHooks?: boolean
  /** Revisions kept; 0 = all. */
  maxHistory: number
  signal: AbortSignal
}

/** What Helm does with a release, step by step as Helm does it, recorded in Helm's own history. */
export class ReleaseActions {
  readonly #client: KubeClient
  readonly #storage: ReleaseStorage

  constructor(client: KubeClient, storage: ReleaseStorage) {
    this.#client = client
    this.#storage = storage
  }

  /**
   * Makes `release` (rendered, with the next revision number) the deployed one. `history` is what is stored, oldest first.
   * On a failure the revision is recorded as failed and the error thrown.
   */
  async deploy(
    release: Release,
    notes: ReleaseNotes,
    history: StoredRelease[],
    options: ActionOptions,
  ): Promise<Release> {
    const owner = ownershipOf(release, notes)
    const deployed = history.findLast(({ release: { info } }) => info.status === 'deployed')?.release
    const last = history.at(-1)?.release
    const isInstall = !last
    const objects = await readManifest(this.#client, release.manifest ?? '', owner)
    // What an interrupted or failed revision may have made counts as ours too.
    const before = await this.#objectsOf([deployed, last], owner)
    const known = new Set(before.map(identityOf))
    await checkOwnership(
      this.#client,
      objects.filter((object) => !known.has(identityOf(object))),
      owner,
    )
    const pending = withStatus(
      release,
      isInstall ? 'pending-install' : 'pending-upgrade',
      isInstall ? 'Initial install underway' : 'Preparing upgrade',
    )
    await this.#closeInterrupted(history)
    await this.#storage.create({ release: pending, notes })
    const hooks = this.#hookRun(owner, options)
    try {
      await this.#hooks(release, isInstall ? 'pre-install' : 'pre-upgrade', hooks, options)
      await applyObjects(this.#client, objects)
      await pruneObjects(this.#client, before, objects)
      if (options.wait) await waitForAll(this.#client, objects, options.timeout, options.signal)
      await this.#hooks(release, isInstall ? 'post-install' : 'post-upgrade', hooks, options)
    } catch (error) {
      const what = isInstall ? 'Release' : 'Upgrade'
      await this.#storage.update({
        release: withStatus(release, 'failed', `${what} "${release.name}" failed: ${describeError(error)}`),
        notes,
      })
      throw error
    }
    const done = withStatus(release, 'deployed', isInstall ? 'Install complete' : 'Upgrade complete')
    await this.#storage.update({ release: done, notes })
    await this.#supersede(history, options.maxHistory)
    return done
  }

  /** Creates the CRDs of a chart that the cluster does not have; those that it has stay as they are (Helm's rule). */
  async installCrds(manifest: string): Promise<void> {
    for (const { value, error } of parseDocuments(manifest)) {
      if (error) throw error
      if (!isKubeObject(value) || (await this.#client.get(refOf(value)))) continue
      await this.#client.create(value, { fieldManager: 'helm' })
    }
  }

  /** Makes the objects of the deployed release what its manifest says; resolves to those that had to be changed. */
  async heal(stored: StoredRelease): Promise<KubeObject[]> {
    const objects = await readManifest(
      this.#client,
      stored.release.manifest ?? '',
      ownershipOf(stored.release, stored.notes),
    )
    return healObjects(this.#client, objects)
  }

  /** The objects of a release as they are to be, marks and all. */
  objectsOf(stored: StoredRelease): Promise<KubeObject[]> {
    return readManifest(this.#client, stored.release.manifest ?? '', ownershipOf(stored.release, stored.notes))
  }

  /** Runs the chart's tests; the first failure is thrown. */
  async test({ release, notes }: StoredRelease, options: ActionOptions): Promise<void> {
    await runHooks(release.hooks ?? [], 'test', this.#hookRun(ownershipOf(release, notes), options))
  }

  /** Brings back the newest revision before the last that worked, as a new revision. Undefined when there is none. */
  async rollback(history: StoredRelease[], options: ActionOptions): Promise<Release | undefined> {
    const failed = history.at(-1)
    const target = history
      .slice(0, -1)
      .findLast(({ release: { info } }) => info.status === 'deployed' || info.status === 'superseded')
    if (!failed || !target) return undefined
    const owner = ownershipOf(target.release, target.notes)
    const release: Release = {
      ...withStatus(target.release, 'pending-rollback', `Rollback to ${target.release.version}`),
      version: failed.release.version + 1,
    }
    const notes = target.notes
    await this.#storage.create({ release, ...(notes && { notes }) })
    const objects = await readManifest(this.#client, release.manifest ?? '', owner)
    const hooks = this.#hookRun(owner, options)
    try {
      await this.#hooks(release, 'pre-rollback', hooks, options)
      await applyObjects(this.#client, objects)
      await pruneObjects(this.#client, await this.#objectsOf([failed.release], owner), objects)
      if (options.wait) await waitForAll(this.#client, objects, options.timeout, options.signal)
      await this.#hooks(release, 'post-rollback', hooks, options)
    } catch (error) {
      await this.#storage.update({
        release: withStatus(release, 'failed', `Rollback "${release.name}" failed: ${messageOf(error)}`),
        ...(notes && { notes }),
      })
      throw error
    }
    const done = withStatus(release, 'deployed', `Rollback to ${target.release.version}`)
    await this.#storage.update({ release: done, ...(notes && { notes }) })
    await this.#supersede(history, options.maxHistory)
    return done
  }

  /** Removes the release, its objects and its history. */
  async uninstall(history: StoredRelease[], options: ActionOptions): Promise<void> {
    const last = history.at(-1)
    if (!last) return
    const owner = ownershipOf(last.release, last.notes)
    const hooks = this.#hookRun(owner, options)
    await this.#hooks(last.release, 'pre-delete', hooks, options)
    const deployed = history.findLast(({ release: { info } }) => info.status === 'deployed')?.release
    await deleteObjects(this.#client, await this.#objectsOf([last.release, deployed], owner))
    await this.#hooks(last.release, 'post-delete', hooks, options)
    for (const { release } of history) await this.#storage.delete(release)
  }

  async #hooks(
    release: Release,
    event: Parameters<typeof runHooks>[1],
    run: HookRun,
    options: ActionOptions,
  ): Promise<void> {
    if (!options.disableHooks) await runHooks(release.hooks ?? [], event, run)
  }

  #hookRun(owner: Ownership, { timeout, signal }: ActionOptions): HookRun {
    return { client: this.#client, owner, timeout, signal }
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
    for (const { release, notes } of history) {
      if (!release.info.status.startsWith('pending-')) continue
      await this.#storage.update({ release: withStatus(release, 'failed', 'Interrupted'), ...(notes && { notes }) })
    }
  }

  /** Marks what was deployed before as superseded and forgets the oldest revisions past `maxHistory`. */
  async #supersede(history: StoredRelease[], maxHistory: number): Promise<void> {
    for (const { release, notes } of history) {
      if (release.info.status !== 'deployed') continue
      await this.#storage.update({ release: withStatus(release, 'superseded'), ...(notes && { notes }) })
    }
    const surplus = maxHistory > 0 ? history.slice(0, Math.max(0, history.length + 1 - maxHistory)) : []
    for (const { release } of surplus) await this.#storage.delete(release)
  }
}

function ownershipOf({ name, namespace }: Release, notes: ReleaseNotes | undefined): Ownership {
  return {
    releaseName: name,
    namespace,
    annotations: notes ? { 'helm.fluxcd.io/antecedent': notes.antecedent } : {},
  }
}

function withStatus(release: Release, status: Release['info']['status'], description?: string): Release {
  return { ...release, info: { ...release.info, status, ...(description && { description }) } }
}
