import { basename } from 'node:path'
import { messageOf, SlipwayError, UserError } from '@slipway/errors'
import { type Release, releaseOf, renderChart } from '@slipway/helm-chart'
import { type ActionOptions, type ApplyMethod, renderHere, type StoredRelease } from '@slipway/helm-controller'
import { isApiError } from '@slipway/kube-client'
import { print } from '../flags.ts'
import { renderLocally } from '../local-rendering.ts'
import { log } from '../log.ts'
import { nameAndChart } from '../name-and-chart.ts'
import { namespaceOf } from '../namespace.ts'
import { nodePlatform } from '../node-platform.ts'
import { formatted } from '../output.ts'
import { renderCallbacks } from '../render-callbacks.ts'
import type { HelmSettings } from '../settings.ts'
import { type Cluster, withCluster } from './cluster.ts'
import { warnOfCrds } from './crd-warning.ts'
import { actionOptions, checkForceFlags, type DeployFlags, type DryRun, dryRunOf } from './deploy-flags.ts'
import { checkLabels, type Prepared, prepare, withoutSecrets } from './prepare.ts'
import { refused } from './refused.ts'
import { dryRunDescription, releaseJson, releaseText } from './release-text.ts'

/** The flags of `helm install`. */
export interface InstallFlags extends DeployFlags {
  readonly generateName?: boolean
  readonly nameTemplate?: string
  readonly replace?: boolean
  readonly serverSide: boolean
}

/** `helm install [NAME] CHART`. */
export async function install(args: readonly string[], flags: InstallFlags, settings: HelmSettings): Promise<void> {
  checkForceFlags(flags)
  const release = await installRelease(args, flags, settings).catch((error: unknown) => {
    throw new UserError('HELM_INSTALL_FAILED', `INSTALLATION FAILED: ${messageOf(error)}`, { cause: error })
  })
  printRelease(release, flags, settings)
}

/** A release after install or upgrade, in the form that was asked for. */
export function printRelease(release: Release, flags: DeployFlags, { debug }: HelmSettings): void {
  const { output, hideNotes } = flags
  print(formatted(output, releaseJson(release), () => releaseText(release, { hideNotes, debug })))
}

interface InstallRequest extends Prepared {
  readonly name: string
  readonly flags: InstallFlags
  readonly dryRun: DryRun
}

/** Installs, or shows what would be installed. Throws UserError with Helm's text. */
export async function installRelease(
  args: readonly string[],
  flags: InstallFlags,
  settings: HelmSettings,
): Promise<Release> {
  const dryRun = dryRunOf(flags.dryRun)
  const { name, chart } = nameAndChart(args, flags, (path) => unnamed(path, flags))
  const request = { name, flags, dryRun, ...(await prepare(chart, flags, settings)) }
  if (flags.hideSecret && dryRun === 'none') {
    throw logged('hiding Kubernetes secrets requires a dry-run mode')
  }
  if (dryRun === 'client') {
    checkName(name)
    return shown(await renderOffline(request, namespaceOf(settings)), flags)
  }
  try {
    return await withCluster(settings, (cluster) => installOn(cluster, request, settings))
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code !== 'KUBE_UNREACHABLE') throw error
    throw logged(`cluster reachability check failed: ${error.message}`)
  }
}

function logged(message: string): UserError {
  log('ERROR', message)
  return new UserError('HELM_INSTALL_REFUSED', message)
}

function unnamed(chart: string, { generateName }: InstallFlags): string {
  if (!generateName) {
    throw new UserError('HELM_ARGUMENTS_INVALID', 'must either provide a name or specify --generate-name')
  }
  const base = basename(chart).replace(/\..*$/, '')
  const seconds = Math.floor(nodePlatform.now().getTime() / 1000)
  return `${base === '' ? 'chart' : base}-${seconds}`
}

const releaseName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

function checkName(name: string): void {
  if (name.length <= 53 && releaseName.test(name)) return
  throw nameFault(
    `release name ${JSON.stringify(name)}: invalid release name, must match regex ${releaseName.source} and the length must not be longer than 53`,
  )
}

function nameFault(reason: string): UserError {
  log('ERROR', 'release name check failed', { error: reason })
  return new UserError('HELM_RELEASE_NAME_INVALID', `release name check failed: ${reason}`)
}

/** Without a cluster: what Helm assumes of one, and nothing to look up. */
async function renderOffline({ name, chart, values, flags }: InstallRequest, namespace: string): Promise<Release> {
  const rendered = await renderLocally(
    (schemas, addressesOf) =>
      renderChart(chart, {
        values,
        release: { name, namespace },
        platform: nodePlatform,
        skipSchemaValidation: flags.skipSchemaValidation,
        schemas,
        ...(addressesOf && { addressesOf }),
        subchartNotes: flags.renderSubchartNotes,
        ...renderCallbacks(flags),
      }),
    { enableDns: flags.enableDns },
  )
  const now = nodePlatform.now()
  const release = releaseOf(rendered, {
    name,
    namespace,
    revision: 1,
    config: values,
    status: 'pending-install',
    description: '',
    firstDeployed: now,
    lastDeployed: now,
  })
  return { ...release, apply_method: methodOf(flags) }
}

