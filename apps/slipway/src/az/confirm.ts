import { createInterface } from 'node:readline/promises'
import { AzError } from './az-error.ts'

/** Asks whoever sits at the terminal, unless `--yes` was given. Throws AzError without a terminal, and for anything but yes. */
export async function confirm(question: string, yes = false): Promise<void> {
  if (yes) return
  if (!process.stdin.isTTY) throw new AzError('Unable to prompt for confirmation as no tty available. Use --yes.')
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await terminal.question(`${question} (y/n): `)
  terminal.close()
  if (!/^y(es)?$/i.test(answer.trim())) throw new AzError('Operation cancelled.')
}
