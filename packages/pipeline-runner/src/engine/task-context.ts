import { randomUUID } from 'node:crypto'
import { isAbsolute, join, resolve } from 'node:path'
import type { PlanStep } from '@slipway/pipeline-yaml'
import type { StepRecord } from '../run/model.ts'
import type { TaskContext } from '../tasks/task.ts'
import { applyCommand, type StepEffects } from './apply-command.ts'
import { parseLoggingCommand } from './logging-command.ts'
import { LOOKUP_VARIABLE } from './orphans.ts'
import { runProcess } from './process.ts'
import type { JobState } from './state.ts'

/** Everything that a task sees of the agent, for one try of one step. */
export function taskContext(
  state: JobState,
  step: PlanStep,
  record: StepRecord,
  { effects, signal }: { effects: StepEffects; signal: AbortSignal },
): TaskContext {
  const { run, variables } = state
  const { options, log } = run
  // Inputs are expanded once, before the step begins.
  const inputs = Object.fromEntries(
    Object.entries(step.inputs).map(([name, value]) => [name, variables.expand(value, options.env).trim()]),
  )
  const stepEnv = Object.fromEntries(
    Object.entries(step.env).map(([name, value]) => [name, variables.expand(value, options.env)]),
  )
  const input = (name: string): string => inputs[name] ?? ''
  const output = (line: string): void => {
    const command = parseLoggingCommand(line)
    if (command === undefined) log.line(line)
    else if (command === 'malformed') log.line(`##[warning]not a logging command: ${line}`)
    else applyCommand(state, step.name, effects, command)
  }
  return {
    input,
    boolean: (name) => input(name).toUpperCase() === 'TRUE',
    path: (name) => (isAbsolute(input(name)) ? resolve(input(name)) : join(run.layout.sources, input(name))),
    variable: (name) => variables.get(name),
    addSecret: (value) => run.masker.add(value),
    prependPath: (folder) => void state.paths.unshift(folder),
    log: (line) => log.line(line),
    warn: (message) => {
      log.line(`##[warning]${message}`)
      run.record.issue({ type: 'warning', message })
    },
    exec: (command, args, { cwd = run.layout.sources, env, onLine } = {}) =>
      runProcess(command, args, {
        cwd,
        signal,
        env: { ...processEnvironment(state), ...stepEnv, ...env },
        onLine: (line, stream) => {
          onLine?.(line, stream)
          output(line)
        },
      }),
    exitCode: (code) => run.record.updateStep(record, { exitCode: code }),
    tempName: (suffix) => join(run.layout.temp, `${randomUUID()}${suffix}`),
    layout: run.layout,
    run: { ...run.input.spec, name: run.input.name },
    runDir: run.runDir,
    options,
    signal,
  }
}

function processEnvironment({ run, variables, paths }: JobState): Record<string, string> {
  const { env, toolsPath } = run.options
  return {
    ...env,
    ...variables.environment(),
    PATH: [...paths, toolsPath, env.PATH].filter(Boolean).join(':'),
    [LOOKUP_VARIABLE]: run.input.uid,
    SLIPWAY_RUN: run.input.name,
  }
}
