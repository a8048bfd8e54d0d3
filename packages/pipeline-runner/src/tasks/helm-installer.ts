import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '@slipway/errors'
import type { Task } from './task.ts'

/** HelmInstaller@1: puts the agent's own `helm` on PATH. Nothing is downloaded, so it works offline. */
export const helmInstaller: Task = {
  definition: {
    name: 'HelmInstaller',
    version: 1,
    friendlyName: 'Helm tool installer',
    inputs: [{ name: 'helmVersionToInstall', aliases: ['helmVersion'], default: 'latest' }],
  },
  run(context) {
    const version = context.input('helmVersionToInstall')
    if (version !== 'latest' && !/^v?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) {
      const hint = "write 'latest' or a version such as 3.14.0"
      throw new UserError('TASK_INPUT_INVALID', `Version not specified in correct format: ${version}`, { hint })
    }
    const folder = context.options.toolsPath
    const helm = join(folder, 'helm')
    try {
      accessSync(helm, constants.X_OK)
    } catch (cause) {
      throw new UserError('TOOL_MISSING', `there is no helm in ${folder}`, { cause })
    }
    context.prependPath(folder)
    context.log(`Helm tool installed at: ${helm}`)
    if (version !== 'latest') context.log(`The agent brings its own helm; version ${version} was asked for.`)
    return Promise.resolve()
  },
}
