import { UserError } from '@slipway/errors'
import type { HelmSettings } from '../settings.ts'
import { explained, type TemplateOptions, templateRequest, templateText } from '../template-command.ts'
import { withCluster } from './cluster.ts'
import { warnOfCrds } from './crd-warning.ts'
import { actionOptions, type DeployFlags } from './deploy-flags.ts'
import { refused } from './refused.ts'

/**
 * `helm template --dry-run=server`: with what the cluster offers and what `lookup` finds there, which install would do so too; the
 * objects must be of kinds that the cluster has. Throws UserError with Helm's message.
 */
export async function templateOnCluster(
  args: readonly string[],
  options: TemplateOptions & DeployFlags,
  settings: HelmSettings,
): Promise<string> {
  if (options.compat === 'helm3') {
    throw new UserError('HELM_UNSUPPORTED', '--dry-run=server is not supported with --compat helm3')
  }
  const { name, chart, values } = templateRequest(args, options)
  return withCluster(settings, async ({ actions, namespace, renderer }) => {
    try {
      if (!options.skipCrds) warnOfCrds(chart)
      const rendered = await renderer().render({
        chart,
        values,
        name,
        namespace,
        revision: 1,
        isUpgrade: options.isUpgrade,
        firstDeployed: undefined,
        skipSchemaValidation: options.skipSchemaValidation,
        enableDns: options.enableDns,
        ...(options.postRender?.files && { postRender: options.postRender.files }),
      })
      await actions.check({ release: rendered.release }, [], actionOptions(options, settings.maxHistory)).catch(refused)
      return templateText(rendered.chart, name, options)
    } catch (error) {
      throw explained(error, options)
    }
  })
}
