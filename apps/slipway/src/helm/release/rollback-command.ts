import { messageOf, SlipwayError, UserError } from '@slipway/errors'
import { isUnready } from '@slipway/helm-controller'
import { print } from '../flags.ts'
import { log } from '../log.ts'
import type { HelmSettings } from '../settings.ts'
import { withCluster } from './cluster.ts'
import {
  actionOptions,
  applyMethodOf,
  type ChangeFlags,
  checkForceFlags,
  dryRunOf,
  type ServerSideFlag,
} from './deploy-flags.ts'
import { historyOf } from './stored.ts'

/** The flags of `helm rollback`. */
export interface RollbackFlags extends ChangeFlags, ServerSideFlag {
  readonly cleanupOnFail: boolean
  readonly historyMax: number
}

/** `helm rollback RELEASE [REVISION]`: an older revision again, as a new one; the last before by default. */
export async function rollback(
  [name = '', given]: readonly string[],
  flags: RollbackFlags,
  settings: HelmSettings,
): Promise<void> {
  checkForceFlags(flags)
  const dryRun = dryRunOf(flags.dryRun)
  const wanted = revisionNumber(given)
  await withCluster(settings, async (cluster) => {
    const history = await historyOf(cluster, name)
    const current = history.at(-1)?.release.version ?? 0
    const revision = wanted === 0 ? current - 1 : wanted
    const target = history.find(({ release }) => release.version === revision)
    if (!target) {
      throw new UserError('RELEASE_NOT_FOUND', `release has no ${revision} version`)
    }
    const method = applyMethodOf(flags, target.release.apply_method)
    if (dryRun !== 'none') return
    const options = { ...actionOptions(flags, flags.historyMax), cleanupOnFail: flags.cleanupOnFail, method }
    await cluster.actions.rollback(history, options, revision).catch((error: unknown) => failed(name, error))
  })
  print('Rollback was a success! Happy Helming!\n')
}

/** What could not be applied is logged, too; only what did not become ready is said to be the release's (Helm's performRollback). */
function failed(name: string, error: unknown): never {
  const reason = messageOf(error)
  const isHook = error instanceof SlipwayError && error.code === 'RELEASE_HOOK_FAILED'
  const late = isUnready(error) ? `release ${name} failed: ` : ''
  if (!isHook && !late) log('WARN', `Rollback ${JSON.stringify(name)} failed: ${reason}`)
  throw new UserError('HELM_ROLLBACK_FAILED', `${late}${reason}`, { cause: error })
}

function revisionNumber(given: string | undefined): number {
  if (given === undefined || given === '') return 0
  if (/^\d+$/.test(given)) return Number(given)
  throw new UserError(
    'HELM_ARGUMENTS_INVALID',
    `could not convert revision to a number: strconv.Atoi: parsing ${JSON.stringify(given)}: invalid syntax`,
  )
}
