import { objectMetaSchema, type SchemaNode } from '@slipway/kube-objects'
import { admissionVariables } from '../../cel/check/admission-types.ts'
import { checkExpression } from '../../cel/check/check-expression.ts'
import { nodeType } from '../../cel/check/node-types.ts'
import type { Type } from '../../cel/check/types.ts'
import type { Spec } from '../../defaults/spec.ts'
import type { Resource } from '../../registry/resource.ts'
import type { ResourceRegistry } from '../../registry/resource-registry.ts'
import type { ObjectRules } from '../../schema/object-rules.ts'
import { declaredVariable } from '../../validation/admission-expressions.ts'

/** What a policy's expression does not fit, as its status tells it. */
export interface ExpressionWarning {
  fieldRef: string
  warning: string
}

export interface TypeCheckDeps {
  registry: ResourceRegistry
  rules: ObjectRules
}

/** Of a rule that names many resources, as many are looked at. */
const MAX_TYPES = 10

/** What the expressions of a policy have against the types that it names (apiserver's validating/typechecking.go). */
export function expressionWarnings(spec: Spec, deps: TypeCheckDeps): ExpressionWarning[] {
  const kinds = kindsOf(spec.matchConstraints?.resourceRules ?? [], deps.registry)
  const params = parameterType(spec.paramKind, deps)
  const types = kinds.flatMap((resource) => {
    const object = typeOfResource(resource, deps.rules)
    return object ? [{ resource, variables: variablesFor(spec, object, params) }] : []
  })
  const check = (expression: string | undefined, fieldRef: string): ExpressionWarning[] => {
    if (!expression) return []
    const found = types.flatMap(({ resource, variables }) => {
      const checked = checkExpression(expression, variables)
      return typeof checked === 'string' ? [`${kindOf(resource)}: ${checked}\n`] : []
    })
    return found.length > 0 ? [{ fieldRef, warning: found.join('\n') }] : []
  }
  return ((spec.validations ?? []) as Spec[]).flatMap(({ expression, messageExpression }, index) => [
    ...check(expression, `spec.validations[${index}].expression`),
    ...check(messageExpression, `spec.validations[${index}].messageExpression`),
  ])
}

/** The kinds that rules name one by one, in the order of group, version and kind. */
function kindsOf(rules: Spec[], registry: ResourceRegistry): Resource[] {
  const kinds = new Map<string, Resource>()
  for (const { apiGroups = [], apiVersions = [], resources = [] } of rules) {
    if ([...apiGroups, ...apiVersions].some((name: string) => name.includes('*'))) continue
    const plurals = (resources as string[]).filter((name) => !/[*/]/.test(name)).toSorted()
    const found = (apiGroups as string[])
      .toSorted()
      .flatMap((group) => (apiVersions as string[]).toSorted().map((version) => ({ group, version })))
      .flatMap(({ group, version }) => plurals.flatMap((plural) => registry.find(group, version, plural) ?? []))
    for (const resource of found.slice(0, MAX_TYPES)) kinds.set(kindOf(resource), resource)
  }
  const key = ({ group, version, kind }: Resource) => `${group}\n${version}\n${kind}`
  return [...kinds.values()].toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
}

/** `apps/v1, Kind=Deployment`, `/v1, Kind=Pod`. */
const kindOf = ({ group, version, kind }: Resource): string => `${group}/${version}, Kind=${kind}`

function typeOfResource(resource: Resource, rules: ObjectRules): Type | undefined {
  const schema = rules.schema(resource)
  return schema && nodeType(withMeta(schema), resource.kind)
}

/** Every object has what the server itself keeps of it. */
function withMeta(schema: SchemaNode): SchemaNode {
  const text: SchemaNode = { type: 'string' }
  const properties = { ...schema.properties, apiVersion: text, kind: text, metadata: objectMetaSchema() }
  return { ...schema, properties }
}

function parameterType(paramKind: Spec | undefined, { registry, rules }: TypeCheckDeps): Type | undefined {
  const [version = '', group = ''] = String(paramKind?.apiVersion ?? '')
    .split('/')
    .toReversed()
  const resource = paramKind && registry.byKind(group, paramKind.kind, version)
  return resource && typeOfResource(resource, rules)
}

/** The variables of a policy have the types that their expressions have for these objects. */
function variablesFor(spec: Spec, object: Type, params: Type | undefined): ReadonlyMap<string, Type> {
  const variables = new Map<string, Type>()
  const scope = () =>
    admissionVariables({ object, params, hasParams: params !== undefined, variables: new Map(variables) })
  for (const { name, expression } of (spec.variables ?? []) as Spec[]) {
    variables.set(name, declaredVariable(expression, scope()))
  }
  return scope()
}
