import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { messageOf, UserError } from '@slipway/errors'
import {
  type AddressesOf,
  type Capabilities,
  type Chart,
  type Compat,
  capabilitiesWithoutCluster,
  compilePathPattern,
  crdText,
  parseKubeVersion,
  type RemoteSchemas,
  RenderError,
  type RenderedChart,
  renderChart,
  splitManifests,
  type Values,
} from '@slipway/helm-chart'
import { readChart } from './chart-source.ts'
import { nameAndChart } from './name-and-chart.ts'
import { nodePlatform } from './node-platform.ts'
import type { PostRender } from './post-renderer/run.ts'
import { renderCallbacks } from './render-callbacks.ts'
import { readValues, type ValuesOptions } from './values-options.ts'

/** The flags of `helm template`. */
export interface TemplateOptions extends ValuesOptions {
  readonly namespace: string
  readonly showOnly: readonly string[]
  readonly includeCrds: boolean
  readonly skipTests: boolean
  readonly hooks: boolean
  readonly isUpgrade: boolean
  readonly kubeVersion?: string
  readonly apiVersions: readonly string[]
  readonly nameTemplate?: string
  readonly generateName: boolean
  readonly skipSchemaValidation: boolean
  readonly outputDir?: string
  readonly releaseName: boolean
  readonly debug: boolean
  /** Which Helm's behaviour. @default 'helm4' */
  readonly compat?: Compat
  readonly postRender?: PostRender
}

/** Gives the chart of a path. Throws UserError. */
export type ReadChart = (path: string, compat: Compat) => Chart

/** What is rendered, as which release. */
export interface TemplateRequest {
  readonly name: string
  readonly chart: Chart
  readonly values: Values
}

/**
 * `helm template [NAME] CHART`: what gives the text for stdout, once the chart and the values are read. Both throw UserError with
 * Helm's message.
 */
export function prepareTemplate(
  args: readonly string[],
  options: TemplateOptions,
  read: ReadChart = readChart,
): (schemas: RemoteSchemas, addressesOf?: AddressesOf) => string {
  const { compat = 'helm4' } = options
  const capabilities = assumedCapabilities(options)
  const { name, chart, values } = templateRequest(args, options, read)
  return (schemas, addressesOf) => {
    try {
      const rendered = renderChart(chart, {
        values,
        release: { name, namespace: options.namespace, isUpgrade: options.isUpgrade },
        platform: nodePlatform,
        compat,
        skipSchemaValidation: options.skipSchemaValidation,
        schemas,
        ...(addressesOf && { addressesOf }),
        capabilities,
        ...renderCallbacks(options),
      })
      return templateText(rendered, name, options)
    } catch (error) {
      throw explained(error, options)
    }
  }
}

/** What a cluster would offer, by the flags. Throws UserError with Helm's message. */
export function assumedCapabilities({ compat = 'helm4', kubeVersion, apiVersions }: TemplateOptions): Capabilities {
  const known = capabilitiesWithoutCluster(compat)
  return {
    ...known,
    ...(kubeVersion !== undefined && { kubeVersion: checkedKubeVersion(kubeVersion, compat) }),
    apiVersions: [...known.apiVersions, ...apiVersions],
  }
}

/** What the arguments and flags ask for. Throws UserError with Helm's message. */
export function templateRequest(
  args: readonly string[],
  options: TemplateOptions,
  read: ReadChart = readChart,
): TemplateRequest {
  const { compat = 'helm4' } = options
  const { name, chart: path } = nameAndChart(args, options, () => 'release-name')
  if (name.length > 53 || !/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name)) {
    throw new UserError('HELM_RELEASE_NAME_INVALID', releaseNameMessage(name))
  }
  const values = readValues(options, compat)
  const chart = read(path, compat)
  checkInstallable(chart, compat)
  if (chart.metadata.deprecated) {
    process.stderr.write(
      compat === 'helm3' ? 'WARNING: This chart is deprecated\n' : 'level=WARN msg="this chart is deprecated"\n',
    )
  }
  return { name, chart, values }
}

/** What template prints of a rendered chart; with `--output-dir` the files are written, and named here. */
export function templateText(rendered: RenderedChart, name: string, options: TemplateOptions): string {
  return options.outputDir === undefined
    ? selected(printed(rendered, options), options)
    : writeFiles(rendered, name, options)
}

