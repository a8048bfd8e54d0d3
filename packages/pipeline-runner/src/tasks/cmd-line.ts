import { runScript } from './run-script.ts'
import type { Task } from './task.ts'

/** CmdLine@2, which `script:` is short for: `bash --noprofile --norc <file>`. */
export const cmdLine: Task = {
  definition: {
    name: 'CmdLine',
    version: 2,
    friendlyName: 'CmdLine',
    inputs: [
      { name: 'script', required: true },
      { name: 'workingDirectory', type: 'filePath' },
      { name: 'failOnStderr', type: 'boolean', default: 'false' },
    ],
  },
  async run(context) {
    context.log('Generating script.')
    context.log('========================== Starting Command Output ===========================')
    await runScript(context, {
      title: 'Bash',
      text: context.input('script'),
      bashArgs: ['--noprofile', '--norc'],
      cwd: context.path('workingDirectory'),
      failOnStderr: context.boolean('failOnStderr'),
    })
  },
}
