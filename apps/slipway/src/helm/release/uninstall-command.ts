import { messageOf, UserError } from '@slipway/errors'
import type { UninstallOptions } from '@slipway/helm-controller'
import { print } from '../flags.ts'
import type { HelmSettings } from '../settings.ts'
import { type Cluster, withCluster } from './cluster.ts'
import { interrupts, type WaitFlags, waits } from './deploy-flags.ts'

/** The flags of `helm uninstall`. */
export interface UninstallFlags extends WaitFlags {
  readonly cascade: string
  readonly description?: string
  readonly dryRun?: string
  readonly hooks: boolean
  readonly ignoreNotFound: boolean
  readonly keepHistory: boolean
}

const policies = { background: 'Background', orphan: 'Orphan', foreground: 'Foreground' } as const

/** `helm uninstall RELEASE...`. */
export async function uninstall(
  names: readonly string[],
  flags: UninstallFlags,
  settings: HelmSettings,
): Promise<void> {
  const policy = policies[flags.cascade as keyof typeof policies]
  if (!policy) {
    throw new UserError(
      'HELM_FLAG_INVALID',
      `invalid cascade value (${flags.cascade}). Must be "background", "foreground", or "orphan"`,
    )
  }
  const options: UninstallOptions = {
    timeout: flags.timeout,
    wait: waits(flags),
    disableHooks: !flags.hooks,
    maxHistory: 0,
    keepHistory: flags.keepHistory,
    propagationPolicy: policy,
    signal: interrupts(),
    ...(flags.description !== undefined && { description: flags.description }),
  }
  await withCluster(settings, async (cluster) => {
    for (const name of names) {
      const kept = await uninstallOne(cluster, name, { flags, options })
      if (kept.length > 0) {
        print(`These resources were kept due to the resource policy:\n${kept.map((line) => `${line}\n`).join('')}\n`)
      }
      print(`release "${name}" uninstalled\n`)
    }
  })
}

interface Uninstalling {
  readonly flags: UninstallFlags
  readonly options: UninstallOptions
}

/** Resolves to lines for the objects that stay. */
async function uninstallOne(cluster: Cluster, name: string, { flags, options }: Uninstalling): Promise<string[]> {
  const isDryRun = flags.dryRun !== undefined && flags.dryRun !== 'false'
  const notLoaded = (reason: string) => (isDryRun ? reason : `uninstall: Release not loaded: ${name}: ${reason}`)
  const history = await cluster.storage.history(name, cluster.namespace).catch((error: unknown) => {
    throw new UserError('HELM_UNINSTALL_REFUSED', notLoaded(messageOf(error)), { cause: error })
  })
  const last = history.at(-1)?.release
  if (!last) {
    if (flags.ignoreNotFound) return []
    throw new UserError('RELEASE_NOT_FOUND', notLoaded('release: not found'))
  }
  if (isDryRun) return []
  if (last.info.status === 'uninstalled') {
    if (flags.keepHistory) {
      throw new UserError('RELEASE_NOT_FOUND', `the release named ${JSON.stringify(name)} is already deleted`)
    }
    for (const { release } of history) await cluster.storage.delete(release)
    return []
  }
  const kept = await cluster.actions.uninstall(history, options)
  return kept.map(({ kind, metadata }) => `[${kind}] ${metadata.name}`)
}
