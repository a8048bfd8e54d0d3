import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { UserError } from '@slipway/errors'

export interface PasswordFlags {
  readonly password?: string
  readonly passwordStdin?: boolean
}

/** The password of --password, of stdin with --password-stdin, or what the user types, unseen. */
export async function readPassword({ password, passwordStdin }: PasswordFlags, question: string): Promise<string> {
  if (passwordStdin) return (await readAll(process.stdin)).replace(/\r?\n$/, '')
  return password ?? ask(question, true)
}

async function readAll(input: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of input) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks).toString('utf8')
}

/** One line from the terminal. Throws UserError HELM_INPUT_ENDED when there is nobody to ask. */
export async function ask(question: string, isSecret = false): Promise<string> {
  process.stdout.write(question)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({
    input: process.stdin,
    output: isSecret ? silent : process.stdout,
    terminal: isSecret,
  })
  try {
    for await (const line of lines) return line
    throw new UserError('HELM_INPUT_ENDED', 'EOF')
  } finally {
    lines.close()
  }
}
