import { setTimeout as sleep } from 'node:timers/promises'
import { TransientError } from '@slipway/errors'
import { generateSshKey } from '@slipway/git-host'
import type { Identity } from '@slipway/http-server'
import { isApiError, type KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { SYSTEM_NAMESPACE, tokenSecret } from '../access/access-objects.ts'
import { createToken } from '../access/token.ts'
import { ADMIN_TOKEN, type DataFolder } from '../data-folder.ts'
import { GITOPS_NAMESPACE } from './gitops-identity.ts'

export const MANAGER = { fieldManager: 'slipway' }

/** Milliseconds between looks, and after which a kind counts as not coming. */
const LOOK_AGAIN = 50
const PATIENCE = 30_000

/** The namespaces that the parts need; unchanged ones cost nothing. */
export async function installNamespaces(client: KubeClient): Promise<void> {
  await Promise.all(
    [SYSTEM_NAMESPACE, GITOPS_NAMESPACE].map((name) =>
      client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, MANAGER),
    ),
  )
}

/** The kinds that the parts need; resolves when they are served. Throws TransientError KINDS_NOT_SERVED. */
export async function installKinds(client: KubeClient, crds: KubeObject[]): Promise<void> {
  await Promise.all(crds.map((crd) => client.apply(crd, MANAGER)))
  const deadline = performance.now() + PATIENCE
  for (const { spec, metadata } of crds) {
    for (const { name: version } of spec.versions.filter(({ served }: { served: boolean }) => served)) {
      const kind = { apiVersion: `${spec.group}/${version}`, kind: spec.names.kind }
      // A definition is accepted first and served a moment later.
      while (!(await client.findResource(kind))) {
        if (performance.now() > deadline)
          throw new TransientError('KINDS_NOT_SERVED', `the cluster does not serve ${metadata.name} yet`)
        await sleep(LOOK_AGAIN)
      }
    }
  }
}

/** At the first start: an administrator's token, kept in a file that only its owner can read. Undefined when there is one already. */
export async function ensureAdminToken(client: KubeClient, folder: DataFolder): Promise<string | undefined> {
  const name = 'token-admin'
  if (folder.read(ADMIN_TOKEN) && (await client.get(secretRef(name)))) return undefined
  const token = createToken()
  folder.write(ADMIN_TOKEN, `${token}\n`)
  await client.delete(secretRef(name))
  await client.create(tokenSecret(name, token, { name: 'admin', role: 'admin' }))
  return token
}

/** A token for a part of this server, new at each start, so that none is kept anywhere. */
export async function issuePartToken(client: KubeClient, part: string, role: Identity['role']): Promise<string> {
  const token = createToken()
  await client.apply(tokenSecret(`token-${part}`, token, { name: part, role }), MANAGER)
  return token
}

/** The key by which SSH clients know this server. */
export async function ensureHostKey(client: KubeClient): Promise<{ privateKey: string; publicKey: string }> {
  const ref = secretRef('ssh-host-key')
  const existing = await client.get<KubeObject>(ref)
  if (existing) return { privateKey: decode(existing.data.key), publicKey: decode(existing.data['key.pub']) }
  const { privateKey, publicKey } = generateSshKey('slipway')
  try {
    await client.create({
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'Opaque',
      metadata: { name: ref.name, namespace: ref.namespace },
      data: { key: encode(privateKey), 'key.pub': encode(publicKey) },
    })
  } catch (error) {
    if (isApiError(error, 'KUBE_ALREADY_EXISTS')) return ensureHostKey(client)
    throw error
  }
  return { privateKey, publicKey }
}

const secretRef = (name: string) => ({ apiVersion: 'v1', kind: 'Secret', namespace: SYSTEM_NAMESPACE, name })
const encode = (text: string): string => Buffer.from(text).toString('base64')
const decode = (text: string): string => Buffer.from(text, 'base64').toString('utf8')
