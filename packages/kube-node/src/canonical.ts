/** JSON with sorted keys and without absent, null and empty values: equal texts mean the same to the API. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(canonical(value))
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
    .map(([key, item]): [string, unknown] => [key, canonical(item)])
    .filter(([, item]) => item !== undefined && item !== null && !isEmpty(item))
  entries.sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries)
}

/** An empty `emptyDir: {}` says something, an empty `resources: {}` does not; both sides of a comparison lose it alike. */
const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0

const FNV_PRIME = 16777619
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'

/** A short name for a content, of letters that form no words (as rand.SafeEncodeString of apimachinery). */
export function shortHash(text: string): string {
  let hash = 2166136261
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), FNV_PRIME) >>> 0
  }
  return [...String(hash)].map((digit) => ALPHABET[digit.charCodeAt(0) % ALPHABET.length]).join('')
}

/** Five random letters, as the API server appends to `generateName`. */
export function randomSuffix(random: () => number = Math.random): string {
  return Array.from({ length: 5 }, () => ALPHABET[Math.floor(random() * ALPHABET.length)]).join('')
}
