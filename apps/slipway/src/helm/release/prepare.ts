import { UserError } from '@slipway/errors'
import type { Chart, Release, Values } from '@slipway/helm-chart'
import { readChart } from '../chart-source.ts'
import { print } from '../flags.ts'
import { log } from '../log.ts'
import { withLocalValues } from '../remote-values.ts'
import { locateChart } from '../repository/locate-chart.ts'
import type { HelmSettings } from '../settings.ts'
import { checkInstallable } from '../template-command.ts'
import { readValues } from '../values-options.ts'
import type { DeployFlags } from './deploy-flags.ts'

/** What is deployed: a chart that can be installed, and the values for it. */
export interface Prepared {
  readonly chart: Chart
  readonly values: Values
}

/** Fetches and loads the chart and the values of install or upgrade. Throws UserError with Helm's text. */
export async function prepare(name: string, flags: DeployFlags, settings: HelmSettings): Promise<Prepared> {
  const path = await locateChart(name, flags, settings)
  const values = readValues(await withLocalValues(flags))
  const chart = await installable(path, flags, settings)
  if (chart.metadata.deprecated) log('WARN', 'this chart is deprecated')
  return { chart, values }
}

async function installable(path: string, flags: DeployFlags, settings: HelmSettings): Promise<Chart> {
  const chart = readChart(path)
  try {
    checkInstallable(chart)
    return chart
  } catch (error) {
    const isMissing = error instanceof UserError && error.code === 'HELM_DEPENDENCIES_MISSING'
    if (!isMissing || !flags.dependencyUpdate) throw error
  }
  const { updateDependencies } = await import('../dependency/dependency-command.ts')
  const options = { ...flags, skipRefresh: false }
  await updateDependencies({ chartPath: path, options, settings, say: print })
  return readChart(path)
}

/** The labels that Helm writes itself. */
const systemLabels = ['name', 'owner', 'status', 'version', 'createdAt', 'modifiedAt']

/** Throws UserError RELEASE_LABELS_INVALID when a label is one of Helm's own. */
export function checkLabels(labels: Readonly<Record<string, string>> = {}): void {
  if (!systemLabels.some((name) => name in labels)) return
  throw new UserError(
    'RELEASE_LABELS_INVALID',
    `user supplied labels contains system reserved label name. System labels: [${systemLabels.join(' ')}]`,
  )
}

/** The labels that somebody chose. */
export function withoutSystemLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !systemLabels.includes(name)))
}

/** --hide-secret shows nothing of a Secret but where it comes from. */
export function withoutSecrets(release: Release): Release {
  const manifest = (release.manifest ?? '').replaceAll(
    /(---\n# Source: [^\n]*\n)((?:(?!---\n# Source: )[\s\S])*)/g,
    (document: string, head: string, body: string) =>
      /^kind: ["']?Secret["']?\s*$/m.test(body) && /^apiVersion: ["']?v1["']?\s*$/m.test(body)
        ? `${head}# HIDDEN: The Secret output has been suppressed\n`
        : document,
  )
  return { ...release, manifest }
}