// What helm.sh/helm/v4/pkg/chart/v2/util.ValidateReleaseName says.
function releaseNameMessage(name: string): string {
  return `release name check failed: release name ${JSON.stringify(name)}: invalid release name, must match regex ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ and the length must not be longer than 53`
}

function checkedKubeVersion(text: string, compat: Compat): string {
  try {
    return parseKubeVersion(text, compat).text
  } catch (cause) {
    throw new UserError('HELM_FLAG_INVALID', `invalid kube version '${text}': ${(cause as Error).message}`, { cause })
  }
}

/** Refuses what cannot be installed: libraries, and charts whose dependencies were not fetched. */
export function checkInstallable(chart: Chart, compat: Compat = 'helm4'): void {
  const { type = '', dependencies = [] } = chart.metadata
  if (type !== '' && type !== 'application') {
    throw new UserError('HELM_NOT_INSTALLABLE', `${type} charts are not installable`)
  }
  const present = new Set(chart.dependencies.map((subchart) => subchart.metadata.name))
  const missing = dependencies.filter((dependency) => !present.has(dependency.name)).map(({ name }) => name)
  if (missing.length === 0) return
  throw new UserError(
    'HELM_DEPENDENCIES_MISSING',
    `${compat === 'helm3' ? 'An' : 'an'} error occurred while checking for chart dependencies. You may need to run \`helm dependency build\` to fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: ${missing.join(', ')}`,
  )
}

/** With `--debug`, what was rendered before it failed goes to stdout, else the error says that it could. */
export function explained(error: unknown, options: TemplateOptions): unknown {
  if (!(error instanceof RenderError)) return error
  if (options.debug) {
    process.stdout.write(selected(`${error.rendered.trim()}\n`, options))
    return error
  }
  return new UserError(error.code, `${error.message}\n\nUse --debug flag to render out invalid YAML`, { cause: error })
}

function selected(text: string, { showOnly }: TemplateOptions): string {
  return showOnly.length > 0 ? shownOnly(text, showOnly) : text
}

function hooksOf(rendered: RenderedChart, options: TemplateOptions) {
  if (!options.hooks) return []
  return rendered.hooks.filter((hook) => !options.skipTests || !hook.events.includes('test'))
}

function printed(rendered: RenderedChart, options: TemplateOptions): string {
  const crds = options.includeCrds ? rendered.crds.map(crdText).join('') : ''
  const hooks = hooksOf(rendered, options).map(({ source, content }) => `---\n# Source: ${source}\n${content}\n`)
  return `${postRendered(crds + rendered.text, options).trim()}\n${hooks.join('')}`
}

function postRendered(text: string, { postRender }: TemplateOptions): string {
  try {
    return postRender?.text ? postRender.text(text) : text
  } catch (error) {
    const message = `error while running post render on files: ${messageOf(error)}`
    throw new RenderError('CHART_POST_RENDER_FAILED', message, { rendered: text, cause: error })
  }
}

function shownOnly(text: string, patterns: readonly string[]): string {
  const documents = splitManifests(text)
  const shown = patterns.flatMap((pattern) => {
    const matches = compilePathPattern(pattern)
    const matching = documents.filter((document) => {
      const path = /# Source: [^/]+\/(.+)/.exec(document)?.[1]
      // A malformed pattern is that of no template.
      return path !== undefined && matches(path) === true
    })
    if (matching.length === 0) {
      throw new UserError('HELM_TEMPLATE_NOT_FOUND', `could not find template ${pattern} in chart`)
    }
    return matching
  })
  return shown.map((document) => `---\n${document}\n`).join('')
}

/** `--output-dir`: one file for each template; the text says which. */
function writeFiles(rendered: RenderedChart, name: string, options: TemplateOptions): string {
  const folder = join(options.outputDir ?? '', options.releaseName ? name : '')
  const crds = options.includeCrds
    ? rendered.crds.map((crd) => ({ source: crd.path, content: new TextDecoder().decode(crd.data) }))
    : []
  const written = new Set<string>()
  const lines = [...crds, ...rendered.manifests, ...hooksOf(rendered, options)].map(({ source, content }) => {
    const file = join(folder, source)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `---\n# Source: ${source}\n${content}\n`, { flag: written.has(file) ? 'a' : 'w' })
    written.add(file)
    return `wrote ${file}\n`
  })
  return `${lines.join('')}${postRendered('', options).trim()}\n`
}
