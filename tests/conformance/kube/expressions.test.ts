import { describe, expect, it } from 'vitest'
import { call, useCluster } from './cluster.ts'

useCluster()

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const POLICIES = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies'
const HOOKS = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations'
const RULES = 'x-kubernetes-validations'
const AT = 'spec.validation.openAPIV3Schema.properties[spec]'

const text = { type: 'string' }
const integer = { type: 'integer' }
const PROPERTIES = {
  a: text,
  i: integer,
  l: { type: 'array', items: text },
  o: { type: 'object', properties: { p: text } },
  list: { type: 'array', maxItems: 5, items: { type: 'object', properties: { k: { type: 'string', maxLength: 9 } } } },
}

/** What a definition with some rules is answered: each cause as `field: message`, types of the schema without their number. */
async function causesOf(schema: object): Promise<string[]> {
  const body = {
    metadata: { name: 'rules.expressions.dev' },
    spec: {
      group: 'expressions.dev',
      scope: 'Cluster',
      names: { plural: 'rules', singular: 'rule', kind: 'Rule', listKind: 'RuleList' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', ...schema } } } },
        },
      ],
    },
  }
  const { body: answer } = await call('POST', `${CRDS}?dryRun=All`, { body })
  return causes(answer)
}

// biome-ignore lint/suspicious/noExplicitAny: an answer.
function causes(answer: any): string[] {
  return (answer.details?.causes ?? []).map(({ field, message }: { field: string; message: string }) =>
    `${field}: ${message}`.replaceAll(/selfType\d+/g, 'selfType'),
  )
}

/** A rule as a message shows it. */
const shown = (rule: object) =>
  JSON.stringify({
    Rule: '',
    Message: '',
    MessageExpression: '',
    Reason: null,
    FieldPath: '',
    OptionalOldSelf: null,
    ...rule,
  })

describe('a rule of a schema', () => {
  it.each([
    [
      'has what its schema has',
      'self.i == 1 && self.a.startsWith("x") && self.l.all(x, x.size() < 3) && has(self.o.p)',
    ],
    ['may say what was', 'self.i == oldSelf.i'],
  ])('%s', async (_, rule) => {
    expect(await causesOf({ properties: PROPERTIES, [RULES]: [{ rule }] })).toEqual([])
  })

  it.each([
    ['self.x', "compilation failed: ERROR: <input>:1:5: undefined field 'x'\n | self.x\n | ....^"],
    [
      'self.i == self.a',
      "compilation failed: ERROR: <input>:1:8: found no matching overload for '_==_' applied to '(int, string)'\n | self.i == self.a\n | .......^",
    ],
    [
      'self.o == self.l',
      "compilation failed: ERROR: <input>:1:8: found no matching overload for '_==_' applied to '(selfType.o, list(string))'\n | self.o == self.l\n | .......^",
    ],
    [
      'self.i = 1',
      "compilation failed: ERROR: <input>:1:8: Syntax error: token recognition error at: '= '\n | self.i = 1\n | .......^\nERROR: <input>:1:10: Syntax error: extraneous input '1' expecting <EOF>\n | self.i = 1\n | .........^",
    ],
    ['self.i', 'cel expression must evaluate to a bool'],
    [
      'self.a.matches("[")',
      'compilation failed: ERROR: <input>:1:16: invalid matches argument\n | self.a.matches("[")\n | ...............^',
    ],
  ])('%s does not fit', async (rule, why) => {
    expect(await causesOf({ properties: PROPERTIES, [RULES]: [{ rule }] })).toEqual([
      `${AT}.${RULES}[0].rule: Invalid value: ${shown({ Rule: rule })}: ${why}`,
    ])
  })

  it.each<[object, string]>([
    [{ rule: '' }, 'rule: Required value: rule is not specified'],
    [{ rule: 'true', message: ' ' }, 'message: Invalid value: " ": must be non-empty if specified'],
    [{ rule: 'true', fieldPath: '.x' }, 'fieldPath: Invalid value: ".x": must be a valid path'],
    [
      { rule: 'true', reason: 'Odd' },
      'reason: Unsupported value: "Odd": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"',
    ],
    [
      { rule: 'true', optionalOldSelf: true },
      'optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule',
    ],
    [
      { rule: 'true', messageExpression: 'self.i' },
      `messageExpression: Invalid value: ${shown({ Rule: 'true', MessageExpression: 'self.i' })}: messageExpression must evaluate to a string`,
    ],
    [
      { rule: 'self.l.all(a, a != "x" && a != "y" && a != "z" && a != "w")' },
      'rule: Forbidden: estimated rule cost exceeds budget by factor of 1.153433x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)',
    ],
    [
      { rule: 'self.l.all(a, self.l.all(b, a != b))' },
      'rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)',
    ],
  ])('%j is refused', async (rule, cause) => {
    const found = await causesOf({ properties: PROPERTIES, [RULES]: [rule] })
    expect(found[0]).toBe(`${AT}.${RULES}[0].${cause}`)
  })

  it('can say nothing of what was of items without keys', async () => {
    const items = { ...PROPERTIES.list.items, [RULES]: [{ rule: 'self == oldSelf' }] }
    expect(await causesOf({ properties: { list: { ...PROPERTIES.list, items } } })).toEqual([
      `${AT}.properties[list].items.${RULES}[0].rule: Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within ${AT}.properties[list]`,
    ])
  })
})

