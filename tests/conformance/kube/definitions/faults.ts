import { type Edit, placesOf, randomEdits, valueAt } from '../refusals/mutate.ts'
import type { Random } from '../sequences/random.ts'
import { definition } from './specimen.ts'

const text = { type: 'string' }

/** What people write into schemas, right and wrong. */
const KEYWORDS: Record<string, unknown[]> = {
  type: ['string', 'object', 'array', 'integer', 'number', 'boolean', 'text'],
  default: [1, 'x', {}, ['a', 'a'], { a: 1 }, { zz: 1 }, true, 2.5, { kind: 'a b', apiVersion: 'v1' }],
  nullable: [true],
  items: [text, [text], { type: 'object' }, { type: 'array' }],
  properties: [{ a: text }, { kind: { type: 'integer' } }, { metadata: { type: 'object', required: ['a'] } }],
  additionalProperties: [true, text, {}],
  allOf: [[text], [{ minimum: 1 }], [{ properties: { unknown: { minimum: 1 } } }]],
  anyOf: [[{ type: 'integer' }, { type: 'string' }], [{ default: 1 }], [{ description: 'd', title: 't' }]],
  oneOf: [[{ nullable: true }], [{ required: ['x'] }], [{ properties: { metadata: {} } }]],
  not: [text, { 'x-kubernetes-list-type': 'set', 'x-kubernetes-map-type': 'atomic' }],
  pattern: ['(', '[a', 'a**', '^x$', '(?=x)', '\\'],
  uniqueItems: [true],
  $ref: ['#/definitions/a'],
  definitions: [{ a: text }],
  required: [['a']],
  enum: [['a'], [1]],
  format: ['date', 'int32'],
  maxLength: [0, 5],
  maximum: [1, 1.5],
  multipleOf: [3],
  'x-kubernetes-preserve-unknown-fields': [true, false],
  'x-kubernetes-embedded-resource': [true],
  'x-kubernetes-int-or-string': [true],
  'x-kubernetes-list-type': ['set', 'map', 'atomic', 'list'],
  'x-kubernetes-list-map-keys': [['type'], ['type', 'type'], ['zz'], ['n']],
  'x-kubernetes-map-type': ['atomic', 'granular', 'map'],
}

/** One change of a definition: of its schema as often as of the rest. */
export function randomFault(random: Random): Edit[] {
  const whole = definition()
  if (random.chance(0.4)) return randomEdits(whole, random).filter(({ at }) => !at.includes('openAPIV3Schema'))
  const schemas = placesOf(whole, []).filter((at) => at.at(-1) === 'type' && at.includes('openAPIV3Schema'))
  const at = random.pick(schemas).slice(0, -1)
  const { type, ...schema } = valueAt(whole, at) as { type: string }
  if (random.chance(0.2)) return [{ at, to: schema }]
  const keyword = random.pick(Object.keys(KEYWORDS))
  return [{ at, to: { type, ...schema, [keyword]: random.pick(KEYWORDS[keyword] as unknown[]) } }]
}
