import type { ReconcileContext, ReconcileResult, Reconciler } from '@slipway/controller-runtime'
import { describeError, messageOf, UserError } from '@slipway/errors'
import { coalesceTables, computedValues, storedValues } from '@slipway/helm-chart'
import type { KubeClient } from '@slipway/kube-client'
import type { ChartSource, LoadedChart } from '../chart-source/chart-source.ts'
import type { ActionOptions, ReleaseActions } from '../release/actions.ts'
import type { ReleaseStorage, StoredRelease } from '../release/storage.ts'
import type { ReleaseRenderer } from '../rendering/renderer.ts'
import { type Action, decide } from './decide.ts'
import { antecedentOf, type HelmRelease, placeOf, releaseNameOf, targetNamespaceOf } from './helm-release.ts'
import { StatusWriter } from './status-writer.ts'
import { composeValues } from './values.ts'

export interface HelmReleaseDeps {
  client: KubeClient
  charts: ChartSource
  renderer: ReleaseRenderer
  storage: ReleaseStorage
  actions: ReleaseActions
  /** Told which objects belong to the release from now on, so that their drift can be watched. */
  onDeployed: (release: HelmRelease, stored: StoredRelease) => Promise<void>
  /** Follows the object for as long as a look at it takes. */
  supersession: (release: HelmRelease) => Supersession
  /** Milliseconds between looks without an event (the Operator's --charts-sync-interval). */
  syncInterval: number
}

/** Whether something else is wanted by now. */
export interface Supersession {
  /** Aborts when the spec is another one, or the object is to go. */
  signal: AbortSignal
  /** Ends the following. */
  stop: () => void
}

/** Everything one pass knows; made once, read by each step. */
interface Pass {
  release: HelmRelease
  status: StatusWriter
  context: ReconcileContext<HelmRelease>
  loaded: LoadedChart
  values: Record<string, unknown>
  /** In the place of the chart's own values. */
  defaults?: Record<string, unknown>
  history: StoredRelease[]
  options: ActionOptions
}

/** Keeps one HelmRelease in step with its chart and values, through the Helm Operator's phases. */
export function helmReleaseReconciler(deps: HelmReleaseDeps): Reconciler<HelmRelease> {
  return {
    async reconcile(release, context) {
      const status = new StatusWriter(release, context)
      const superseded = deps.supersession(release)
      try {
        return await reconcile(deps, release, context, { status, superseded: superseded.signal })
      } catch (error) {
        if (superseded.signal.aborted && error === superseded.signal.reason) return canceled(release, context)
        context.event(
          'Warning',
          'FailedReleaseSync',
          `synchronization of release '${releaseNameOf(release)}' in namespace '${targetNamespaceOf(release)}' failed: ${describeError(error)}`,
        )
        throw error
      } finally {
        superseded.stop()
        status.set({ observedGeneration: release.metadata.generation ?? 1 })
        await status.flush()
      }
    },
    async finalize(release, context) {
      const history = await deps.storage.history(releaseNameOf(release), targetNamespaceOf(release))
      const notes = history.at(-1)?.notes
      // A release that another HelmRelease has taken over is not ours to remove.
      if (notes && notes.antecedent !== antecedentOf(release)) return
      // Definitions may go in the same push: what waited for them to come back would wait for ever.
      await deps.actions.uninstall(history, { ...actionOptions(release, context.signal), skipUnknown: true })
    },
  }
}

/** As the real helm-controller tells of it where its feature gate CancelHealthCheckOnNewRevision is on (internal/controller/helmrelease_controller.go). */
function canceled(release: HelmRelease, context: ReconcileContext<HelmRelease>): ReconcileResult {
  const { namespace, name } = release.metadata
  const trigger = `new reconciliation triggered by ${release.kind}/${namespace}/${name}`
  context.event('Normal', 'HealthCheckCanceled', `Health checks canceled due to ${trigger}`)
  return { kind: 'waiting', reason: 'HealthCheckCanceled', message: trigger }
}

