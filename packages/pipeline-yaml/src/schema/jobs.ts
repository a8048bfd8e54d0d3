import type { DocumentNode, Text } from '../document/nodes.ts'
import type { Job, Stage } from '../model.ts'
import type { Problems } from '../problems.ts'
import { type MappingReader, readMapping } from './mapping-reader.ts'
import { JOB_CONDITION, readCondition } from './read-condition.ts'
import { readSteps } from './steps.ts'
import { readVariables } from './variables.ts'

const NAME = /^[A-Za-z_]\w*$/
/** Minutes; the service's defaults. */
const JOB_TIMEOUT = 60
const CANCEL_TIMEOUT = 5

/** The keys that a job shares with a file that has `steps` at its root. */
export function readImpliedJob(reader: MappingReader): Job {
  reader.notSupported('strategy', 'container', 'services')
  reader.ignored('pool', 'workspace')
  return {
    name: 'Job',
    displayName: { value: 'Job', at: reader.node.at },
    dependsOn: [],
    continueOnError: reader.boolean('continueOnError', false),
    timeoutInMinutes: JOB_TIMEOUT,
    cancelTimeoutInMinutes: CANCEL_TIMEOUT,
    variables: [],
    steps: readSteps(reader.sequence('steps'), reader.problems),
    at: reader.node.at,
  }
}

/** The list under `jobs`. */
export function readJobs(nodes: DocumentNode[], problems: Problems): Job[] {
  const jobs = nodes.flatMap((node, index) => readJob(node, index, problems))
  checkNames(jobs, 'job', problems)
  return jobs
}

function readJob(node: DocumentNode, index: number, problems: Problems): Job[] {
  const reader = readMapping(node, 'a job', problems)
  if (!reader) return []
  reader.notSupported('deployment', 'template')
  if (reader.entry('deployment') || reader.entry('template')) return []
  if (!reader.entry('job')) problems.error('PIPELINE_KEY_MISSING', 'a job must begin with job: and its name', node.at)
  const name = reader.text('job')?.value || `Job${index + 1}`
  const condition = readCondition(reader, JOB_CONDITION)
  const implied = readImpliedJob(reader)
  reader.ignored('uses', 'templateContext')
  const job: Job = {
    ...implied,
    name,
    displayName: reader.text('displayName') ?? { value: name, at: node.at },
    dependsOn: reader.texts('dependsOn') ?? [],
    ...(condition && { condition }),
    timeoutInMinutes: reader.number('timeoutInMinutes', JOB_TIMEOUT),
    cancelTimeoutInMinutes: reader.number('cancelTimeoutInMinutes', CANCEL_TIMEOUT),
    variables: readVariables(reader.value('variables'), problems),
  }
  reader.finish()
  return [job]
}

/** The list under `stages`. */
export function readStages(nodes: DocumentNode[], problems: Problems): Stage[] {
  const stages = nodes.flatMap((node, index) => readStage(node, index, problems))
  checkNames(stages, 'stage', problems)
  return stages
}

function readStage(node: DocumentNode, index: number, problems: Problems): Stage[] {
  const reader = readMapping(node, 'a stage', problems)
  if (!reader) return []
  reader.notSupported('template')
  if (reader.entry('template')) return []
  if (!reader.entry('stage'))
    problems.error('PIPELINE_KEY_MISSING', 'a stage must begin with stage: and its name', node.at)
  reader.ignored('pool', 'group', 'lockBehavior', 'isSkippable', 'templateContext')
  reader.notSupported('trigger', 'checks')
  const name = reader.text('stage')?.value || `Stage${index + 1}`
  const dependsOn = reader.texts('dependsOn')
  const condition = readCondition(reader, JOB_CONDITION)
  const stage: Stage = {
    name,
    displayName: reader.text('displayName') ?? { value: name, at: node.at },
    ...(dependsOn && { dependsOn }),
    ...(condition && { condition }),
    variables: readVariables(reader.value('variables'), problems),
    jobs: readJobs(reader.sequence('jobs'), problems),
    at: node.at,
  }
  reader.finish()
  return [stage]
}

interface Named {
  name: string
  dependsOn?: Text[]
  at: Job['at']
}

function checkNames(items: Named[], what: string, problems: Problems): void {
  const seen = new Set<string>()
  for (const { name, at } of items) {
    const key = name.toLowerCase()
    if (!NAME.test(name)) {
      const message = `${what} ${JSON.stringify(name)}: a name is made of letters, digits and _, and begins with no digit`
      problems.error('PIPELINE_VALUE_INVALID', message, at)
    }
    if (seen.has(key)) problems.error('PIPELINE_VALUE_INVALID', `there is a ${what} named ${name} already`, at)
    seen.add(key)
  }
  for (const { name, dependsOn } of items) {
    for (const wanted of dependsOn ?? []) {
      if (seen.has(wanted.value.toLowerCase()) && wanted.value.toLowerCase() !== name.toLowerCase()) continue
      const message = `${what} ${name} depends on ${wanted.value}, which is no other ${what} here`
      problems.error('PIPELINE_DEPENDENCY_INVALID', message, wanted.at)
    }
  }
}
