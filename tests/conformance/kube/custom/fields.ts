/** A field of a custom resource with its schema, and values for it: some that it takes, some that it does not. */
export interface Field {
  schema: object
  values: unknown[]
}

const text = { type: 'string' }
const integer = { type: 'integer' }

/** What CRDs of real projects ask of their fields. */
export const FIELDS: Record<string, Field> = {
  maxLength: { schema: { type: 'string', maxLength: 3 }, values: ['abcd', 'héé', 'éééé'] },
  minLength: { schema: { type: 'string', minLength: 3 }, values: ['ab'] },
  pattern: { schema: { type: 'string', pattern: '^a+$' }, values: ['b'] },
  both: { schema: { type: 'string', minLength: 1, pattern: '^a' }, values: ['', 'b'] },
  maxItems: { schema: { type: 'array', items: text, maxItems: 1 }, values: [['a', 'b']] },
  minItems: { schema: { type: 'array', items: text, minItems: 1 }, values: [[]] },
  maxProps: { schema: { type: 'object', additionalProperties: text, maxProperties: 1 }, values: [{ a: '1', b: '2' }] },
  minProps: { schema: { type: 'object', additionalProperties: text, minProperties: 1 }, values: [{}] },
  max: { schema: { type: 'integer', maximum: 5 }, values: [6] },
  min: { schema: { type: 'integer', minimum: 5 }, values: [4] },
  exmax: { schema: { type: 'integer', maximum: 5, exclusiveMaximum: true }, values: [5] },
  mult: { schema: { type: 'integer', multipleOf: 5 }, values: [6] },
  num: { schema: { type: 'number', maximum: 2.5 }, values: [2.6, 2] },
  enum: { schema: { type: 'string', enum: ['a', 'b'] }, values: ['c', '', null] },
  enumInt: { schema: { type: 'integer', enum: [1, 2] }, values: [3] },
  str: { schema: text, values: [1, null, true, [], {}] },
  int: { schema: integer, values: ['1', 1.5, 1.0, 9007199254740992, null] },
  bool: { schema: { type: 'boolean' }, values: ['true'] },
  number: { schema: { type: 'number' }, values: ['1', 1] },
  obj: { schema: { type: 'object', properties: { a: text } }, values: ['x', [], null] },
  arr: { schema: { type: 'array', items: text }, values: ['x', {}, [1], [null]] },
  int32: { schema: { type: 'integer', format: 'int32' }, values: [2147483648, -2147483649] },
  ios: { schema: { 'x-kubernetes-int-or-string': true, anyOf: [integer, text] }, values: [true, 1.5, 'x', 3] },
  ios2: {
    schema: { 'x-kubernetes-int-or-string': true, anyOf: [integer, text], pattern: '^[0-9]+%?$' },
    values: ['abc', '5%'],
  },
  oneReq: {
    schema: { type: 'object', properties: { a: text, b: text }, oneOf: [{ required: ['a'] }, { required: ['b'] }] },
    values: [{}, { a: '1', b: '2' }, { a: '1' }],
  },
  anyReq: {
    schema: { type: 'object', properties: { a: text, b: text }, anyOf: [{ required: ['a'] }, { required: ['b'] }] },
    values: [{}, { a: '1' }],
  },
  allReq: {
    schema: { type: 'object', properties: { a: text, b: text }, allOf: [{ required: ['a'] }, { required: ['b'] }] },
    values: [{}, { a: '1' }],
  },
  notReq: {
    schema: { type: 'object', properties: { a: text, b: text }, not: { required: ['a'] } },
    values: [{ a: '1' }, {}],
  },
  onProp: {
    schema: {
      type: 'object',
      properties: { a: text, t: text },
      oneOf: [{ properties: { t: { enum: ['x'] } }, required: ['a'] }, { properties: { t: { enum: ['y'] } } }],
    },
    values: [{ t: 'x' }, { t: 'y' }, { t: 'z' }, {}],
  },
  anyFmt: {
    schema: { type: 'string', anyOf: [{ format: 'ipv4' }, { format: 'ipv6' }] },
    values: ['x', '1.2.3.4', '::1'],
  },
  anyPat: { schema: { type: 'string', anyOf: [{ pattern: '^a' }, { pattern: '^b' }] }, values: ['c'] },
  notPat: { schema: { type: 'string', not: { pattern: '^a' } }, values: ['a', 'b'] },
  dt: {
    schema: { type: 'string', format: 'date-time' },
    values: ['x', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00.123+01:00', '2026-01-01'],
  },
  date: { schema: { type: 'string', format: 'date' }, values: ['2026-1-1', '2026-01-01'] },
  dur: { schema: { type: 'string', format: 'duration' }, values: ['x', '1h', '1d', '-1h', '2 ns', '1h30m'] },
  byte: { schema: { type: 'string', format: 'byte' }, values: ['!!', 'aGV5', 'a'] },
  uri: { schema: { type: 'string', format: 'uri' }, values: ['x', 'http://a', '/a'] },
  email: { schema: { type: 'string', format: 'email' }, values: ['x', 'a@b.c'] },
  host: { schema: { type: 'string', format: 'hostname' }, values: ['a_b', 'a.b', '-a'] },
  ipv4: { schema: { type: 'string', format: 'ipv4' }, values: ['1.2.3', '::1', '1.2.3.4'] },
  ipv6: { schema: { type: 'string', format: 'ipv6' }, values: ['1.2.3.4', '::1'] },
  cidr: { schema: { type: 'string', format: 'cidr' }, values: ['1.2.3.4', '1.2.3.4/8'] },
  mac: { schema: { type: 'string', format: 'mac' }, values: ['x', '00:11:22:33:44:55'] },
  uuid: { schema: { type: 'string', format: 'uuid' }, values: ['x', '123e4567-e89b-12d3-a456-426614174000'] },
  unk: { schema: { type: 'string', format: 'made-up' }, values: ['x'] },
  set: { schema: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' }, values: [['a', 'a']] },
  map: {
    schema: {
      type: 'array',
      items: { type: 'object', properties: { k: text, v: text }, required: ['k'] },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['k'],
    },
    values: [[{ k: 'a' }, { k: 'a' }], [{ v: 'x' }]],
  },
  nul: { schema: { type: 'string', nullable: true }, values: [null] },
  req: { schema: { type: 'object', required: ['x', 'y'], properties: { x: text, y: text } }, values: [{}, { x: '1' }] },
  emb: {
    schema: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
    values: [
      {},
      { apiVersion: 'v1' },
      { apiVersion: 'v1', kind: 'Pod' },
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' } },
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'X_' } },
    ],
  },
  rule: {
    schema: {
      type: 'object',
      properties: { a: integer, b: { type: 'string', maxLength: 3 } },
      'x-kubernetes-validations': [{ rule: 'self.a > 1', message: 'a small' }],
    },
    values: [{ a: 1 }, { a: 1, b: 'abcd' }, { a: 'x' }, { b: 'abc' }, { a: 1, z: 1 }],
  },
  rule2: {
    schema: {
      type: 'array',
      maxItems: 2,
      items: { type: 'object', properties: { n: integer }, 'x-kubernetes-validations': [{ rule: 'self.n < 5' }] },
      'x-kubernetes-validations': [{ rule: 'self.size() < 4' }],
    },
    values: [
      [{ n: 5 }, { n: 6 }],
      [{ n: 5 }, { n: 1 }, { n: 1 }],
      [{ n: 1 }, { n: 1 }, { n: 1 }, { n: 1 }],
    ],
  },
  ruleMap: {
    schema: {
      type: 'object',
      additionalProperties: { type: 'string', maxLength: 5, 'x-kubernetes-validations': [{ rule: 'self != "bad"' }] },
    },
    values: [{ x: 'bad' }, { 'x.y/z': 'bad' }],
  },
  ruleReason: {
    schema: {
      type: 'string',
      'x-kubernetes-validations': [
        { rule: 'self != "x"', reason: 'FieldValueDuplicate', message: 'dup' },
        { rule: 'self != "y"', reason: 'FieldValueForbidden' },
      ],
    },
    values: ['x', 'y'],
  },
  rulePath: {
    schema: {
      type: 'object',
      properties: { a: integer, l: { type: 'object', additionalProperties: text } },
      'x-kubernetes-validations': [{ rule: 'self.a > 1', fieldPath: '.a', message: 'small' }],
    },
    values: [{ a: 1 }],
  },
  ruleDur: {
    schema: { type: 'string', format: 'duration', 'x-kubernetes-validations': [{ rule: 'self >= duration("1h")' }] },
    values: ['30m', '2h', 'x'],
  },
}
