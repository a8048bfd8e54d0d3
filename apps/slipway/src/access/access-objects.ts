import type { Identity } from '@slipway/http-server'
import type { KubeObject } from '@slipway/kube-objects'
import { hashToken } from './token.ts'

/** The namespace of Slipway's own objects. */
export const SYSTEM_NAMESPACE = 'slipway-system'

/** Secrets of these types say who may do what: an access token (as a hash), or a person's SSH key. */
export const TOKEN_TYPE = 'slipway.dev/token'
export const SSH_KEY_TYPE = 'slipway.dev/ssh-key'

/** The Secret that makes a token valid. */
export function tokenSecret(name: string, token: string, { name: user, role }: Identity): KubeObject {
  return secret(name, TOKEN_TYPE, { user, role, hash: hashToken(token) })
}

/** The Secret that makes a person's SSH key valid. `publicKey` is a line of OpenSSH. */
export function sshKeySecret(name: string, publicKey: string, { name: user, role }: Identity): KubeObject {
  return secret(name, SSH_KEY_TYPE, { user, role, publicKey })
}

function secret(name: string, type: string, stringData: Record<string, string>): KubeObject {
  const data = Object.fromEntries(Object.entries(stringData).map(([k, v]) => [k, Buffer.from(v).toString('base64')]))
  return { apiVersion: 'v1', kind: 'Secret', type, metadata: { name, namespace: SYSTEM_NAMESPACE }, data }
}
