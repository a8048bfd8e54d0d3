import { goJson, type JsonObject } from '@slipway/kube-objects'
import type { Resource } from '../resource.ts'
import { isMap, isScalar, plain, textOf } from '../values.ts'
import type { Transformer } from './transformer.ts'

/** Gives generated objects the suffix that tells their content (api/hasher/hasher.go). */
export function hashTransformer(sha256: (text: string) => string): Transformer {
  return ({ resources }) => {
    for (const resource of resources) {
      if (!resource.needsHash) continue
      const hash = contentHash(resource, sha256)
      resource.storePreviousId()
      resource.name = `${resource.name}-${hash}`
    }
  }
}

function contentHash({ kind, object }: Resource, sha256: (text: string) => string): string {
  const { data, binaryData, stringData, type } = object ?? {}
  // The name is no part of it, so that equal content has one suffix whatever prefixes are added.
  const content: JsonObject = { kind, name: '', data: hashedValue(data) }
  if (kind === 'ConfigMap' && isMap(binaryData)) content.binaryData = plain(binaryData)
  if (kind === 'Secret') {
    content.type = hashedValue(type)
    if (isMap(stringData)) content.stringData = plain(stringData)
  }
  const digits: Record<string, string> = { 0: 'g', 1: 'h', 3: 'k', a: 'm', e: 't' }
  // Letters that could make words, and digits that look like letters, are avoided.
  return sha256(goJson(content))
    .slice(0, 10)
    .replace(/[013ae]/g, (digit) => digits[digit] ?? digit)
}

const hashedValue = (value: unknown): unknown => (isScalar(value) ? textOf(value) : plain(value))