const methodOf = ({ serverSide }: InstallFlags): ApplyMethod => (serverSide ? 'ssa' : 'csa')

/** A release that was only tried; Helm then passes over --description, as upgrade does not. */
function shown(release: Release, { hideSecret }: DeployFlags): Release {
  const info = { ...release.info, status: 'pending-install' as const, description: dryRunDescription }
  return { ...(hideSecret ? withoutSecrets(release) : release), info }
}

async function installOn(cluster: Cluster, request: InstallRequest, settings: HelmSettings): Promise<Release> {
  const { name, flags, dryRun } = request
  const { storage, actions, namespace } = cluster
  checkName(name)
  // Who may not ask what there is may still install.
  const history = await storage.history(name, namespace).catch(emptyWhenForbidden)
  const last = history.at(-1)
  checkFree(last, flags)
  checkLabels(flags.labels)
  const release: Release = { ...(await render(cluster, request)), apply_method: methodOf(flags) }
  const stored: StoredRelease = { release, ...(flags.labels && { labels: { ...flags.labels } }) }
  const options: ActionOptions = {
    ...actionOptions(flags, settings.maxHistory),
    ...(flags.description !== undefined && { description: flags.description }),
    takeOwnership: flags.takeOwnership,
  }
  if (flags.rollbackOnFailure) options.wait = true
  if (dryRun === 'server') {
    await actions.check(stored, [], options).catch(refused)
    return shown(release, flags)
  }
  if (flags.createNamespace) {
    // What can't be installed leaves no namespace.
    await actions.check(stored, [], options).catch(refused)
    await createNamespace(cluster)
  }
  // Its number is that after the last one's, of which the templates are told nothing (action/install.go, replaceRelease).
  const next = { ...release, version: (last?.release.version ?? 0) + 1 }
  if (last && last.release.info.status !== 'failed') {
    await storage.update({ ...last, release: superseded(last.release) })
  }
  try {
    // An install has no predecessor, even where it takes the place of a release that was uninstalled.
    return await actions.deploy({ ...stored, release: next }, [], options)
  } catch (error) {
    if (flags.rollbackOnFailure) await undo(cluster, next, options, error)
    return refused(error)
  }
}

function emptyWhenForbidden(error: unknown): StoredRelease[] {
  if (isApiError(error, 'KUBE_FORBIDDEN')) return []
  throw error
}

function checkFree(last: StoredRelease | undefined, { replace, dryRun }: InstallFlags): void {
  if (!last || dryRun !== 'none') return
  const { status } = last.release.info
  if (replace && (status === 'uninstalled' || status === 'failed')) return
  throw nameFault('cannot reuse a name that is still in use')
}

async function render(cluster: Cluster, request: InstallRequest): Promise<Release> {
  const { name, chart, values, flags, dryRun } = request
  const what = {
    rendering: renderHere(chart, nodePlatform, renderCallbacks(flags)),
    values,
    name,
    namespace: cluster.namespace,
    revision: 1,
    isUpgrade: false,
    firstDeployed: undefined,
    skipSchemaValidation: flags.skipSchemaValidation,
    subchartNotes: flags.renderSubchartNotes,
    enableDns: flags.enableDns,
  }
  if (dryRun === 'server' && !flags.skipCrds) warnOfCrds(chart)
  const rendered = await cluster.renderer().render(what)
  if (rendered.crds.length === 0 || flags.skipCrds || dryRun === 'server') return rendered.release
  await cluster.actions.installCrds(rendered.crds, { method: methodOf(flags), force: flags.forceConflicts })
  // Templates may ask whether the cluster has the new kinds.
  return (await cluster.renderer().render(what)).release
}

function superseded(release: Release): Release {
  return { ...release, info: { ...release.info, status: 'superseded', description: 'superseded by new release' } }
}

async function createNamespace({ client, namespace }: Cluster): Promise<void> {
  try {
    await client.create({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, labels: { name: namespace } },
    })
  } catch (error) {
    if (!isApiError(error, 'KUBE_ALREADY_EXISTS')) throw error
  }
}

/** --rollback-on-failure: takes away what was installed, and says both. */
async function undo(cluster: Cluster, release: Release, options: ActionOptions, error: unknown): Promise<never> {
  const { storage, actions, namespace } = cluster
  const { name, version } = release
  const history = await storage.history(name, namespace)
  if (history.at(-1)?.release.version !== version) return refused(error)
  try {
    await actions.uninstall(history, { ...options, wait: false })
  } catch (second) {
    const first = messageOf(error)
    throw new UserError(
      'HELM_INSTALL_FAILED',
      `an error occurred while uninstalling the release. original install error: ${first}: ${messageOf(second)}`,
    )
  }
  throw new UserError(
    'HELM_INSTALL_FAILED',
    `release ${name} failed, and has been uninstalled due to rollback-on-failure being set: ${messageOf(error)}`,
    { cause: error },
  )
}
