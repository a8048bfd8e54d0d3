import type { Dependency } from '../chart/chart.ts'
import { dependencyJson } from '../chart/metadata-json.ts'
import { toHex } from '../encoding.ts'
import type { Platform } from '../platform.ts'

/** The digest of Chart.lock: what was asked for and what it was resolved to, as one JSON text (Helm's resolver.HashReq). */
export function lockDigest(
  required: readonly Dependency[],
  locked: readonly Dependency[],
  platform: Pick<Platform, 'digest'>,
): string {
  return digestOf([required.map(dependencyJson), locked.map(dependencyJson)], platform)
}

/** The digest of requirements.lock as Helm 2 wrote it (resolver.HashV2Req). */
export function legacyLockDigest(required: readonly Dependency[], platform: Pick<Platform, 'digest'>): string {
  return digestOf({ dependencies: required.map(dependencyJson) }, platform)
}

function digestOf(value: unknown, platform: Pick<Platform, 'digest'>): string {
  return `sha256:${toHex(platform.digest('sha256', new TextEncoder().encode(goJson(value))))}`
}

const escapes: Record<string, string> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
}

/** JSON with the keys in the order in which they are, the characters escaped that Go's encoding/json escapes, integers among the numbers. */
export function goJson(value: unknown, indent = 0): string {
  const asNumber = (_: string, inner: unknown): unknown => (typeof inner === 'bigint' ? Number(inner) : inner)
  return JSON.stringify(value, asNumber, indent).replaceAll(/[<>&\u2028\u2029]/g, (char) => escapes[char] ?? char)
}
