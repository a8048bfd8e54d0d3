import { UserError } from '@slipway/errors'
import type { Identity } from '@slipway/http-server'
import { tokenSecret } from '../access/access-objects.ts'
import { createToken, hashToken } from '../access/token.ts'
import { type GlobalOptions, withServer } from '../connect.ts'

interface Options extends GlobalOptions {
  role: string
}

/** Creates a token for a user and prints it; it can't be shown again. */
export async function run(options: Options, user: string): Promise<void> {
  const token = createToken()
  const identity: Identity = { name: user, role: parseRole(options.role) }
  await withServer(options, ({ client }) =>
    client.create(tokenSecret(`token-${user.toLowerCase()}-${hashToken(token).slice(0, 8)}`, token, identity)),
  )
  console.log(token)
}

/** Throws UserError ROLE_UNKNOWN. */
export function parseRole(role: string): Identity['role'] {
  if (role === 'admin' || role === 'developer' || role === 'reader') return role
  throw new UserError('ROLE_UNKNOWN', `there is no role "${role}"`, { hint: 'the roles are admin, developer, reader' })
}
