import type { DocumentNode, MappingNode } from '../document/nodes.ts'
import type { Pipeline, Stage } from '../model.ts'
import type { Problems } from '../problems.ts'
import { readImpliedJob, readJobs, readStages } from './jobs.ts'
import { MappingReader, readMapping } from './mapping-reader.ts'
import { readParameters } from './parameters.ts'
import { readTrigger } from './triggers.ts'
import { readVariables } from './variables.ts'

/** The validated model of an expanded document; faults go to `problems`. */
export function readPipeline(root: MappingNode, file: string, problems: Problems): Pipeline {
  const reader = new MappingReader(root, 'a pipeline', problems)
  const name = reader.text('name')
  reader.ignored('appendCommitMessageToRunName', 'lockBehavior', 'schedules')
  reader.notSupported('extends', 'phases', 'queue', 'server')
  readResources(reader)
  const pipeline: Pipeline = {
    file,
    ...(name && { name }),
    trigger: readTrigger(reader.value('trigger'), 'trigger', problems),
    pr: readTrigger(reader.value('pr'), 'pr', problems),
    parameters: readParameters(reader.value('parameters'), problems),
    variables: readVariables(reader.value('variables'), problems),
    stages: readRootForm(reader),
    document: root,
  }
  reader.finish()
  return pipeline
}

function readRootForm(reader: MappingReader): Stage[] {
  const { problems, node } = reader
  const forms = ['stages', 'jobs', 'steps'].filter((key) => reader.entry(key))
  if (forms.length > 1) {
    const at = reader.entry(forms[1] ?? '')?.key.at ?? node.at
    problems.error('PIPELINE_KEY_UNKNOWN', `a pipeline has either ${forms.join(' or ')}`, at)
  }
  const implied = { name: '__default', displayName: { value: '__default', at: node.at }, variables: [], at: node.at }
  switch (forms[0]) {
    case 'stages':
      reader.ignored('pool')
      return readStages(reader.sequence('stages'), problems)
    case 'jobs':
      reader.ignored('pool')
      return [{ ...implied, jobs: readJobs(reader.sequence('jobs'), problems) }]
    case 'steps':
      return [{ ...implied, jobs: [readImpliedJob(reader)] }]
    default:
      if (!reader.entry('extends') && !reader.entry('phases')) {
        problems.error('PIPELINE_KEY_MISSING', 'a pipeline needs steps, jobs or stages', node.at)
      }
      return []
  }
}

function readResources(reader: MappingReader): void {
  const node = reader.value('resources')
  if (!node) return
  if (node.kind === 'sequence') for (const item of node.items) readRepo(item, reader.problems)
  else if (node.kind === 'mapping') {
    const resources = reader.mapping('resources', 'resources')
    resources?.notSupported('repositories', 'pipelines', 'containers', 'builds', 'packages', 'webhooks')
    resources?.finish()
  } else if (node.value !== '') reader.invalid('resources', 'a mapping or a list', node)
}

/** The old form, `- repo: self`, which only repeats what is so anyway. */
function readRepo(node: DocumentNode, problems: Problems): void {
  const reader = readMapping(node, 'a resource', problems)
  if (!reader) return
  reader.ignored('clean', 'fetchDepth', 'lfs')
  const repo = reader.text('repo')
  if (repo && repo.value !== 'self') {
    problems.error('PIPELINE_NOT_SUPPORTED', `the repository resource ${repo.value} is not supported yet`, repo.at)
  }
  if (!repo) problems.error('PIPELINE_KEY_MISSING', 'a resource of this form needs repo: self', node.at)
  reader.finish()
}
