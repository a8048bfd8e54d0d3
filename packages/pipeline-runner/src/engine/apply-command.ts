import { copyFile, mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { UserError } from '@slipway/errors'
import type { LoggingCommand } from './logging-command.ts'
import { mergeResults, type StepResult } from './result.ts'
import type { JobState } from './state.ts'

/** What a step's logging commands change about the step itself. */
export interface StepEffects {
  result: StepResult
  error?: string
  /** Set by task.complete with `done`. */
  done: boolean
  uploads: Promise<void>[]
}

const RESULTS: StepResult[] = ['Succeeded', 'SucceededWithIssues', 'Failed', 'Canceled', 'Skipped']
/** Known, and without a use on this agent. */
const IGNORED = new Set([
  ...['task.setprogress', 'task.logdetail', 'task.addattachment', 'task.uploadsummary', 'task.settaskvariable'],
  ...['build.addbuildtag', 'build.uploadsummary', 'results.publish', 'codecoverage.publish', 'telemetry.publish'],
  ...['artifact.associate', 'release.updatereleasename', 'task.setendpoint'],
])

/** Lets one logging command take effect. A command that is wrong makes the step fail. */
export function applyCommand(
  state: JobState,
  stepName: string | undefined,
  effects: StepEffects,
  command: LoggingCommand,
): void {
  const { properties, data } = command
  const { log, record, masker } = state.run
  const name = `${command.area}.${command.event}`
  switch (name) {
    case 'task.setvariable':
      setVariable(state, stepName, effects, command)
      return
    case 'task.setsecret':
      masker.add(data)
      return
    case 'task.prependpath':
      state.paths.unshift(data)
      return
    case 'task.logissue':
    case 'task.issue':
      logIssue(state, command)
      return
    case 'task.complete': {
      const result = RESULTS.find((known) => known.toLowerCase() === (properties.result ?? 'Succeeded').toLowerCase())
      if (!result) {
        fail(effects, `task.complete: ${properties.result} is no result`)
        return
      }
      effects.result = mergeResults(effects.result, result)
      if (data && result === 'Failed') effects.error = data
      effects.done ||= properties.done !== undefined && properties.done.toLowerCase() !== 'false'
      return
    }
    case 'task.debug':
      if (state.variables.get('System.Debug')?.toLowerCase() === 'true') log.line(`##[debug]${data}`)
      return
    case 'task.uploadfile':
    case 'build.uploadlog':
      keepLater(state, effects, { file: data, folder: 'attachments' })
      return
    case 'artifact.upload':
      keepLater(state, effects, { file: data, folder: join('artifacts', basename(properties.artifactname ?? 'drop')) })
      return
    case 'build.updatebuildnumber':
      state.variables.setSystem('Build.BuildNumber', data)
      return
    case 'slipway.artifact':
      record.artifact(properties.kind, properties)
      return
    default:
      if (!IGNORED.has(name)) log.line(`##[warning]##vso[${name}] is not known here`)
  }
}

function setVariable(
  state: JobState,
  stepName: string | undefined,
  effects: StepEffects,
  command: LoggingCommand,
): void {
  const { properties, data } = command
  const flag = (key: string): boolean => properties[key]?.toLowerCase() === 'true'
  const name = properties.variable ?? ''
  if (name === '') {
    fail(effects, 'task.setvariable needs variable=name')
    return
  }
  const secret = flag('issecret')
  if (secret && /\n/.test(data)) {
    fail(effects, `task.setvariable: the secret ${name} has several lines`)
    return
  }
  const options = { secret, readonly: flag('isreadonly'), preserveCase: flag('preservecase') }
  if (!state.variables.set(name, data, options)) {
    state.run.log.line(`##[warning]${name} is read-only and keeps its value`)
    return
  }
  if (!flag('isoutput')) return
  if (!stepName) {
    fail(effects, `task.setvariable: the output ${name} needs a step with a name`)
    return
  }
  const output = `${stepName}.${name}`
  state.outputs[output] = data
  state.variables.set(output, data, { secret, readonly: true })
}

function logIssue(state: JobState, { properties, data }: LoggingCommand): void {
  const type = properties.type?.toLowerCase() === 'error' ? 'error' : 'warning'
  const [line, column] = [Number(properties.linenumber), Number(properties.columnnumber)]
  state.run.log.line(`##[${type}]${data}`)
  state.run.record.issue({
    type,
    message: data,
    ...(properties.sourcepath && { file: properties.sourcepath }),
    ...(line > 0 && { line }),
    ...(column > 0 && { column }),
  })
}

/** Copies a file while the step goes on, which fails in the end when that fails. */
function keepLater(state: JobState, effects: StepEffects, { file, folder }: { file: string; folder: string }): void {
  const kept = keep(state, file, folder)
  // Nobody looks at it before the step has ended, and that is soon enough.
  kept.catch(() => {})
  effects.uploads.push(kept)
}

async function keep({ run }: JobState, file: string, folder: string): Promise<void> {
  const target = join(run.runDir, folder)
  await mkdir(target, { recursive: true })
  await copyFile(file, join(target, basename(file))).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause
    throw new UserError('ARTIFACT_PATH_MISSING', `Path does not exist: ${file}`, { cause })
  })
}

function fail(effects: StepEffects, message: string): void {
  effects.result = mergeResults(effects.result, 'Failed')
  effects.error = message
}
