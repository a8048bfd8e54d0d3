import { goJson, isObject, type JsonObject } from '@slipway/kube-objects'
import type { Resource } from '../resource.ts'
import { rename } from './names.ts'

/** Gives generated objects the suffix that tells their content (api/hasher/hasher.go). */
export function addHashes(resources: readonly Resource[], sha256: (text: string) => string): void {
  for (const resource of resources) {
    if (!resource.needsHash) continue
    rename(resource, `${resource.object.metadata.name}-${contentHash(resource, sha256)}`)
  }
}

function contentHash({ object }: Resource, sha256: (text: string) => string): string {
  const { kind, data = '', binaryData, stringData, type = '' } = object
  // The name is no part of it, so that equal content has one suffix whatever prefixes are added.
  const content: JsonObject = { kind, name: '', data }
  if (kind === 'ConfigMap' && isObject(binaryData)) content.binaryData = binaryData
  if (kind === 'Secret') {
    content.type = type
    if (isObject(stringData)) content.stringData = stringData
  }
  const digits: Record<string, string> = { 0: 'g', 1: 'h', 3: 'k', a: 'm', e: 't' }
  // Letters that could make words, and digits that look like letters, are avoided.
  return sha256(goJson(content))
    .slice(0, 10)
    .replace(/[013ae]/g, (digit) => digits[digit] ?? digit)
}
