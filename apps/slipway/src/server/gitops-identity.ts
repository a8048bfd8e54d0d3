import { BugError } from '@slipway/errors'
import { generateSshKey } from '@slipway/git-host'
import type { KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'

/** Flux's names: the Secret that fluxd made at first start, here the one that every GitRepository of `slipway install` refers to. */
export const IDENTITY_SECRET = 'flux-git-deploy'
/** Where the objects of the delivery side live. */
export const GITOPS_NAMESPACE = 'flux-system'

export interface GitopsIdentity {
  /** One line, as for authorized_keys. */
  publicKey: string
}

/** Makes the key pair at first start; afterwards it stays as it is. */
export async function ensureIdentity(client: KubeClient, knownHosts: string): Promise<void> {
  const ref = { apiVersion: 'v1', kind: 'Secret', namespace: GITOPS_NAMESPACE, name: IDENTITY_SECRET }
  const existing = await client.get<KubeObject>(ref)
  const known_hosts = encode(knownHosts)
  if (existing) {
    if (existing.data.known_hosts !== known_hosts) await client.patch(ref, 'merge', { data: { known_hosts } })
    return
  }
  const { privateKey, publicKey } = generateSshKey('slipway')
  await client.create({
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: { name: IDENTITY_SECRET, namespace: GITOPS_NAMESPACE },
    data: { identity: encode(privateKey), 'identity.pub': encode(publicKey), known_hosts },
  })
}

export async function readIdentity(client: KubeClient): Promise<GitopsIdentity> {
  const ref = { apiVersion: 'v1', kind: 'Secret', namespace: GITOPS_NAMESPACE, name: IDENTITY_SECRET }
  const secret = await client.get<KubeObject>(ref)
  if (!secret) throw new BugError('IDENTITY_MISSING', `Secret ${GITOPS_NAMESPACE}/${IDENTITY_SECRET} does not exist`)
  return { publicKey: Buffer.from(secret.data['identity.pub'], 'base64').toString('utf8').trim() }
}

const encode = (text: string): string => Buffer.from(text).toString('base64')
