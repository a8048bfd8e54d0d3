import { readFileSync } from 'node:fs'
import { sshKeySecret } from '../access/access-objects.ts'
import { hashToken } from '../access/token.ts'
import { type GlobalOptions, withServer } from '../connect.ts'
import { parseRole } from './token.ts'

interface Options extends GlobalOptions {
  role: string
}

/** Adds a person's public SSH key. */
export async function run(options: Options, user: string, file: string): Promise<void> {
  const publicKey = readFileSync(file, 'utf8').trim()
  const name = `ssh-key-${user.toLowerCase()}-${hashToken(publicKey).slice(0, 8)}`
  await withServer(options, ({ client }) =>
    client.create(sshKeySecret(name, publicKey, { name: user, role: parseRole(options.role) })),
  )
  console.log(`SSH key of ${user} added`)
}
