import { messageOf, SlipwayError, UserError } from '@slipway/errors'
import { coalesceTables, computedValues, type Release, storedValues, type Values } from '@slipway/helm-chart'
import { type ActionOptions, renderHere, type StoredRelease } from '@slipway/helm-controller'
import { print } from '../flags.ts'
import { log, logNotice } from '../log.ts'
import { nodePlatform } from '../node-platform.ts'
import { renderCallbacks } from '../render-callbacks.ts'
import type { HelmSettings } from '../settings.ts'
import { type Cluster, withCluster } from './cluster.ts'
import {
  actionOptions,
  applyMethodOf,
  checkForceFlags,
  type DeployFlags,
  type DryRun,
  dryRunOf,
  type ServerSideFlag,
} from './deploy-flags.ts'
import { installRelease, printRelease } from './install-command.ts'
import { checkLabels, type Prepared, prepare, withoutSecrets } from './prepare.ts'
import { dryRunDescription } from './release-text.ts'

/** The flags of `helm upgrade`. */
export interface UpgradeFlags extends DeployFlags, ServerSideFlag {
  readonly cleanupOnFail: boolean
  readonly historyMax: number
  readonly install: boolean
  readonly resetThenReuseValues: boolean
  readonly resetValues: boolean
  readonly reuseValues: boolean
}

/** `helm upgrade RELEASE CHART`. */
export async function upgrade(
  [name = '', chart = '']: readonly string[],
  flags: UpgradeFlags,
  settings: HelmSettings,
): Promise<void> {
  checkForceFlags(flags)
  const dryRun = dryRunOf(flags.dryRun)
  if (flags.install && (await isMissing(name, settings))) {
    if (flags.output === 'table') print(`Release ${JSON.stringify(name)} does not exist. Installing it now.\n`)
    const serverSide = flags.serverSide !== 'false'
    const release = await installRelease([name, chart], { ...flags, replace: true, serverSide }, settings)
    return printRelease(release, flags, settings)
  }
  const prepared = await prepare(chart, flags, settings)
  const release = await withCluster(settings, (cluster) =>
    upgradeOn(cluster, { name, flags, dryRun, ...prepared }),
  ).catch((error: unknown) => {
    throw new UserError('HELM_UPGRADE_FAILED', `UPGRADE FAILED: ${messageOf(error)}`, { cause: error })
  })
  if (flags.output === 'table') print(`Release ${JSON.stringify(name)} has been upgraded. Happy Helming!\n`)
  printRelease(release, flags, settings)
}

/** Whether there is nothing to upgrade, so that --install installs. */
function isMissing(name: string, settings: HelmSettings): Promise<boolean> {
  return withCluster(settings, async ({ storage, namespace }) => {
    const last = (await storage.history(name, namespace)).at(-1)
    return last === undefined || last.release.info.status === 'uninstalled'
  })
}

interface UpgradeRequest extends Prepared {
  readonly name: string
  readonly flags: UpgradeFlags
  readonly dryRun: DryRun
}

function fault(message: string, cause?: unknown): UserError {
  return new UserError('HELM_UPGRADE_REFUSED', message, cause === undefined ? {} : { cause })
}

async function upgradeOn(cluster: Cluster, request: UpgradeRequest): Promise<Release> {
  const { name, flags, dryRun } = request
  const { storage, actions, namespace } = cluster
  if (flags.hideSecret && dryRun === 'none') throw fault('hiding Kubernetes secrets requires a dry-run mode')
  const history = await storage.history(name, namespace)
  const { last, current } = predecessors(name, history)
  checkLabels(flags.labels)
  const stored = await render(cluster, request, { last, current })
  const options: ActionOptions = {
    ...actionOptions(flags, flags.historyMax),
    ...(flags.description !== undefined && { description: flags.description }),
    takeOwnership: flags.takeOwnership,
    cleanupOnFail: flags.cleanupOnFail,
  }
  if (flags.rollbackOnFailure) options.wait = true
  if (dryRun !== 'none') {
    await actions.check(stored, history, options).catch(refused)
    const { release } = stored
    const info = {
      ...release.info,
      status: 'pending-upgrade' as const,
      description: flags.description ?? dryRunDescription,
    }
    return { ...(flags.hideSecret ? withoutSecrets(release) : release), info }
  }
  try {
    return await actions.deploy(stored, history, options)
  } catch (error) {
    return failed(cluster, stored.release, { flags, options, error })
  }
}

