import { mkdir, writeFile } from 'node:fs/promises'
import { UserError } from '@slipway/errors'
import type { ExecOptions, TaskContext } from './task.ts'

export interface Script extends Pick<ExecOptions, 'cwd' | 'env'> {
  text: string
  /** Arguments of bash before the file. */
  bashArgs?: string[]
  /** Any line on stderr makes the step fail. */
  failOnStderr: boolean
  /** Begins the message of a failure, such as `Bash`. */
  title: string
}

/** Writes a script into the temporary folder and runs it with bash. Throws SCRIPT_FAILED for an exit code other than 0. */
export async function runScript(context: TaskContext, script: Script): Promise<void> {
  const { text, title, failOnStderr, bashArgs = [], cwd, env } = script
  const file = context.tempName('.sh')
  await writeFile(file, text.replaceAll('\r\n', '\n'), { mode: 0o700 })
  if (cwd) await mkdir(cwd, { recursive: true })
  let wroteToStderr = false
  const args = [...bashArgs, file]
  context.log(`##[command]/usr/bin/bash ${args.join(' ')}`)
  const code = await context.exec('bash', args, {
    ...(cwd && { cwd }),
    ...(env && { env }),
    onLine: (_, stream) => {
      wroteToStderr ||= stream === 'stderr'
    },
  })
  context.exitCode(code)
  if (code !== 0) throw new UserError('SCRIPT_FAILED', `${title} exited with code '${code}'.`)
  if (failOnStderr && wroteToStderr) {
    throw new UserError('SCRIPT_FAILED', `${title} wrote one or more lines to the standard error stream.`)
  }
}
