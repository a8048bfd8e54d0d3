import { messageOf, UserError } from '@slipway/errors'
import { print } from '../flags.ts'
import type { HelmSettings } from '../settings.ts'
import { withCluster } from './cluster.ts'
import { actionOptions, type ChangeFlags, dryRunOf, refuseUnsupported } from './deploy-flags.ts'
import { historyOf } from './stored.ts'

/** The flags of `helm rollback`. */
export interface RollbackFlags extends ChangeFlags {
  readonly cleanupOnFail: boolean
  readonly historyMax: number
}

/** `helm rollback RELEASE [REVISION]`: an older revision again, as a new one; the last before by default. */
export async function rollback(
  [name = '', given]: readonly string[],
  flags: RollbackFlags,
  settings: HelmSettings,
): Promise<void> {
  const dryRun = dryRunOf(flags.dryRun)
  refuseUnsupported(flags)
  const wanted = revisionNumber(given)
  await withCluster(settings, async (cluster) => {
    const history = await historyOf(cluster, name)
    const current = history.at(-1)?.release.version ?? 0
    const revision = wanted === 0 ? current - 1 : wanted
    if (!history.some(({ release }) => release.version === revision)) {
      throw new UserError('RELEASE_NOT_FOUND', `release has no ${revision} version`)
    }
    if (dryRun !== 'none') return
    const options = { ...actionOptions(flags, flags.historyMax), cleanupOnFail: flags.cleanupOnFail }
    await cluster.actions.rollback(history, options, revision).catch((error: unknown) => {
      throw new UserError('HELM_ROLLBACK_FAILED', `release ${name} failed: ${messageOf(error)}`, { cause: error })
    })
  })
  print('Rollback was a success! Happy Helming!\n')
}

function revisionNumber(given: string | undefined): number {
  if (given === undefined || given === '') return 0
  if (/^\d+$/.test(given)) return Number(given)
  throw new UserError(
    'HELM_ARGUMENTS_INVALID',
    `could not convert revision to a number: strconv.Atoi: parsing ${JSON.stringify(given)}: invalid syntax`,
  )
}
