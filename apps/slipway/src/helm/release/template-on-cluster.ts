import { UserError } from '@slipway/errors'
import { renderHere } from '@slipway/helm-controller'
import { nodePlatform } from '../node-platform.ts'
import { renderCallbacks } from '../render-callbacks.ts'
import type { HelmSettings } from '../settings.ts'
import {
  assumedCapabilities,
  explained,
  type TemplateOptions,
  templateRequest,
  templateText,
} from '../template-command.ts'
import type { ClusterUse } from '../template-mode.ts'
import { withCluster } from './cluster.ts'
import { warnOfCrds } from './crd-warning.ts'
import { actionOptions, type DeployFlags } from './deploy-flags.ts'
import { refused } from './refused.ts'

/**
 * `helm template` with what `lookup` finds in the cluster, and with what the cluster offers, which install would do so too; then the
 * objects must be of kinds that the cluster has. Throws UserError with Helm's message.
 */
export async function templateOnCluster(
  args: readonly string[],
  { lookup, validate, ...options }: Omit<TemplateOptions & DeployFlags, 'validate'> & ClusterUse,
  settings: HelmSettings,
): Promise<string> {
  const { compat = 'helm4', isUpgrade, skipSchemaValidation, enableDns } = options
  const assumed = assumedCapabilities(options)
  const { name, chart, values } = templateRequest(args, options)
  const work = withCluster(
    settings,
    async ({ actions, namespace, renderer }) => {
      try {
        if (compat === 'helm4' && !options.skipCrds) warnOfCrds(chart)
        const rendered = await renderer().render({
          rendering: renderHere(chart, nodePlatform, renderCallbacks(options)),
          values,
          name,
          namespace,
          revision: 1,
          isUpgrade,
          firstDeployed: undefined,
          skipSchemaValidation,
          enableDns,
          compat,
          lookup,
          ...(!validate && { capabilities: assumed }),
        })
        if (validate) {
          // An upgrade may find objects that are there.
          const takeOwnership = options.takeOwnership || isUpgrade
          const action = { ...actionOptions(options, settings.maxHistory), takeOwnership }
          await actions.check({ release: rendered.release }, [], action).catch(refused)
        }
        return templateText(rendered.chart, name, options)
      } catch (error) {
        throw explained(error, options)
      }
    },
    { isNeeded: validate },
  )
  return compat === 'helm3' ? work.catch(inWordsOfHelm3) : work
}

/** Helm 3 begins some of its sentences with a capital. */
function inWordsOfHelm3(error: unknown): never {
  if (!(error instanceof UserError)) throw error
  const message = error.message.replace(
    /^(unable to continue|kubernetes cluster)/,
    (start) => start[0]?.toUpperCase() + start.slice(1),
  )
  throw new UserError(error.code, message, { cause: error })
}
