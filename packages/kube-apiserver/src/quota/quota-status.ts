import { canonicalQuantity, type KubeObject } from '@slipway/kube-objects'
import type { Usage } from './pod-usage.ts'

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

/** Nano units as Kubernetes writes quantities; amounts of memory and storage in powers of two where that is shorter. */
export function quotaText(name: string, nano: bigint): string {
  if (/memory|storage$|hugepages/.test(name)) {
    const bytes = nano / 1_000_000_000n
    if (bytes > 0n && bytes % 1024n === 0n) return canonicalQuantity(`${bytes / 1024n}Ki`)
  }
  return canonicalQuantity(`${nano}n`)
}
