import { canonicalQuantity, type KubeObject } from '@slipway/kube-objects'
import type { RevisionStore } from '@slipway/storage'
import type { ResourceRegistry } from '../registry/resource-registry.ts'
import { viewEntry } from '../storage/codec.ts'
import { prefixOf } from '../storage/keys.ts'
import type { Usage } from './pod-usage.ts'
import { inScopes } from './scopes.ts'
import { countName, usageOf } from './usage.ts'

/** What all objects of a quota's namespace use of it, for every name in `spec.hard`; and how many were looked at. */
export function measureQuota(
  quota: Readonly<KubeObject>,
  { store, registry, now }: { store: RevisionStore; registry: ResourceRegistry; now: Date },
): { used: Usage; lookedAt: number } {
  const names = Object.keys(quota.spec?.hard ?? {})
  const used: Usage = new Map(names.map((name) => [name, 0n]))
  let lookedAt = 0
  for (const resource of registry.stored()) {
    if (!resource.namespaced || !names.some((name) => isAbout(name, resource.group, resource.plural))) continue
    const { entries } = store.list(prefixOf(resource, quota.metadata.namespace))
    lookedAt += entries.length
    for (const entry of entries) {
      const object = viewEntry(entry)
      if (!inScopes(quota, object, resource)) continue
      for (const [name, amount] of usageOf(object, resource, now)) {
        const known = used.get(name)
        if (known !== undefined) used.set(name, known + amount)
      }
    }
  }
  return { used, lookedAt }
}

/** A quota's status where this much is used. */
export function quotaStatus(
  quota: Readonly<KubeObject>,
  usage: Usage,
): Record<'hard' | 'used', Record<string, string>> {
  const hard = Object.entries((quota.spec?.hard ?? {}) as Record<string, string>)
  return {
    hard: Object.fromEntries(hard.map(([name, amount]) => [name, canonicalQuantity(amount)])),
    used: Object.fromEntries([...usage].map(([name, nano]) => [name, quotaText(name, nano)])),
  }
}

/** Whether a name of `spec.hard` counts objects of this type. */
function isAbout(name: string, group: string, plural: string): boolean {
  if (name === countName(group, plural)) return true
  if (group !== '' || name.startsWith('count/')) return false
  if (name === plural || name.startsWith(`${plural}.`)) return true
  if (plural === 'persistentvolumeclaims')
    return name === 'requests.storage' || name.includes('.storageclass.storage.k8s.io/')
  return plural === 'pods' && /^(requests\.|limits\.|cpu$|memory$|ephemeral-storage$|hugepages-)/.test(name)
}

/** Nano units as Kubernetes writes quantities; amounts of memory and storage in powers of two where that is shorter. */
export function quotaText(name: string, nano: bigint): string {
  if (/memory|storage$|hugepages/.test(name)) {
    const bytes = nano / 1_000_000_000n
    if (bytes > 0n && bytes % 1024n === 0n) return canonicalQuantity(`${bytes / 1024n}Ki`)
  }
  return canonicalQuantity(`${nano}n`)
}
