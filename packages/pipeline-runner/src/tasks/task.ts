import type { TaskDefinition } from '@slipway/pipeline-yaml'
import type { Layout } from '../engine/layout.ts'
import type { PipelineRunSpec } from '../run/model.ts'
import type { RunnerOptions } from '../run/options.ts'

/** A task of the agent: its definition and what it does. Add one to `catalog.ts` and pipelines can use it. */
export interface Task {
  definition: TaskDefinition
  /** Resolves when the task succeeded. Throws a UserError when it failed; the message goes to the log as an error. */
  run(context: TaskContext): Promise<void>
}

export interface ExecOptions {
  /** @default the sources folder */
  cwd?: string
  /** Beside the step's environment. */
  env?: Record<string, string>
  /** Told of each line, which goes to the log all the same. */
  onLine?: (line: string, stream: 'stdout' | 'stderr') => void
}

export interface TaskContext {
  /** An input, variables replaced, trimmed; empty when it is not given. */
  input(name: string): string
  boolean(name: string): boolean
  /** A file or folder, relative to the sources folder; the sources folder itself when the input is empty. */
  path(name: string): string
  variable(name: string): string | undefined
  addSecret(value: string): void
  prependPath(folder: string): void
  log(line: string): void
  warn(message: string): void
  /** Runs a program and resolves to its exit code. Its output goes to the log, logging commands take effect. */
  exec(command: string, args: string[], options?: ExecOptions): Promise<number>
  /** Reports the exit code that the timeline shows. */
  exitCode(code: number): void
  /** A name for a file in the temporary folder that no other has. */
  tempName(suffix: string): string
  readonly layout: Layout
  readonly run: PipelineRunSpec & { name: string }
  readonly runDir: string
  readonly options: RunnerOptions
  readonly signal: AbortSignal
}