describe('an expression of a policy', () => {
  const policy = async (spec: object): Promise<string[]> => {
    const rule = { apiGroups: ['none.dev'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['none'] }
    const body = { metadata: { name: 'p' }, spec: { matchConstraints: { resourceRules: [rule] }, ...spec } }
    return causes((await call('POST', `${POLICIES}?dryRun=All`, { body })).body)
  }
  const drawn = (expression: string, at: number, why: string) =>
    `Invalid value: ${JSON.stringify(expression)}: compilation failed: ERROR: <input>:1:${at}: ${why}\n | ${expression}\n | ${'.'.repeat(at - 1)}^`

  it.each<[string, object, string[]]>([
    ['object is of any type', { validations: [{ expression: 'object.spec.replicas > 1' }] }, []],
    [
      'the authorizer is asked step by step',
      { validations: [{ expression: 'authorizer.requestResource.check("get").allowed()' }] },
      [],
    ],
    [
      'is true or false',
      { validations: [{ expression: 'object.spec' }] },
      ['spec.validations[0].expression: Invalid value: "object.spec": must evaluate to bool but got dyn'],
    ],
    [
      'has parameters only when the policy has a kind of them',
      { validations: [{ expression: 'params.x == 1' }] },
      [
        `spec.validations[0].expression: ${drawn('params.x == 1', 1, "undeclared reference to 'params' (in container '')")}`,
      ],
    ],
    [
      'knows the fields of the request',
      { validations: [{ expression: 'request.object == 1' }] },
      [`spec.validations[0].expression: ${drawn('request.object == 1', 8, "undefined field 'object'")}`],
    ],
    [
      'sees the variables before it, with their types',
      {
        variables: [
          { name: 'a', expression: 'variables.b' },
          { name: 'b', expression: '"x"' },
        ],
        validations: [{ expression: 'variables.b == 1' }],
      },
      [
        `spec.variables[0].expression: ${drawn('variables.b', 10, "undefined field 'b'")}`,
        `spec.validations[0].expression: ${drawn('variables.b == 1', 13, "found no matching overload for '_==_' applied to '(string, int)'")}`,
      ],
    ],
    [
      'says something as a message',
      { validations: [{ expression: 'true', messageExpression: '1' }] },
      ['spec.validations[0].messageExpression: Invalid value: "1": must evaluate to string but got int'],
    ],
    [
      'says something or nothing as an annotation',
      { auditAnnotations: [{ key: 'a', valueExpression: 'duration("1h")' }] },
      [
        'spec.auditAnnotations[0].valueExpression: Invalid value: "duration(\\"1h\\")": must evaluate to one of [string null_type] but got google.protobuf.Duration',
      ],
    ],
  ])('%s', async (_, spec, expected) => {
    expect(await policy(spec)).toEqual(expected)
  })

  it('of a webhook knows no variables', async () => {
    const clientConfig = { url: 'https://127.0.0.1:1/' }
    const hook = { name: 'a.none.dev', sideEffects: 'None', admissionReviewVersions: ['v1'], clientConfig }
    const matchConditions = [{ name: 'a', expression: 'variables.x == 1' }]
    const body = { metadata: { name: 'h' }, webhooks: [{ ...hook, matchConditions }] }
    expect(causes((await call('POST', `${HOOKS}?dryRun=All`, { body })).body)).toEqual([
      `webhooks[0].matchConditions[0].expression: ${drawn('variables.x == 1', 1, "undeclared reference to 'variables' (in container '')")}`,
    ])
  })
})
