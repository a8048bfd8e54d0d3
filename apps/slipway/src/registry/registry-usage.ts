import { SlipwayError } from '@slipway/errors'
import type { RegistryClient } from '@slipway/registry-client'

export interface RepositoryUsage {
  name: string
  /** Bytes. */
  size: number
  tags: number
  manifests: number
  /** Bytes; absent without one. */
  quota?: number
}

export interface RegistryUsage {
  /** Bytes; what repositories share is counted once. */
  size: number
  repositories: RepositoryUsage[]
}

/** What a registry holds: its own word where it has one (ours), else counted from the manifests behind its tags. */
export async function registryUsage(client: RegistryClient, host: string): Promise<RegistryUsage> {
  try {
    return await client.askJson<RegistryUsage>(host, { path: '/v2/_slipway/usage', scope: 'registry:usage:*' })
  } catch (error) {
    if (!(error instanceof SlipwayError) || !FOREIGN.has(error.code)) throw error
    return countUsage(client, host)
  }
}

/** What registries answer that do not know the path. */
const FOREIGN = new Set(['REGISTRY_NOT_FOUND', 'REGISTRY_REFUSED', 'REGISTRY_ANSWER_INVALID'])

async function countUsage(client: RegistryClient, host: string): Promise<RegistryUsage> {
  const all = new Map<string, number>()
  const repositories: RepositoryUsage[] = []
  for (const repository of await client.listRepositories(host)) {
    const own = new Map<string, number>()
    const manifests = new Set<string>()
    const count = async (reference: { tag: string } | { digest: string }): Promise<void> => {
      const { manifest, digest, bytes } = await client.getManifest({ host, repository, ...reference })
      if (manifests.has(digest)) return
      manifests.add(digest)
      own.set(digest, bytes.length)
      if (manifest.kind === 'index') for (const child of manifest.manifests) await count({ digest: child.digest })
      else for (const blob of [manifest.config, ...manifest.layers]) own.set(blob.digest, blob.size)
    }
    const tags = await client.listTags({ host, repository })
    for (const tag of tags) await count({ tag })
    for (const [digest, size] of own) all.set(digest, size)
    repositories.push({ name: repository, size: sum(own), tags: tags.length, manifests: manifests.size })
  }
  return { size: sum(all), repositories }
}

function sum(sizes: Map<string, number>): number {
  return [...sizes.values()].reduce((total, size) => total + size, 0)
}
