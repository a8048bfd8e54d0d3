import { quote } from '@slipway/go-template'
import type { Chart } from '../chart/chart.ts'
import { extension } from '../chart/path.ts'
import { trimSpace } from '../functions/text.ts'
import type { RemoteSchemas } from '../json-schema/source.ts'
import type { Platform } from '../platform.ts'
import { budgetOf } from '../render/budget.ts'
import { type Capabilities, defaultCapabilities } from '../render/capabilities.ts'
import { renderFiles } from '../render/render.ts'
import { coalesceValues } from '../values/coalesce.ts'
import { resolveDependencies } from '../values/dependencies.ts'
import { checkSchemas } from '../values/schema.ts'
import { isTable, type Values } from '../values/value.ts'
import { readYaml } from '../yaml.ts'
import { deprecationOf } from './deprecation.ts'
import { documentsOf, type ObjectHead, readHead } from './documents.ts'
import type { Findings } from './findings.ts'
import { objectNameFaults } from './object-name.ts'

const folder = 'templates/'

/** With what templates are rendered to be looked at. */
export interface TemplateLint {
  readonly values: Values
  readonly namespace: string
  readonly platform: Platform
  readonly skipSchemaValidation: boolean
  readonly schemas?: RemoteSchemas | undefined
  /** Such as `v1.31.0`. @default what Helm assumes */
  readonly kubeVersion?: string | undefined
}

/** What is wrong with the templates, and with what they render to. */
export function lintTemplates(findings: Findings, load: () => Chart, options: TemplateLint): void {
  const chart = findings.attempt(folder, load)
  if (!chart) return
  const rendered = renderForLint(findings, chart, options)
  if (!rendered) return
  for (const { name } of chart.templates) {
    findings.check('ERROR', name, extensionProblem(name))
    const content = rendered.get(`${chart.metadata.name}/${name}`) ?? ''
    const isYaml = /\.ya?ml$/i.test(name)
    if (isYaml && trimSpace(content) !== '' && !lintRendered(findings, name, content, options.kubeVersion)) return
  }
}

function renderForLint(findings: Findings, chart: Chart, options: TemplateLint): Map<string, string> | undefined {
  const { values, namespace, platform, skipSchemaValidation, schemas, kubeVersion } = options
  const capabilities: Capabilities = { ...defaultCapabilities, ...(kubeVersion !== undefined && { kubeVersion }) }
  let resolved: Chart
  let merged: Values
  try {
    resolved = resolveDependencies(chart, values)
    merged = coalesceValues(resolved, values)
  } catch {
    // Helm says nothing of these here.
    return undefined
  }
  return findings.attempt(folder, () => {
    const budget = budgetOf(platform)
    if (!skipSchemaValidation) checkSchemas(resolved, merged, { compat: 'helm4', remote: schemas, budget })
    const release = { name: 'test-release', namespace }
    const context = { values, release, platform, capabilities, compat: 'helm4', lint: true, budget } as const
    return renderFiles(resolved, merged, context)
  })
}

function extensionProblem(name: string): string | undefined {
  const end = extension(name)
  if (['.yaml', '.yml', '.tpl', '.txt'].includes(end)) return undefined
  return `file extension '${end}' not valid. Valid extensions are .yaml, .yml, .tpl, or .txt`
}

/** False when the file is no YAML, after which Helm looks at nothing more. */
function lintRendered(findings: Findings, file: string, content: string, kubeVersion: string | undefined): boolean {
  findings.check('WARNING', file, indentProblem(content))
  const heads = findings.attempt(file, () => documentsOf(content).map(readHead), 'unable to parse YAML: ')
  for (const head of heads ?? []) {
    if (!head) continue
    findings.check('WARNING', file, nameProblem(head))
    findings.check('WARNING', file, deprecationOf(head, kubeVersion ?? defaultCapabilities.kubeVersion))
    findings.check('ERROR', file, selectorProblem(head, content))
    findings.check('ERROR', file, listProblem(head, content))
  }
  return heads !== undefined
}

function indentProblem(content: string): string | undefined {
  const first = content.split('\n').find((line) => trimSpace(line) !== '') ?? ''
  if (!/^[ \t]/.test(first)) return undefined
  return `document starts with an illegal indent: ${quote(first)}, which may cause parsing problems`
}

function nameProblem({ kind, name }: ObjectHead): string | undefined {
  const faults = objectNameFaults(kind, name).map((fault) => `metadata.name: Invalid value: ${quote(name)}: ${fault}`)
  if (faults.length === 0) return undefined
  const all = faults.length === 1 ? faults[0] : `[${faults.join(', ')}]`
  return `object name does not conform to Kubernetes naming requirements: ${quote(name)}: ${all}`
}

function selectorProblem({ kind, name }: ObjectHead, content: string): string | undefined {
  const needsSelector = ['Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet'].includes(kind)
  if (!needsSelector || content.includes('matchLabels') || content.includes('matchExpressions')) return undefined
  return `a ${kind} must contain matchLabels or matchExpressions, and ${quote(name)} does not`
}

function listProblem({ kind }: ObjectHead, content: string): string | undefined {
  if (kind !== 'List') return undefined
  const list = readYaml(content)
  const items = isTable(list) && Array.isArray(list.items) ? list.items : []
  const isKept = (item: unknown): boolean => {
    const metadata = isTable(item) ? item.metadata : undefined
    const annotations = isTable(metadata) ? metadata.annotations : undefined
    return isTable(annotations) && Object.hasOwn(annotations, 'helm.sh/resource-policy')
  }
  return items.some(isKept) ? "annotation 'helm.sh/resource-policy' within List objects are ignored" : undefined
}
