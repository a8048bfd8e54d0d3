import type { Text } from '../document/nodes.ts'
import type { Step } from '../model.ts'
import { type Problems, suggest } from '../problems.ts'
import type { TaskCatalog, TaskDefinition, TaskInput } from './task-catalog.ts'

/** The step's task and its inputs under the names of the task's definition, defaults filled in; undefined after a complaint. */
export function checkStep(
  step: Step,
  tasks: TaskCatalog,
  problems: Problems,
): { definition: TaskDefinition; inputs: Record<string, string> } | undefined {
  const definition = findTask(step.task, tasks, problems)
  if (!definition) return undefined
  const given = nameInputs(step, definition, problems)
  const inputs: Record<string, string> = {}
  for (const input of definition.inputs) {
    const value = given.get(input.name)?.value ?? input.default
    if (value !== undefined) inputs[input.name] = value
  }
  for (const input of definition.inputs)
    checkInput(step, definition, { input, inputs, given: given.get(input.name) }, problems)
  return { definition, inputs }
}

function findTask(task: Text, tasks: TaskCatalog, problems: Problems): TaskDefinition | undefined {
  const at = task.value.lastIndexOf('@')
  const name = task.value.slice(0, at)
  const version = Number(task.value.slice(at + 1))
  const found = tasks.find(name, version)
  if (found) return found
  const names = tasks.names()
  const others = names.filter((other) => other.toLowerCase().startsWith(`${name.toLowerCase()}@`))
  const hint = others.length > 0 ? `there is ${others.join(', ')}` : suggest(task.value, names)
  const why =
    name === 'PowerShell' ? 'this agent has no PowerShell (pwsh)' : `there is no task ${task.value} on this agent`
  problems.error('PIPELINE_TASK_UNKNOWN', why, task.at, hint)
  return undefined
}

function nameInputs(step: Step, definition: TaskDefinition, problems: Problems): Map<string, Text> {
  const byName = new Map<string, string>()
  for (const { name, aliases } of definition.inputs) {
    for (const known of [name, ...(aliases ?? [])]) byName.set(known.toLowerCase(), name)
  }
  const given = new Map<string, Text>()
  for (const [written, text] of Object.entries(step.inputs)) {
    const name = byName.get(written.toLowerCase())
    if (name) {
      given.set(name, text)
    } else {
      // The service lets it pass with a warning too.
      const known = definition.inputs.flatMap((input) => [...(input.aliases ?? []), input.name])
      const message = `${step.task.value} has no input ${JSON.stringify(written)}`
      problems.warn('PIPELINE_INPUT_UNKNOWN', message, text.at, suggest(written, known))
    }
  }
  return given
}

function checkInput(
  step: Step,
  definition: TaskDefinition,
  { input, inputs, given }: { input: TaskInput; inputs: Record<string, string>; given: Text | undefined },
  problems: Problems,
): void {
  const value = inputs[input.name]?.trim() ?? ''
  const name = input.aliases?.[0] ?? input.name
  if (value === '' && isRequired(input, inputs)) {
    const message = `${step.task.value} needs the input ${name}`
    problems.error('PIPELINE_INPUT_MISSING', message, given?.at ?? step.task.at)
    return
  }
  if (!given || value === '' || value.includes('$(')) return
  const options = input.type === 'boolean' ? ['true', 'false'] : input.type === 'pickList' ? input.options : undefined
  if (!options || options.some((option) => option.toLowerCase() === value.toLowerCase())) return
  const message = `${name} of ${definition.name} must be one of ${options.join(', ')}, not ${JSON.stringify(value)}`
  problems.error('PIPELINE_INPUT_INVALID', message, given.at, suggest(value, options))
}

function isRequired({ required }: TaskInput, inputs: Record<string, string>): boolean {
  if (typeof required !== 'object') return required === true
  const value = inputs[required.input]?.trim().toLowerCase() ?? ''
  return required.in.some((wanted) => wanted.toLowerCase() === value)
}
