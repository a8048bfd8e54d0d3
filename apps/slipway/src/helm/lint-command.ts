import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { messageOf, UserError } from '@slipway/errors'
import { type ChartFile, type Finding, lintChart, parseKubeVersion, readArchive } from '@slipway/helm-chart'
import { readFolder } from './chart-source.ts'
import { completeSchemas } from './fetched-schemas.ts'
import { nodePlatform } from './node-platform.ts'
import { withSchemas } from './schemas.ts'
import { readValues, type ValuesOptions } from './values-options.ts'

/** The flags of `helm lint`. */
export interface LintOptions extends ValuesOptions {
  readonly namespace: string
  readonly strict: boolean
  readonly quiet: boolean
  readonly withSubcharts?: boolean
  readonly skipSchemaValidation: boolean
  readonly kubeVersion?: string
}

/** What a lint run prints, and with which message it fails. */
export interface LintResult {
  readonly text: string
  readonly failure?: string
}

const isArchive = (path: string): boolean => path.endsWith('.tgz') || path.endsWith('.tar.gz')

/** `helm lint PATH...`: says what is wrong with charts, and with what they render to. */
export async function lint(paths: readonly string[], options: LintOptions): Promise<LintResult> {
  const charts = options.withSubcharts
    ? [...paths, ...paths.flatMap((path) => subchartsOf(join(path, 'charts')))]
    : paths
  const values = readValues(options)
  const kubeVersion = kubeVersionOf(options.kubeVersion)
  let text = ''
  let failed = 0
  let faulty = 0
  for (const path of charts) {
    const result = await lintPath(path, { ...options, values, kubeVersion })
    if (typeof result !== 'string' && result.every(({ severity }) => severity === 'INFO')) {
      if (options.quiet) continue
    } else faulty++
    text += `==> Linting ${path}\n${linesOf(result, options.quiet)}\n`
    if (typeof result === 'string' || result.some((finding) => failsChart(finding, options.strict))) failed++
  }
  const summary = `${charts.length} chart(s) linted, ${failed} chart(s) failed`
  if (failed > 0) return { text, failure: summary }
  return { text: options.quiet && faulty === 0 ? text : `${text}${summary}\n` }
}

/** Every chart below a folder, as a folder or an archive. */
function subchartsOf(folder: string): string[] {
  if (!existsSync(folder)) return []
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  return files.flatMap((name) => {
    const path = join(folder, name)
    if (basename(name) === 'Chart.yaml') return [dirname(path)]
    return isArchive(name) ? [path] : []
  })
}

function kubeVersionOf(text: string | undefined): string | undefined {
  if (!text) return undefined
  try {
    return parseKubeVersion(text).text
  } catch (error) {
    throw new UserError('HELM_KUBE_VERSION', `invalid kube version '${text}': ${messageOf(error)}`)
  }
}

type PathOptions = Omit<LintOptions, 'values' | 'kubeVersion'> & {
  readonly values: ReturnType<typeof readValues>
  readonly kubeVersion: string | undefined
}

/** What is found, or why nothing could be looked at. */
async function lintPath(path: string, options: PathOptions): Promise<readonly Finding[] | string> {
  const file = join(path, 'Chart.yaml')
  try {
    if (!isArchive(path) && !existsSync(file)) throw new Error(`stat ${file}: no such file or directory`)
    const files = filesOf(path)
    const given = { ...options, platform: nodePlatform, folder: resolve(path) }
    return await withSchemas((schemas) => lintChart(files, { ...given, schemas }), completeSchemas)
  } catch (error) {
    return `unable to check Chart.yaml file in chart: ${messageOf(error)}`
  }
}

function filesOf(path: string): ChartFile[] {
  return isArchive(path) && statSync(path).isFile() ? readArchive(readFileSync(path), nodePlatform) : readFolder(path)
}

function linesOf(result: readonly Finding[] | string, quiet: boolean): string {
  if (typeof result === 'string') return `Error ${result}\n`
  const shown = result.filter(({ severity }) => !quiet || severity !== 'INFO')
  return shown.map(({ severity, path, message }) => `[${severity}] ${path}: ${message}\n`).join('')
}

function failsChart({ severity }: Finding, strict: boolean): boolean {
  return severity === 'ERROR' || (strict && severity === 'WARNING')
}