async function reconcile(
  deps: HelmReleaseDeps,
  release: HelmRelease,
  context: ReconcileContext<HelmRelease>,
  { status, superseded }: { status: StatusWriter; superseded: AbortSignal },
): Promise<ReconcileResult> {
  const observed = await observe(deps, release, context, status)
  const pass: Pass = { ...observed, options: { ...observed.options, superseded } }
  const action = decide(release, desiredOf(pass), observedOf(pass))
  switch (action.kind) {
    case 'refuse':
      status.enter('Failed', {}, action.reason)
      throw new UserError('RELEASE_REFUSED', action.reason, { at: placeOf(release) })
    case 'keep':
      await keep(deps, pass)
      break
    case 'install':
    case 'upgrade':
      await deploy(deps, pass, action)
      context.event(
        'Normal',
        'ReleaseSynced',
        `managed release '${releaseNameOf(release)}' in namespace '${targetNamespaceOf(release)}' synchronized`,
      )
  }
  return {
    kind: 'ready',
    reason: 'Succeeded',
    message: `release ${releaseNameOf(release)} is deployed`,
    recheckAfter: deps.syncInterval,
  }
}

/** Reads the chart, the values and the history; writes ChartFetched or the phase of what failed. */
async function observe(
  deps: HelmReleaseDeps,
  release: HelmRelease,
  context: ReconcileContext<HelmRelease>,
  status: StatusWriter,
): Promise<Pass> {
  const [history, loaded] = await Promise.all([
    deps.storage.history(releaseNameOf(release), targetNamespaceOf(release)),
    deps.charts.load(release, context.signal).catch((error: unknown) => {
      status.enter('ChartFetchFailed', {}, describeError(error))
      throw error
    }),
  ])
  const seen = status.status
  const fetchFailed = seen.conditions?.some(({ type, status: state }) => type === 'ChartFetched' && state === 'False')
  if (seen.lastAttemptedRevision !== loaded.revision || fetchFailed) status.enter('ChartFetched')
  const { readFile: readChartFile } = loaded
  try {
    const given = await composeValues(release, { client: deps.client, readChartFile, signal: context.signal })
    const values = reused(given, release, history)
    return { release, status, context, loaded, ...values, history, options: actionOptions(release, context.signal) }
  } catch (error) {
    status.enter('Failed', {}, describeError(error))
    throw error
  }
}

/** With `resetValues: false`, what the release was given before counts under what it is given now (`helm upgrade --reuse-values`). */
function reused(
  given: Record<string, unknown>,
  { spec }: HelmRelease,
  history: StoredRelease[],
): Pick<Pass, 'values' | 'defaults'> {
  const current = history.findLast(({ release: { info } }) => info.status === 'deployed') ?? history.at(-1)
  if (spec.resetValues !== false || !current || current.release.info.status === 'uninstalled') return { values: given }
  const { release } = current
  const values = coalesceTables(storedValues(given), storedValues(release.config), 'remove')
  return { values, defaults: computedValues(release) }
}

/** The stored release is the wanted one: heal its objects and leave no stale failure in the status. */
async function keep(
  deps: HelmReleaseDeps,
  { release, status, context, loaded, history, options }: Pass,
): Promise<void> {
  const stored = history.findLast(({ release: { info } }) => info.status === 'deployed')
  if (!stored) return
  await deps.onDeployed(release, stored)
  const healed = await deps.actions.heal(stored, options)
  if (healed.length > 0) {
    const names = healed.map(({ kind, metadata }) => `${kind}/${metadata.name}`).join(', ')
    context.event('Normal', 'DriftCorrected', `put back ${names}`)
  }
  const isRolledBack = status.status.conditions?.some(({ type, status: s }) => type === 'RolledBack' && s === 'True')
  const { releaseName, revision } = { releaseName: releaseNameOf(release), revision: loaded.revision }
  if (isRolledBack) return
  if (status.status.phase !== 'Succeeded' || status.status.revision !== revision) {
    status.enter('Deployed')
    status.enter('Succeeded', { revision, releaseName, releaseStatus: 'deployed' })
  }
}

