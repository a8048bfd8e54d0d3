import { UserError } from '@slipway/errors'
import type { GitCredentials } from '@slipway/git-client'
import type { KubeObject } from '@slipway/kube-objects'

/**
 * The credentials in a Secret, under the keys that Flux uses: `identity`, `identity.pub`, `known_hosts`, `password` (of the key);
 * `username` and `password`; `bearerToken`. Throws UserError SECRET_INVALID, which names keys and never values.
 */
export function credentialsOf(secret: KubeObject): GitCredentials {
  const read = (key: string): string | undefined => {
    const encoded = (secret.data as Record<string, string> | undefined)?.[key]
    return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8')
  }
  const identity = read('identity')
  const password = read('password')
  if (identity !== undefined) {
    const knownHosts = read('known_hosts')
    return {
      kind: 'ssh',
      privateKey: identity,
      ...(password !== undefined && { passphrase: password }),
      ...(knownHosts !== undefined && { knownHosts }),
    }
  }
  const token = read('bearerToken')
  if (token !== undefined) return { kind: 'bearer', token: token.trim() }
  const username = read('username')
  if (username !== undefined && password !== undefined) return { kind: 'basic', username, password }
  const { namespace, name } = secret.metadata
  throw new UserError('SECRET_INVALID', `Secret ${namespace}/${name} holds no git credentials`, {
    hint: 'it needs identity and known_hosts, or username and password, or bearerToken',
  })
}
