import { BOOL, DYN, INT, listOf, mapOf, objectType, STRING, TIMESTAMP, type Type } from './types.ts'

/** The types of what the expressions of policies and match conditions may name. */
export interface AdmissionScope {
  /** Whether the policy has a paramKind. */
  hasParams?: boolean
  /** Messages may not ask what somebody may do. */
  hasAuthorizer?: boolean
  /** The variables of the policy so far, which later expressions may name; undefined = there are none. */
  variables?: ReadonlyMap<string, Type>
  /** The type of the object, where it is known. */
  object?: Type | undefined
  params?: Type | undefined
}

export function admissionVariables({
  hasParams,
  hasAuthorizer = true,
  variables,
  object,
  params,
}: AdmissionScope): ReadonlyMap<string, Type> {
  return new Map([
    ['object', object ?? DYN],
    ['oldObject', object ?? DYN],
    ['namespaceObject', NAMESPACE],
    ['request', REQUEST],
    ...(hasAuthorizer ? AUTHORIZERS : []),
    ...(hasParams ? [['params', params ?? DYN] as const] : []),
    ...(variables ? [['variables', objectType('kubernetes.variables', variables)] as const] : []),
  ])
}

const AUTHORIZERS: [string, Type][] = [
  ['authorizer', objectType('kubernetes.authorization.Authorizer')],
  ['authorizer.requestResource', objectType('kubernetes.authorization.ResourceCheck')],
]

const named = (name: string, fields: Record<string, Type>): Type =>
  objectType(`kubernetes.${name}`, new Map(Object.entries(fields)))
const TEXTS = mapOf(STRING, STRING)

/** A Namespace as apiserver's plugin/cel/compile.go declares it; `UID` is written so there. */
const NAMESPACE = named('Namespace', {
  metadata: named('NamespaceMetadata', {
    name: STRING,
    generateName: STRING,
    namespace: STRING,
    labels: TEXTS,
    annotations: TEXTS,
    UID: STRING,
    creationTimestamp: TIMESTAMP,
    deletionGracePeriodSeconds: INT,
    deletionTimestamp: TIMESTAMP,
    generation: INT,
    resourceVersion: STRING,
    finalizers: listOf(STRING),
  }),
  spec: named('NamespaceSpec', { finalizers: listOf(STRING) }),
  status: named('NamespaceStatus', {
    conditions: listOf(
      named('NamespaceCondition', {
        status: STRING,
        type: STRING,
        lastTransitionTime: TIMESTAMP,
        message: STRING,
        reason: STRING,
      }),
    ),
    phase: STRING,
  }),
})

const KIND = named('GroupVersionKind', { group: STRING, version: STRING, kind: STRING })
const RESOURCE = named('GroupVersionResource', { group: STRING, version: STRING, resource: STRING })

/** An AdmissionRequest without its objects, which have names of their own. */
const REQUEST = named('AdmissionRequest', {
  kind: KIND,
  resource: RESOURCE,
  subResource: STRING,
  requestKind: KIND,
  requestResource: RESOURCE,
  requestSubResource: STRING,
  name: STRING,
  namespace: STRING,
  operation: STRING,
  userInfo: named('UserInfo', {
    username: STRING,
    uid: STRING,
    groups: listOf(STRING),
    extra: mapOf(STRING, listOf(STRING)),
  }),
  dryRun: BOOL,
  options: DYN,
})