async function deploy(deps: HelmReleaseDeps, pass: Pass, action: Action): Promise<void> {
  const { release, status, context, loaded, history, options } = pass
  status.enter(action.kind === 'install' ? 'Installing' : 'Upgrading', { lastAttemptedRevision: loaded.revision })
  try {
    const rendered = await deps.renderer.render({
      rendering: loaded.rendering,
      values: pass.values,
      ...(pass.defaults && { defaults: pass.defaults }),
      name: releaseNameOf(release),
      namespace: targetNamespaceOf(release),
      revision: (history.at(-1)?.release.version ?? 0) + 1,
      firstDeployed: history[0]?.release.info.first_deployed,
      isUpgrade: history.length > 0,
      signal: context.signal,
    })
    const notes = { chartDigest: loaded.digest, antecedent: antecedentOf(release) }
    const { method, ...forced } = release.spec.forceUpgrade && history.length > 0 ? byForce : byServer
    if (history.length === 0 && !release.spec.skipCRDs) await deps.actions.installCrds(rendered.crds, { method: 'csa' })
    const done = await deps.actions.deploy({ release: { ...rendered.release, apply_method: method }, notes }, history, {
      ...options,
      ...forced,
    })
    const fields = { releaseName: done.name, releaseStatus: done.info.status }
    status.enter('Deployed')
    await deps.onDeployed(release, { release: done, notes })
    if (release.spec.test?.enable) await test(deps, pass, { release: done, notes })
    status.enter('Succeeded', { ...fields, revision: loaded.revision })
  } catch (error) {
    if (context.signal.aborted) throw error
    if (status.status.phase !== 'TestFailed') status.enter('DeployFailed', {}, describeError(error))
    // What comes next is an upgrade; to what was there before, a rollback leads from that one as well.
    if (error === options.superseded?.reason) throw error
    await remedy(deps, pass)
    throw error
  }
}

async function test(deps: HelmReleaseDeps, { release, status, options }: Pass, stored: StoredRelease): Promise<void> {
  const { ignoreFailures, timeout = 300 } = release.spec.test ?? {}
  status.enter('Testing')
  try {
    await deps.actions.test(stored, { ...options, timeout: timeout * 1000 })
    status.enter('Tested')
  } catch (error) {
    status.enter('TestFailed', {}, messageOf(error))
    if (!ignoreFailures) throw error
  }
}

/** After a failure: a first install is taken away again, an upgrade rolled back where that is asked for. */
async function remedy(deps: HelmReleaseDeps, { release, status, history, options }: Pass): Promise<void> {
  const after = await deps.storage.history(releaseNameOf(release), targetNamespaceOf(release))
  const hasNewRevision = (after.at(-1)?.release.version ?? 0) > (history.at(-1)?.release.version ?? 0)
  if (!hasNewRevision) return
  if (history.length === 0) {
    await deps.actions.uninstall(after, options)
    return
  }
  if (!release.spec.rollback?.enable) return
  status.enter('RollingBack')
  const { timeout = 300, disableHooks = false, wait = false, force, recreate = false } = release.spec.rollback
  const how = { ...(force ? byForce : byServer), timeout: timeout * 1000, disableHooks, wait, recreatePods: recreate }
  try {
    await deps.actions.rollback(after, { ...options, ...how })
    status.enter('RolledBack')
  } catch (error) {
    status.enter('RollbackFailed', {}, describeError(error))
  }
}

/** Objects are applied by the server, or with force replaced (Helm 3's `--force`), which only a client can. */
const byServer = { method: 'ssa' } as const
const byForce = { method: 'csa', forceReplace: true } as const

function desiredOf({ release, loaded, values }: Pass): Parameters<typeof decide>[1] {
  return { chartDigest: loaded.digest, values: canonical(values), antecedent: antecedentOf(release) }
}

function observedOf({ history }: Pass): Parameters<typeof decide>[2] {
  const last = history.at(-1)
  if (!last) return {}
  const { release, notes } = last
  return {
    last: {
      version: release.version,
      status: release.info.status,
      // Without our note, a chart of this name and version is taken for the same.
      chartDigest: notes?.chartDigest ?? '',
      values: canonical(release.config ?? {}),
      ours: notes !== undefined,
      ...(notes && { antecedent: notes.antecedent }),
    },
  }
}

/** JSON with sorted keys: equal values, equal text. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

function actionOptions({ spec }: HelmRelease, signal: AbortSignal): ActionOptions {
  return {
    timeout: (spec.timeout ?? 300) * 1000,
    wait: spec.wait ?? (spec.rollback?.enable === true || spec.test?.enable === true),
    maxHistory: spec.maxHistory ?? 10,
    validate: !spec.disableOpenAPIValidation,
    signal,
    resumable: true,
  }
}
