import { UserError } from '@slipway/errors'
import type { Compat } from '@slipway/helm-chart'
import { truth } from './go-flags.ts'
import { notice } from './log.ts'
import { dryRunOf } from './release/deploy-flags.ts'

/** What `helm template` asks a cluster for. */
export interface ClusterUse {
  /** The objects that templates look up. */
  readonly lookup: boolean
  /** What it offers, and whether it would take the objects. */
  readonly validate: boolean
}

interface ModeFlags {
  readonly compat: Compat
  readonly dryRun?: string
  readonly validate: boolean
}

/** What the flags ask for. Throws UserError HELM_FLAG_INVALID with the text of that Helm. */
export function clusterUseOf({ compat, dryRun, validate }: ModeFlags): ClusterUse {
  if (compat === 'helm3') return { lookup: looksUpAsHelm3(dryRun), validate }
  if (validate) notice("Flag --validate has been deprecated, use '--dry-run=server' instead\n")
  if (validate && dryRun !== undefined) {
    throw fault(
      'if any flags in the group [validate dry-run] are set none of the others can be; [dry-run validate] were all set',
    )
  }
  // Rendering is always a trial.
  if (dryRun === 'none' || truth(dryRun ?? '') === false) {
    throw fault(`invalid dry-run value (${JSON.stringify(dryRun)}). Must be "server" or "client"`)
  }
  const isOnServer = validate || dryRunOf(dryRun ?? 'client') === 'server'
  return { lookup: isOnServer, validate: isOnServer }
}

/** To Helm 3 the mode of --dry-run only says whether `lookup` finds anything, as in a real install. */
function looksUpAsHelm3(dryRun = 'client'): boolean {
  if (!['', 'unset', 'true', 'client', 'false', 'none', 'server'].includes(dryRun)) {
    throw fault('Invalid dry-run flag. Flag must one of the following: false, true, none, client, server')
  }
  return ['false', 'none', 'server'].includes(dryRun)
}

function fault(message: string): UserError {
  return new UserError('HELM_FLAG_INVALID', message)
}
