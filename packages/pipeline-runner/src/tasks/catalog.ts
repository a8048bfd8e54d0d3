import type { TaskCatalog } from '@slipway/pipeline-yaml'
import { downloadPipelineArtifact, publishBuildArtifacts, publishPipelineArtifact } from './artifacts.ts'
import { azureCli } from './azure-cli.ts'
import { bash } from './bash.ts'
import { checkout } from './checkout.ts'
import { cmdLine } from './cmd-line.ts'
import { copyFiles } from './copy-files.ts'
import { helmInstaller } from './helm-installer.ts'
import { replaceTokensTask } from './replace-tokens.ts'
import type { Task } from './task.ts'

const TASKS: readonly Task[] = [
  azureCli,
  bash,
  checkout,
  cmdLine,
  copyFiles,
  downloadPipelineArtifact,
  helmInstaller,
  publishBuildArtifacts,
  publishPipelineArtifact,
  replaceTokensTask,
]

const BY_NAME = new Map(
  TASKS.flatMap((task) => {
    const { name, aliases = [], version } = task.definition
    return [name, ...aliases].map((known) => [`${known.toLowerCase()}@${version}`, task] as const)
  }),
)

/** The task of a plan's step. */
export function taskOf(name: string, version: number): Task | undefined {
  return BY_NAME.get(`${name.toLowerCase()}@${version}`)
}

/** Every task of this agent. */
export const taskCatalog: TaskCatalog = {
  find: (name, version) => taskOf(name, version)?.definition,
  names: () => TASKS.map(({ definition }) => `${definition.name}@${definition.version}`),
}
