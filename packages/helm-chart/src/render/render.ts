import { UserError } from '@slipway/errors'
import { type Budget, compareStrings, stringOf, TemplateError, type TemplateLimits } from '@slipway/go-template'
import { type Chart, type CrdFile, crdsOf } from '../chart/chart.ts'
import type { Compat } from '../compat.ts'
import type { RemoteSchemas } from '../json-schema/source.ts'
import type { Notify } from '../notice.ts'
import type { Platform } from '../platform.ts'
import { isInRange } from '../semver/constraint.ts'
import { coalesceValues } from '../values/coalesce.ts'
import { resolveDependencies } from '../values/dependencies.ts'
import { checkSchemas } from '../values/schema.ts'
import type { Values } from '../values/value.ts'
import { budgetOf } from './budget.ts'
import { type Capabilities, capabilitiesWithoutCluster, parseKubeVersion } from './capabilities.ts'
import { type ReleaseInfo, renderablesOf } from './context.ts'
import { type AddressesOf, type Lookup, renderTemplates } from './engine.ts'
import { type Hook, type Manifest, manifestText, sortManifests } from './manifests.ts'
import { RenderError } from './render-error.ts'

/** What a chart is rendered with. */
export interface RenderOptions {
  /** Over the chart's own. */
  readonly values: Values
  readonly release: ReleaseInfo
  readonly platform: Platform
  /** @default what Helm assumes without a cluster */
  readonly capabilities?: Capabilities
  readonly lookup?: Lookup
  /** For `getHostByName`. @default it gives nothing, as without Helm's --enable-dns */
  readonly addressesOf?: AddressesOf
  /** Also the notes of subcharts. @default false */
  readonly subchartNotes?: boolean
  /** @default false */
  readonly skipSchemaValidation?: boolean
  /** What schemas of the charts refer to elsewhere. @default nothing is known of it */
  readonly schemas?: RemoteSchemas
  /** `required` and `fail` do not stop the rendering. @default false */
  readonly lint?: boolean
  /** A missing value is an error. @default false */
  readonly strict?: boolean
  readonly limits?: Partial<TemplateLimits>
  /** Which Helm's behaviour. @default 'helm4' */
  readonly compat?: Compat
  /** Is told what stops nothing. */
  readonly notify?: Notify
  /** Changes the rendered files, by name, before they are split into objects. */
  readonly postRender?: (files: ReadonlyMap<string, string>) => ReadonlyMap<string, string>
}

/** A rendered chart. */
export interface RenderedChart {
  /** The chart as these values made it: aliases and conditions applied. */
  readonly chart: Chart
  /** In Helm's install order. */
  readonly manifests: readonly Manifest[]
  readonly hooks: readonly Hook[]
  /** NOTES.txt. */
  readonly notes: string
  readonly crds: readonly CrdFile[]
  /** The manifests as `helm get manifest` prints them. */
  readonly text: string
}

/**
 * Renders a chart as Helm does. Throws UserError with Helm's own text: CHART_DEPENDENCIES_INVALID, CHART_VALUES_INVALID;
 * RenderError: CHART_KUBE_VERSION, CHART_TEMPLATE_FAILED, CHART_MANIFEST_INVALID; TransientError CHART_SCHEMA_UNREACHABLE.
 */
export function renderChart(chart: Chart, options: RenderOptions): RenderedChart {
  const { compat = 'helm4' } = options
  const capabilities = options.capabilities ?? capabilitiesWithoutCluster(compat)
  const resolved = asUserError('CHART_DEPENDENCIES_INVALID', 'chart dependencies processing failed: ', () =>
    resolveDependencies(chart, options.values, options.notify),
  )
  const values = asUserError('CHART_VALUES_INVALID', '', () => coalesceValues(resolved, options.values, options.notify))
  const budget = budgetOf(options.platform, options.limits)
  if (!options.skipSchemaValidation) checkSchemas(resolved, values, { compat, remote: options.schemas, budget })
  checkKubeVersion(resolved, capabilities, compat)
  const files = renderFiles(resolved, values, { ...options, capabilities, compat, budget })
  const notes = takeNotes(files, resolved, options.subchartNotes ?? false)
  const sorted = sortRendered(options.postRender ? options.postRender(files) : files, compat, options.notify)
  return { chart: resolved, ...sorted, notes, crds: crdsOf(resolved), text: manifestText(sorted.manifests) }
}

function asUserError<T>(code: string, prefix: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new UserError(code, prefix + (error instanceof Error ? error.message : String(error)), { cause: error })
  }
}

function checkKubeVersion({ metadata }: Chart, { kubeVersion }: Capabilities, compat: Compat): void {
  const wanted = metadata.kubeVersion
  if (!wanted || isInRange(wanted, parseKubeVersion(kubeVersion, compat).normalized)) return
  throw new RenderError(
    'CHART_KUBE_VERSION',
    `chart requires kubeVersion: ${wanted} which is incompatible with Kubernetes ${kubeVersion}`,
  )
}

interface RenderContext extends RenderOptions {
  readonly capabilities: Capabilities
  readonly compat: Compat
  readonly budget: Budget
}

/** The files of a chart, its dependencies resolved, by name. Throws RenderError CHART_TEMPLATE_FAILED. */
export function renderFiles(chart: Chart, values: Values, options: RenderContext): Map<string, string> {
  const { release, platform, lookup, addressesOf, lint = false, strict = false, budget, compat } = options
  const templates = renderablesOf(chart, values, release, options)
  try {
    return renderTemplates(templates, { platform, lookup, addressesOf, lint, strict, budget, compat })
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    throw new RenderError('CHART_TEMPLATE_FAILED', error.message, { cause: error })
  }
}

const notesFile = 'NOTES.txt'

/** Takes the notes out of the files; those of the chart itself, and of subcharts when they are wanted. */
function takeNotes(files: Map<string, string>, chart: Chart, withSubcharts: boolean): string {
  const notes: string[] = []
  for (const [name, text] of files) {
    if (!name.endsWith(notesFile)) continue
    if (withSubcharts || name === `${chart.metadata.name}/templates/${notesFile}`) notes.push(text)
    files.delete(name)
  }
  return notes.join('\n')
}

function sortRendered(files: ReadonlyMap<string, string>, compat: Compat, notify: Notify | undefined) {
  try {
    return sortManifests(files, compat, notify)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    const all = Array.from(files, ([source, content]) => ({ source, content }))
    const shown = all.filter(({ content }) => content.trim() !== '')
    const rendered = manifestText(shown.sort((a, b) => compareStrings(a.source, b.source)))
    throw new RenderError(error.code, error.message, { rendered, cause: error })
  }
}

/** A CRD as `helm template --include-crds` prints it. */
export function crdText({ path, data }: CrdFile): string {
  return `---\n# Source: ${path}\n${stringOf(data)}\n`
}
