import type { Random } from '../sequences/random.ts'

type Place = (string | number)[]
type Holder = Record<string | number, unknown>

/** One change of an object: what is at a place becomes another value, or, without `to`, goes. */
export interface Edit {
  at: Place
  to?: unknown
}

const TEXTS = [
  ...[
    '',
    'Bad Value!',
    'UPPER',
    'x'.repeat(70),
    'a/b/c',
    '-a',
    'other',
    '..',
    '/abs',
    '1.2.3.4',
    'Always',
    'None',
    '*',
  ],
  ...['a.b', '-1', '5', '1Gi'],
]
const NUMBERS = [0, -1, 1, 70_000, 5, 1_000_000_000]

/** One or two changes, as people get objects wrong. */
export function randomEdits(object: object, random: Random): Edit[] {
  const places = placesOf(object, [])
  return Array.from({ length: random.chance(0.75) ? 1 : 2 }, () => {
    const at = random.pick(places)
    return random.chance(0.25) ? { at } : { at, to: other(valueAt(object, at), random) }
  })
}

/** The object with the changes; those of a place that an earlier one took away change nothing. */
export function edited(object: object, edits: Edit[]): object {
  const result = structuredClone(object)
  for (const { at, ...edit } of edits) {
    const key = at.at(-1) as string | number
    const holder = valueAt(result, at.slice(0, -1)) as Holder | undefined
    if (typeof holder !== 'object' || holder === null || holder[key] === undefined) continue
    if ('to' in edit) holder[key] = structuredClone(edit.to)
    else if (Array.isArray(holder)) holder.splice(key as number, 1)
    else delete holder[key]
  }
  return result
}

export const valueAt = (object: object, place: Place): unknown =>
  place.reduce<unknown>((value, part) => (value as Holder | null | undefined)?.[part], object)

/** Where there are values; expressions aside, whose faults every engine tells in its own words. */
export function placesOf(value: unknown, at: Place): Place[] {
  const own = at.length > 0 && !/xpression$/.test(String(at.at(-1))) ? [at] : []
  if (typeof value !== 'object' || value === null) return own
  const keys = Array.isArray(value) ? value.map((_, index) => index) : Object.keys(value)
  return [...own, ...keys.flatMap((key) => placesOf((value as Holder)[key], [...at, key]))]
}

function other(value: unknown, random: Random): unknown {
  if (typeof value === 'string') return random.pick(TEXTS)
  if (typeof value === 'number') return random.pick(NUMBERS)
  if (typeof value === 'boolean') return !value
  if (Array.isArray(value)) return random.pick([[], [...value, value[0]], [...value].reverse()])
  const [[, first] = [], ...rest] = Object.entries(value as object)
  if (random.chance(0.5)) return {}
  return { [random.pick(['Bad Key!', 'a/b/c', 'zz', ''])]: first, ...Object.fromEntries(rest) }
}
