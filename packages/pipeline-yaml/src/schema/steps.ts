import type { Place } from '@slipway/errors'
import type { DocumentNode, Text } from '../document/nodes.ts'
import type { Step } from '../model.ts'
import { own } from '../own.ts'
import { type Problems, suggest } from '../problems.ts'
import { type MappingReader, readMapping } from './mapping-reader.ts'
import { readCondition, STEP_CONDITION } from './read-condition.ts'

interface StepKind {
  task: string
  /** Inputs that every step of the kind gets. */
  fixed?: Record<string, string>
  /** The task's input that the step's first key fills. */
  main: string
  /** Other keys of the step and the inputs that they fill. */
  keys: Record<string, string>
}

const POWERSHELL = ['errorActionPreference', 'failOnStderr', 'ignoreLASTEXITCODE', 'workingDirectory']
const CHECKOUT = [
  ...['clean', 'fetchDepth', 'fetchFilter', 'fetchTags', 'lfs', 'persistCredentials', 'submodules', 'path'],
  ...['sparseCheckoutDirectories', 'sparseCheckoutPatterns', 'workspaceRepo'],
]
const same = (names: string[]): Record<string, string> => Object.fromEntries(names.map((name) => [name, name]))

/** The short kinds of steps and the tasks that they are short for. */
const KINDS: Record<string, StepKind> = {
  script: { task: 'CmdLine@2', main: 'script', keys: same(['failOnStderr', 'workingDirectory']) },
  bash: {
    task: 'Bash@3',
    fixed: { targetType: 'inline' },
    main: 'script',
    keys: same(['failOnStderr', 'workingDirectory']),
  },
  pwsh: { task: 'PowerShell@2', fixed: { targetType: 'inline', pwsh: 'true' }, main: 'script', keys: same(POWERSHELL) },
  powershell: { task: 'PowerShell@2', fixed: { targetType: 'inline' }, main: 'script', keys: same(POWERSHELL) },
  checkout: { task: 'Checkout@1', main: 'repository', keys: same(CHECKOUT) },
  publish: {
    task: 'PublishPipelineArtifact@1',
    main: 'targetPath',
    keys: { artifact: 'artifactName' },
  },
  download: {
    task: 'DownloadPipelineArtifact@2',
    main: 'source',
    keys: { artifact: 'artifact', patterns: 'patterns', path: 'path' },
  },
}
const LATER_KINDS = ['template', 'downloadBuild', 'getPackage', 'upload', 'reviewApp']

/** The steps of a job. */
export function readSteps(nodes: DocumentNode[], problems: Problems): Step[] {
  const steps = nodes.flatMap((node) => readStep(node, problems))
  const names = new Set<string>()
  for (const { name, at } of steps) {
    if (!name) continue
    const key = name.toLowerCase()
    if (names.has(key))
      problems.error('PIPELINE_VALUE_INVALID', `there is a step named ${name} already in this job`, at)
    names.add(key)
  }
  return steps
}

function readStep(node: DocumentNode, problems: Problems): Step[] {
  const reader = readMapping(node, 'a step', problems)
  if (!reader) return []
  // The first key decides what a step is.
  const first = reader.node.entries[0]?.key
  const kind = first?.value ?? ''
  if (LATER_KINDS.includes(kind)) {
    problems.error('PIPELINE_NOT_SUPPORTED', `${kind} steps are not supported yet`, first?.at ?? node.at)
    return []
  }
  const short = own(KINDS, kind)
  if (kind !== 'task' && !short) {
    const known = ['task', ...Object.keys(KINDS)]
    const message = `a step must begin with one of ${known.join(', ')}, not with ${JSON.stringify(kind)}`
    problems.error('PIPELINE_KEY_UNKNOWN', message, first?.at ?? node.at, suggest(kind, known))
    return []
  }
  const call = short ? readShort(reader, kind, short) : readTask(reader)
  const step = { ...readCommon(reader), ...call, explicit: !short, at: node.at }
  reader.finish()
  return [step]
}

function readTask(reader: MappingReader): Pick<Step, 'task' | 'inputs'> {
  const task = reader.text('task') ?? { value: '', at: reader.node.at }
  if (!/^[\w.-]+@\d+$/.test(task.value)) {
    reader.problems.error(
      'PIPELINE_VALUE_INVALID',
      `a task is named like Bash@3, not ${JSON.stringify(task.value)}`,
      task.at,
    )
  }
  return { task, inputs: readStrings(reader, 'inputs') }
}

function readShort(reader: MappingReader, kind: string, short: StepKind): Pick<Step, 'task' | 'inputs'> {
  const main = reader.text(kind) ?? { value: '', at: reader.node.at }
  const inputs: Record<string, Text> = { [short.main]: main }
  for (const [name, value] of Object.entries(short.fixed ?? {})) inputs[name] = { value, at: main.at }
  for (const [key, input] of Object.entries(short.keys)) {
    const text = reader.text(key)
    if (text) inputs[input] = text
  }
  return { task: { value: short.task, at: keyPlace(reader, kind) }, inputs }
}

function keyPlace(reader: MappingReader, key: string): Place {
  return reader.entry(key)?.key.at ?? reader.node.at
}

function readCommon(reader: MappingReader): Omit<Step, 'task' | 'inputs' | 'explicit' | 'at'> {
  const name = reader.text('name')
  if (name && !/^[-\w]*$/.test(name.value)) reader.invalid('name', 'made of letters, digits, _ and -', name)
  const displayName = reader.text('displayName')
  const condition = readCondition(reader, STEP_CONDITION)
  const target = reader.text('target')
  if (target && target.value !== 'host') {
    reader.problems.error(
      'PIPELINE_NOT_SUPPORTED',
      'steps run on the host; other targets are not supported yet',
      target.at,
    )
  }
  return {
    ...(name && { name: name.value }),
    ...(displayName && { displayName }),
    ...(condition && { condition }),
    continueOnError: reader.boolean('continueOnError', false),
    enabled: reader.boolean('enabled', true),
    env: readStrings(reader, 'env'),
    timeoutInMinutes: reader.number('timeoutInMinutes', 0),
    retryCountOnTaskFailure: reader.number('retryCountOnTaskFailure', 0, 10),
  }
}

function readStrings(reader: MappingReader, key: string): Record<string, Text> {
  const strings: Record<string, Text> = {}
  for (const entry of reader.mapping(key, key)?.node.entries ?? []) {
    if (entry.value.kind === 'scalar') strings[entry.key.value] = entry.value
    else reader.invalid(`${key}.${entry.key.value}`, 'a string', entry.value)
  }
  return strings
}