/** The newest revision, and the one that works now. Throws UserError when there is none to upgrade from. */
function predecessors(name: string, history: StoredRelease[]): { last: StoredRelease; current: StoredRelease } {
  const last = history.at(-1)
  const none = (): UserError => fault(`${JSON.stringify(name)} has no deployed releases`)
  if (!last) throw none()
  const { status } = last.release.info
  if (status.startsWith('pending-')) {
    throw fault('another operation (install/upgrade/rollback) is in progress')
  }
  const deployed = history.findLast(({ release }) => release.info.status === 'deployed')
  if (!deployed && status !== 'failed' && status !== 'superseded') throw none()
  return { last, current: deployed ?? last }
}

async function render(
  cluster: Cluster,
  { name, chart, values, flags }: UpgradeRequest,
  { last, current }: { last: StoredRelease; current: StoredRelease },
): Promise<StoredRelease> {
  const given = reusedValues(values, current.release, flags)
  // With --reuse-values the defaults are those of the release, not those of the new chart.
  const keepsDefaults = flags.reuseValues && !flags.resetValues
  const { release } = await cluster.renderer().render({
    rendering: renderHere(chart, nodePlatform, renderCallbacks(flags)),
    values: given,
    ...(keepsDefaults && { defaults: computedValues(current.release) }),
    name,
    namespace: cluster.namespace,
    revision: last.release.version + 1,
    isUpgrade: true,
    firstDeployed: current.release.info.first_deployed,
    skipSchemaValidation: flags.skipSchemaValidation,
    subchartNotes: flags.renderSubchartNotes,
    enableDns: flags.enableDns,
  })
  const apply_method = applyMethodOf(flags, last.release.apply_method)
  const labels = { ...last.labels, ...flags.labels }
  // "null" takes a label away.
  return {
    release: { ...release, apply_method },
    labels: Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== 'null')),
  }
}

/** The values of an upgrade: the given ones over those of the release, as the flags say; without any, those of the release. */
function reusedValues(given: Values, { config }: Release, flags: UpgradeFlags): Values {
  if (flags.resetValues) return given
  if (flags.reuseValues || flags.resetThenReuseValues)
    return coalesceTables(given, storedValues(config), 'remove', { path: '', notify: logNotice })
  return Object.keys(given).length === 0 ? storedValues(config) : given
}

interface Failure {
  readonly flags: UpgradeFlags
  readonly options: ActionOptions
  readonly error: unknown
}

async function failed(cluster: Cluster, release: Release, { flags, options, error }: Failure): Promise<never> {
  const { storage, actions, namespace } = cluster
  const { name, version } = release
  const history = await storage.history(name, namespace)
  // Refused before anything was done: then there is nothing to undo.
  if (history.at(-1)?.release.version !== version) return refused(error)
  const reason = messageOf(error)
  log('WARN', 'upgrade failed', { name, error: reason })
  if (!flags.rollbackOnFailure) throw fault(reason, error)
  const target = history.findLast(({ release: { info } }) => /^(deployed|superseded)$/.test(info.status))
  if (!target) {
    throw fault(
      `unable to find a previously successful release when attempting to rollback. original upgrade error: ${reason}`,
    )
  }
  try {
    const method = applyMethodOf(flags, target.release.apply_method)
    await actions.rollback(history, { ...withoutDescription(options), method }, target.release.version)
  } catch (second) {
    throw fault(
      `an error occurred while rolling back the release. original upgrade error: ${reason}: ${messageOf(second)}`,
    )
  }
  throw fault(`release ${name} failed, and has been rolled back due to rollback-on-failure being set: ${reason}`, error)
}

function withoutDescription({ description: _, ...options }: ActionOptions): ActionOptions {
  return options
}

/** What the cluster refused, with what Helm says it was about to do. */
function refused(error: unknown): never {
  const code = error instanceof SlipwayError ? error.code : ''
  const prefix =
    {
      RELEASE_OBJECT_EXISTS: 'unable to continue with update: ',
      RELEASE_OBJECT_UNREADABLE: 'unable to continue with update: ',
      KUBE_NO_SUCH_KIND: 'unable to build kubernetes objects from new release manifest: ',
    }[code] ?? ''
  throw fault(prefix + messageOf(error), error)
}
