import { type ExecFileOptions, execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { UserError } from '@slipway/errors'

const execute = promisify(execFile)

/** Runs a program and resolves to what it printed. Throws UserError COMMAND_FAILED with its own words. */
export async function sh(command: string, args: string[], options: ExecFileOptions = {}): Promise<string> {
  try {
    const { stdout } = await execute(command, args, { maxBuffer: 64 * 1024 * 1024, ...options, encoding: 'utf8' })
    return stdout
  } catch (error) {
    const { stderr, stdout, message } = error as { stderr?: string; stdout?: string; message: string }
    throw new UserError('COMMAND_FAILED', `${command} ${args[0] ?? ''}: ${stderr || stdout || message}`.trim(), {
      cause: error,
    })
  }
}
