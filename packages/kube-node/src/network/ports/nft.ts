import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { messageOf } from '@slipway/errors'

const run = promisify(execFile)

/** Has the kernel take the commands, all or none of them. Rejects with what nft says. */
export async function nft(commands: string): Promise<void> {
  const running = run('nft', ['-f', '-'])
  // Where there is no nft nobody reads.
  running.child.stdin?.on('error', () => {})
  running.child.stdin?.end(commands)
  try {
    await running
  } catch (error) {
    // What it says follows the command in a line, and the place in the commands in others.
    const [command, reason] = messageOf(error).split('\n')
    throw new Error(reason || command)
  }
}
