import type { UserError } from '@slipway/errors'
import type { Condition, Job, Pipeline, Stage, Step, VariableDefinition } from '../model.ts'
import { readExpanded } from '../parse-pipeline.ts'
import { Problems } from '../problems.ts'
import { checkStep } from './check-step.ts'
import { inDependencyOrder } from './order.ts'
import type { TaskCatalog, TaskDefinition } from './task-catalog.ts'

/** What a run does, in an order that keeps dependencies. `$( )` and `$[ ]` are still in it; they are read when their time comes. */
export interface Plan {
  /** The run's number; absent = the default. */
  name?: string
  variables: VariableDefinition[]
  stages: PlanStage[]
}

export interface PlanStage {
  name: string
  displayName: string
  dependsOn: string[]
  condition?: Condition
  variables: VariableDefinition[]
  jobs: PlanJob[]
}

export interface PlanJob {
  name: string
  displayName: string
  dependsOn: string[]
  condition?: Condition
  continueOnError: boolean
  /** 0 = no limit. */
  timeoutInMinutes: number
  cancelTimeoutInMinutes: number
  variables: VariableDefinition[]
  steps: PlanStep[]
}

export interface PlanStep extends Pick<Step, 'at' | 'name' | 'condition' | 'continueOnError' | 'enabled'> {
  displayName: string
  task: TaskDefinition
  /** By the names of the task's definition, defaults included. */
  inputs: Record<string, string>
  env: Record<string, string>
  /** 0 = only the job's limit. */
  timeoutInMinutes: number
  retryCountOnTaskFailure: number
}

export interface PlanInput {
  /** Predefined variables that `${{ }}` may use. */
  variables: Readonly<Record<string, string>>
  parameters: Readonly<Record<string, string>>
  tasks: TaskCatalog
}

export interface PlanResult {
  /** Absent when there are errors. */
  plan?: Plan
  errors: UserError[]
  warnings: UserError[]
}

/** Turns a pipeline into the plan of one run: parameters and `${{ }}` filled in, tasks and their inputs checked. */
export function expandPlan(pipeline: Pipeline, { variables, parameters, tasks }: PlanInput): PlanResult {
  const problems = new Problems()
  const { document, file } = pipeline
  const expanded =
    document.kind === 'mapping' ? readExpanded(document, file, { parameters, variables }, problems) : pipeline
  const plan: Plan | undefined = expanded && {
    ...(expanded.name && { name: expanded.name.value }),
    variables: expanded.variables,
    stages: planStages(expanded.stages, tasks, problems),
  }
  return { ...(plan && problems.errors.length === 0 && { plan }), errors: problems.errors, warnings: problems.warnings }
}

function planStages(stages: Stage[], tasks: TaskCatalog, problems: Problems): PlanStage[] {
  const planned = stages.map((stage, index): PlanStage & Pick<Stage, 'at'> => {
    // A stage waits for the one before it unless it says otherwise.
    const before = stages[index - 1]
    const dependsOn = stage.dependsOn?.map(({ value }) => value) ?? (before ? [before.name] : [])
    return {
      name: stage.name,
      displayName: stage.displayName.value,
      dependsOn,
      ...(stage.condition && { condition: stage.condition }),
      variables: stage.variables,
      jobs: inDependencyOrder(
        stage.jobs.map((job) => planJob(job, tasks, problems)),
        'job',
        problems,
      ),
      at: stage.at,
    }
  })
  return inDependencyOrder(planned, 'stage', problems)
}

function planJob(job: Job, tasks: TaskCatalog, problems: Problems): PlanJob & Pick<Job, 'at'> {
  return {
    name: job.name,
    displayName: job.displayName.value,
    dependsOn: job.dependsOn.map(({ value }) => value),
    ...(job.condition && { condition: job.condition }),
    continueOnError: job.continueOnError,
    timeoutInMinutes: job.timeoutInMinutes,
    cancelTimeoutInMinutes: job.cancelTimeoutInMinutes,
    variables: job.variables,
    steps: withCheckout(job).flatMap((step) => planStep(step, tasks, problems)),
    at: job.at,
  }
}

/** A job begins with `checkout: self` unless it says anything about checkout. */
function withCheckout({ steps, at }: Job): Step[] {
  const explicit = steps.some(({ task }) => task.value === 'Checkout@1')
  const implied: Step = {
    task: { value: 'Checkout@1', at },
    inputs: { repository: { value: 'self', at } },
    continueOnError: false,
    enabled: true,
    env: {},
    timeoutInMinutes: 0,
    retryCountOnTaskFailure: 0,
    explicit: false,
    at,
  }
  const all = explicit ? steps : [implied, ...steps]
  return all.filter(({ task, inputs }) => task.value !== 'Checkout@1' || inputs.repository?.value !== 'none')
}

function planStep(step: Step, tasks: TaskCatalog, problems: Problems): PlanStep[] {
  const checked = checkStep(step, tasks, problems)
  if (!checked) return []
  const { definition, inputs } = checked
  return [
    {
      ...(step.name && { name: step.name }),
      displayName: step.displayName?.value ?? definition.friendlyName,
      task: definition,
      inputs,
      ...(step.condition && { condition: step.condition }),
      continueOnError: step.continueOnError,
      enabled: step.enabled,
      env: Object.fromEntries(Object.entries(step.env).map(([name, { value }]) => [name, value])),
      timeoutInMinutes: step.timeoutInMinutes,
      retryCountOnTaskFailure: step.retryCountOnTaskFailure,
      at: step.at,
    },
  ]
}
