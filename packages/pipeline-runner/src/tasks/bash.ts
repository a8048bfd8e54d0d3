import { UserError } from '@slipway/errors'
import { runScript } from './run-script.ts'
import type { Task } from './task.ts'

/** Bash@3: `bash <file>` without `-e`, so only the last command's exit code counts. */
export const bash: Task = {
  definition: {
    name: 'Bash',
    version: 3,
    friendlyName: 'Bash',
    inputs: [
      { name: 'targetType', type: 'pickList', options: ['filePath', 'inline'], default: 'filePath' },
      { name: 'filePath', type: 'filePath', required: { input: 'targetType', in: ['filePath'] } },
      { name: 'arguments' },
      { name: 'script', required: { input: 'targetType', in: ['inline'] } },
      { name: 'workingDirectory', type: 'filePath' },
      { name: 'failOnStderr', type: 'boolean', default: 'false' },
      { name: 'bashEnvValue' },
    ],
  },
  async run(context) {
    const inline = context.input('targetType').toLowerCase() === 'inline'
    const bashEnv = context.input('bashEnvValue')
    if (inline) context.log('Generating script.')
    context.log('========================== Starting Command Output ===========================')
    await runScript(context, {
      title: 'Bash',
      text: inline ? context.input('script') : fileCall(context.path('filePath'), context.input('arguments')),
      cwd: context.path('workingDirectory'),
      failOnStderr: context.boolean('failOnStderr'),
      ...(bashEnv && { env: { BASH_ENV: bashEnv } }),
    })
  },
}

function fileCall(path: string, args: string): string {
  if (path.includes('\0')) throw new UserError('TASK_INPUT_INVALID', 'filePath holds a zero byte')
  return `exec bash '${path.replaceAll("'", "'\\''")}' ${args}`
}
