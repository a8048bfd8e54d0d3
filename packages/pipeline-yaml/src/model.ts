import type { Place } from '@slipway/errors'
import type { DocumentNode, Text } from './document/nodes.ts'
import type { Expression } from './expressions/parser.ts'

/** A validated azure-pipelines.yml, before variables and parameters are known. */
export interface Pipeline {
  file: string
  name?: Text
  trigger: Trigger
  pr: Trigger
  parameters: ParameterDefinition[]
  variables: VariableDefinition[]
  stages: Stage[]
  /** What was written, for the expansion of `${{ }}` with other parameters than the defaults. */
  document: DocumentNode
}

export interface Filter {
  include: string[]
  exclude: string[]
}

/** `none`, or filters. An absent trigger is one that includes every branch. */
export type Trigger =
  | { kind: 'none' }
  | { kind: 'filters'; batch: boolean; branches: Filter; paths: Filter; tags: Filter }

export interface ParameterDefinition {
  name: string
  type: 'string' | 'number' | 'boolean' | 'object'
  default?: DocumentNode
  values?: string[]
  at: Place
}

export interface VariableDefinition {
  name: string
  value: Text
  readonly: boolean
}

export interface Condition {
  source: Text
  expression: Expression
}

export interface Stage {
  /** Empty for the implied stage of a file without stages. */
  name: string
  displayName: Text
  /** Absent = the stage before; empty = none. */
  dependsOn?: Text[]
  condition?: Condition
  variables: VariableDefinition[]
  jobs: Job[]
  at: Place
}

export interface Job {
  name: string
  displayName: Text
  dependsOn: Text[]
  condition?: Condition
  continueOnError: boolean
  /** 0 = no limit. */
  timeoutInMinutes: number
  cancelTimeoutInMinutes: number
  variables: VariableDefinition[]
  steps: Step[]
  at: Place
}

/** Every kind of step as the task that it stands for: `script: x` is CmdLine@2 with the input `script`. */
export interface Step {
  task: Text
  inputs: Record<string, Text>
  name?: string
  displayName?: Text
  condition?: Condition
  continueOnError: boolean
  enabled: boolean
  env: Record<string, Text>
  timeoutInMinutes: number
  retryCountOnTaskFailure: number
  /** True for `task:`, whose inputs the author named and which are therefore checked against the task's definition. */
  explicit: boolean
  at: Place
}
