import type { IndexEntry } from '@slipway/helm-chart'
import type { KubeObject } from '@slipway/kube-objects'
import type { Command } from 'commander'
import { type Completion, complete, Directive, type Line } from '../completion/complete.ts'
import { readKubeconfig } from '../kubeconfig.ts'
import { variableNames } from './env-command.ts'
import { timeText } from './go-time.ts'
import { withCluster } from './release/cluster.ts'
import { appVersionOf, chartLabel, historyOf } from './release/stored.ts'
import { cachedChartNames, cachedIndex } from './repository/index-cache.ts'
import { readRepositories } from './repository/repositories-file.ts'
import { type GlobalFlags, type HelmSettings, helmSettings } from './settings.ts'

/** Where candidates come from. */
type Source = (line: Line, settings: HelmSettings) => Completion | Promise<Completion>

const only = (candidates: readonly string[]): Completion => ({ candidates, directive: Directive.noFiles })
const files: Source = () => ({ candidates: [], directive: Directive.files })

/** What the words of `helm` may go on with. A cluster or a file that can't be read knows nothing. */
export async function completeHelm(helm: Command, words: readonly string[]): Promise<Completion> {
  const ask = async (source: Source, line: Line): Promise<Completion> => {
    const settings = helmSettings({ debug: false, ...(line.flags as Partial<GlobalFlags>) }, process.env)
    try {
      return await source(line, settings)
    } catch {
      return only([])
    }
  }
  return complete(helm, words, {
    argument: (line) => ask(argumentSource(line), line),
    flag: (name, line) => ask(flagSources[name] ?? files, line),
  })
}

function argumentSource({ command, args, flags }: Line): Source {
  const group = command.parent?.parent ? command.parent.name() : undefined
  const name = group === undefined ? command.name() : `${group} ${command.name()}`
  const sources = argumentSources[name] ?? argumentSources[`${group} *`] ?? []
  const at = repeated.has(name) ? 0 : args.length + (isUnnamed(flags) ? 1 : 0)
  return sources[at] ?? nothing
}

const isUnnamed = (flags: Line['flags']): boolean => 'generateName' in flags || 'nameTemplate' in flags

const releases: Source = ({ args }, settings) =>
  withCluster(settings, async ({ storage, namespace }) => {
    const stored = (await storage.all(namespace)).sort((a, b) => a.release.version - b.release.version)
    const newest = new Map(stored.map(({ release }) => [release.name, release]))
    const others = [...newest.values()].filter(({ name }) => !args.includes(name))
    return only(others.map((one) => `${one.name}\t${chartLabel(one)} -> ${one.info.status}`).sort())
  })

const revisions: Source = ({ args: [name = ''] }, settings) =>
  withCluster(settings, async (cluster) => {
    const history = await historyOf(cluster, name)
    const about = ({ release }: (typeof history)[number]): string =>
      `${release.version}\tApp: ${appVersionOf(release)}, Chart: ${chartLabel(release)}`
    return only(history.map(about))
  })

const namespaces: Source = (_line, settings) =>
  withCluster(settings, async ({ client }) => {
    const { items } = await client.list<KubeObject>({ apiVersion: 'v1', kind: 'Namespace' })
    return only(items.map(({ metadata }) => metadata.name))
  })

const contexts: Source = (_line, { kube }) =>
  only(readKubeconfig(kube).contexts.map(({ name, context }) => `${name}\t${context?.cluster ?? ''}`))

const repositories: Source = ({ args }, settings) => {
  const others = readRepositories(settings.repositoryConfig).filter(({ name }) => !args.includes(name))
  return only(others.map(({ name, url }) => `${name}\t${url}`))
}

const prefixes = ['oci://', 'https://', 'http://', 'file://']

/** Charts of repositories, and what addresses begin with; files where there is neither. */
const charts = ({ word }: Line, settings: HelmSettings): Completion => {
  const known = readRepositories(settings.repositoryConfig)
  const open = known.find(({ name }) => word.startsWith(`${name}/`))
  if (open) return only(cachedChartNames(open.name, settings).map((chart) => `${open.name}/${chart}`))
  const begun = [...known.map(({ name, url }) => `${name}/\t${url}`), ...prefixes].filter((one) => one.startsWith(word))
  return { candidates: begun, directive: begun.length > 0 ? Directive.noSpace : Directive.files }
}

/** What is pulled is not here yet. */
const remoteCharts: Source = (line, settings) => {
  const { candidates, directive } = charts(line, settings)
  return { candidates, directive: directive | Directive.noFiles }
}

/** Versions of a chart that a repository has, as it was last fetched. */
const versions: Source = ({ command, args, flags }, settings) => {
  const place = named.has(command.name()) && !isUnnamed(flags) ? 1 : 0
  const [, repository = '', chart = ''] = /^([^/]+)\/([^/]+)$/.exec(args[place] ?? '') ?? []
  return only((cachedIndex(repository, settings, chart).entries[chart] ?? []).map(aboutVersion))
}

function aboutVersion({ metadata, created = '' }: IndexEntry): string {
  const { version, appVersion = '', deprecated } = metadata
  const day = timeText(created, 'January 2, 2006')
  return `${version}\tApp: ${String(appVersion)}, Created: ${day}${deprecated ? ' (deprecated)' : ''}`
}

const formats: Source = () =>
  only([
    'json\tOutput result in JSON format',
    'table\tOutput result in human-readable format',
    'yaml\tOutput result in YAML format',
  ])

const variables: Source = () => only(variableNames())

const nothing: Source = () => only([])

/** Each argument of a command; what is not here takes none that could be known. */
const argumentSources: Record<string, readonly Source[]> = {
  'get *': [releases],
  'repo index': [files],
  'repo remove': [repositories],
  'repo update': [repositories],
  'show *': [charts],
  'dependency *': [files],
  create: [files],
  env: [variables],
  history: [releases],
  install: [nothing, charts],
  lint: [files],
  package: [files],
  pull: [remoteCharts],
  push: [files],
  rollback: [releases, revisions],
  status: [releases],
  template: [nothing, charts],
  test: [releases],
  uninstall: [releases],
  upgrade: [releases, charts],
  verify: [files],
}

/** Commands that take any number of what they take. */
const repeated = new Set(['lint', 'package', 'repo remove', 'repo update', 'uninstall'])

/** Commands whose chart stands behind the name of the release. */
const named = new Set(['install', 'template', 'upgrade'])

const flagSources: Record<string, Source> = {
  '--kube-context': contexts,
  '--namespace': namespaces,
  '--output': formats,
  '--revision': revisions,
  '--version': versions,
}
