import { qualifiedNameErrors, rfc1035NameErrors, subdomainNameErrors } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import { admissionVariables } from '../cel/check/admission-types.ts'
import type { Type } from '../cel/check/types.ts'
import type { Spec } from '../defaults/spec.ts'
import { expressionErrors, variableType } from './admission-expressions.ts'
import type { TypeRules } from './check-types.ts'
import { duplicate, forbiddenField, invalidValue, notSupported, required, tooMany } from './field-errors.ts'
import { repeats } from './repeats.ts'
import { qualified, requiredText, segmentErrors, text } from './values.ts'
import { webhookService, webhookUrl } from './webhook-client.ts'

/** Webhooks and policies of admission. */
export const admissionRules: TypeRules = {
  'admissionregistration/v1.ValidatingWebhookConfiguration': ({ webhooks = [] }) => hookNames(webhooks),
  'admissionregistration/v1.MutatingWebhookConfiguration': ({ webhooks = [] }) => hookNames(webhooks),
  'admissionregistration/v1.ValidatingWebhook': hook,
  'admissionregistration/v1.MutatingWebhook': (one, at) => [
    ...hook(one, at),
    ...(one.reinvocationPolicy && !['IfNeeded', 'Never'].includes(one.reinvocationPolicy)
      ? [notSupported(`${at}.reinvocationPolicy`, one.reinvocationPolicy, ['IfNeeded', 'Never'])]
      : []),
  ],
  'admissionregistration/v1.RuleWithOperations': rule,
  'admissionregistration/v1.NamedRuleWithOperations': (one, at) => [...resourceNames(one, at), ...rule(one, at)],
  'admissionregistration/v1.ValidatingAdmissionPolicy': ({ metadata = {}, spec = {} }) =>
    (spec.auditAnnotations ?? []).flatMap(({ key = '' }: Spec, index: number) =>
      metadata.name ? qualified(`spec.auditAnnotations[${index}].key`, `${metadata.name}/${key}`) : [],
    ),
  'admissionregistration/v1.ValidatingAdmissionPolicySpec': policy,
  'admissionregistration/v1.ValidatingAdmissionPolicyBindingSpec': binding,
}

function hookNames(hooks: Spec[]): FieldError[] {
  const repeated = repeats(hooks, ({ name }) => name)
  return hooks.flatMap(({ name }, index) =>
    name && repeated[index] ? [duplicate(`webhooks[${index}].name`, name)] : [],
  )
}

const QUIET = ['None', 'NoneOnDryRun']

function hook(one: Spec, at: string): FieldError[] {
  const { name, sideEffects, timeoutSeconds = 10, clientConfig, matchConditions } = one
  return [
    ...qualifiedHook(name, `${at}.name`),
    ...(sideEffects ? [] : [required(`${at}.sideEffects`, 'must specify one of None, NoneOnDryRun')]),
    ...(sideEffects && !QUIET.includes(sideEffects) ? [notSupported(`${at}.sideEffects`, sideEffects, QUIET)] : []),
    ...(timeoutSeconds < 1 || timeoutSeconds > 30
      ? [invalidValue(`${at}.timeoutSeconds`, timeoutSeconds, 'the timeout value must be between 1 and 30 seconds')]
      : []),
    ...client(clientConfig ?? {}, `${at}.clientConfig`),
    ...conditions(matchConditions ?? [], `${at}.matchConditions`, {}),
    ...reviewVersions(one.admissionReviewVersions ?? [], `${at}.admissionReviewVersions`),
  ]
}

/** A webhook's name says whose it is. */
function qualifiedHook(name: string | undefined, field: string): FieldError[] {
  if (!name) return [required(field)]
  const faults = subdomainNameErrors(name)
  if (faults.length > 0) return [invalidValue(field, name, faults.join(','))]
  if (name.split('.').length >= 3) return []
  return [invalidValue(field, name, 'should be a domain with at least three segments separated by dots')]
}

function client({ url, service }: Spec, at: string): FieldError[] {
  if ((url === undefined) === !service) return [required(at, 'exactly one of url or service is required')]
  return url === undefined ? webhookService(service, `${at}.service`) : webhookUrl(url, `${at}.url`)
}

const REVIEWS = ['v1', 'v1beta1']

function reviewVersions(versions: string[], field: string): FieldError[] {
  if (versions.length === 0) return [required(field, `must specify one of ${REVIEWS.join(', ')}`)]
  const repeated = repeats(versions)
  const faults = versions.flatMap((version, index) => {
    const at = `${field}[${index}]`
    if (repeated[index]) return [invalidValue(at, version, 'duplicate version')]
    return rfc1035NameErrors(version).map((why) => invalidValue(at, version, why))
  })
  const known = versions.some((version) => REVIEWS.includes(version))
  const none = `must include at least one of ${REVIEWS.join(', ')}`
  return known ? faults : [...faults, invalidValue(field, versions, none)]
}

const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE']
const SCOPES = ['*', 'Cluster', 'Namespaced']

function rule({ operations = [], apiGroups = [], apiVersions = [], resources = [], scope }: Spec, at: string) {
  const alone = (field: string, list: string[], what: string) =>
    list.length > 1 && list.includes('*')
      ? [invalidValue(`${at}.${field}`, list, `if '*' is present, must not specify other ${what}`)]
      : []
  const some = (field: string, list: string[]) => (list.length === 0 ? [required(`${at}.${field}`)] : [])
  return [
    ...some('operations', operations),
    ...alone('operations', operations, 'operations'),
    ...operations.flatMap((one: string, index: number) =>
      OPERATIONS.includes(one) ? [] : [notSupported(`${at}.operations[${index}]`, one, OPERATIONS)],
    ),
    ...some('apiGroups', apiGroups),
    ...alone('apiGroups', apiGroups, 'API groups'),
    ...some('apiVersions', apiVersions),
    ...alone('apiVersions', apiVersions, 'API versions'),
    ...apiVersions.flatMap((one: string, index: number) => (one ? [] : [required(`${at}.apiVersions[${index}]`)])),
    ...some('resources', resources),
    ...ruleResources(resources, `${at}.resources`),
    ...(scope !== undefined && !SCOPES.includes(scope) ? [notSupported(`${at}.scope`, scope, SCOPES)] : []),
  ]
}

// `pods`, `pods/status`, `pods/*` and the like: none that another includes.
function ruleResources(resources: string[], at: string): FieldError[] {
  const errors = resources.flatMap((one, index) => {
    const field = `${at}[${index}]`
    if (!one) return [required(field)]
    const [resource, sub] = one.split('/', 2)
    const before = resources.slice(0, index)
    if (sub === undefined) return []
    return [`${resource}/*`, `*/${sub}`]
      .filter((wider) => before.includes(wider))
      .map((wider) => invalidValue(field, one, `if '${wider}' is present, must not specify ${one}`))
  })
  if (resources.length > 1 && resources.includes('*/*')) {
    errors.push(invalidValue(at, resources, "if '*/*' is present, must not specify other resources"))
  }
  // The last resource without a subresource decides, as in Kubernetes.
  const last = resources.filter((one) => one && !one.includes('/')).at(-1)
  if (resources.includes('*') && last !== '*') {
    const why = "if '*' is present, must not specify other resources without subresources"
    errors.push(invalidValue(at, resources, why))
  }
  return errors
}

function resourceNames({ resourceNames: names = [] }: Spec, at: string): FieldError[] {
  const repeated = repeats(names)
  return names.flatMap((name: string, index: number) => {
    const field = `${at}.resourceNames[${index}]`
    return [
      ...segmentErrors(name).map((why) => invalidValue(field, name, why)),
      ...(repeated[index] ? [duplicate(field, name)] : []),
    ]
  })
}

function policy(spec: Spec, at: string): FieldError[] {
  const { paramKind, matchConstraints, matchConditions = [], variables = [], validations = [] } = spec
  const { auditAnnotations = [] } = spec
  const some = 'validations or auditAnnotations must contain at least one item'
  const hasParams = paramKind !== undefined
  const declared = declareVariables(variables, hasParams, at)
  const scope = admissionVariables({ hasParams, variables: declared.types })
  const repeatedKeys = repeats(auditAnnotations as Spec[], ({ key }) => key)
  const messages = admissionVariables({ hasParams, variables: declared.types, hasAuthorizer: false })
  return [
    ...(paramKind ? parameterKind(paramKind, `${at}.paramKind`) : []),
    ...(matchConstraints ? [] : [required(`${at}.matchConstraints`)]),
    ...(matchConstraints && !matchConstraints.resourceRules?.length
      ? [required(`${at}.matchConstraints.resourceRules`)]
      : []),
    ...conditions(matchConditions, `${at}.matchConditions`, { hasParams }),
    ...declared.errors,
    ...(validations.length + auditAnnotations.length === 0
      ? [required(`${at}.validations`, some), required(`${at}.auditAnnotations`, some)]
      : []),
    ...validations.flatMap((one: Spec, index: number) =>
      validation(one, `${at}.validations[${index}]`, { scope, messages }),
    ),
    ...auditAnnotations.flatMap(({ key, valueExpression }: Spec, index: number) => [
      ...(repeatedKeys[index] ? [duplicate(`${at}.auditAnnotations[${index}].key`, key)] : []),
      ...expressionErrors(valueExpression, `${at}.auditAnnotations[${index}].valueExpression`, {
        variables: scope,
        types: ['string', 'null_type'],
        missing: 'valueExpression is not specified',
      }),
    ]),
  ]
}

function parameterKind({ apiVersion, kind }: Spec, at: string): FieldError[] {
  const mixed = (name: string) =>
    rfc1035NameErrors(name.toLowerCase()).map((why) => `may have mixed case, but should otherwise match: ${why}`)
  const [version = '', group, ...more] = String(apiVersion ?? '')
    .split('/')
    .toReversed()
  const field = `${at}.apiVersion`
  if (more.length > 0) {
    return [invalidValue(field, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)]
  }
  return [
    ...(apiVersion ? [] : [required(field)]),
    ...(group ? subdomainNameErrors(group).map((why) => invalidValue(field, group, why)) : []),
    ...(apiVersion ? rfc1035NameErrors(version).map((why) => invalidValue(field, version, why)) : []),
    ...requiredText(`${at}.kind`, kind, mixed),
  ]
}

/** The types of a policy's variables: each may name those before it. */
function declareVariables(variables: Spec[], hasParams: boolean, at: string) {
  const types = new Map<string, Type>()
  const errors = variables.flatMap(({ name, expression: text }, index) => {
    const field = `${at}.variables[${index}]`
    const scope = admissionVariables({ hasParams, variables: new Map(types) })
    const missing = 'expression is not specified'
    const declared = variableType(text, `${field}.expression`, { variables: scope, missing })
    types.set(name, declared.type)
    return [...variableName(name, field), ...declared.errors]
  })
  return { types, errors }
}

function variableName(name: string | undefined, at: string): FieldError[] {
  const identifier = /^[_a-zA-Z][_a-zA-Z0-9]*$/
  return [
    ...(name?.trim() ? [] : [required(`${at}.name`, 'name is not specified')]),
    ...(name?.trim() && !identifier.test(name)
      ? [invalidValue(`${at}.name`, name, 'must be a valid CEL identifier')]
      : []),
  ]
}

const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge']

function validation(
  { expression: text, messageExpression, message, reason }: Spec,
  at: string,
  { scope, messages }: Record<'scope' | 'messages', ReadonlyMap<string, Type>>,
): FieldError[] {
  const blank = (value: string | undefined) => value !== undefined && value !== '' && value.trim() === ''
  const filled = 'must be non-empty if specified'
  return [
    ...expressionErrors(text, `${at}.expression`, {
      variables: scope,
      types: ['bool'],
      missing: 'expression is not specified',
    }),
    ...(blank(messageExpression) ? [invalidValue(`${at}.messageExpression`, messageExpression, filled)] : []),
    ...(messageExpression?.trim()
      ? expressionErrors(messageExpression, `${at}.messageExpression`, { variables: messages, types: ['string'] })
      : []),
    ...(blank(message) ? [invalidValue(`${at}.message`, message, filled)] : []),
    ...(/[\n\r]/.test(message?.trim() ?? '')
      ? [invalidValue(`${at}.message`, message, 'must not contain line breaks')]
      : []),
    ...(reason !== undefined && !REASONS.includes(reason) ? [notSupported(`${at}.reason`, reason, REASONS)] : []),
  ]
}

function conditions(list: Spec[], at: string, scope: { hasParams?: boolean }): FieldError[] {
  const variables = admissionVariables(scope)
  const repeated = repeats(list, ({ name }) => name)
  return [
    ...(list.length > 64 ? [tooMany(at, list.length, 64)] : []),
    ...list.flatMap(({ name, expression: text }, index) => [
      ...expressionErrors(text, `${at}[${index}].expression`, { variables, types: ['bool'] }),
      ...requiredText(`${at}[${index}].name`, name, qualifiedNameErrors),
      ...(name && repeated[index] ? [duplicate(`${at}[${index}].name`, name)] : []),
    ]),
  ]
}

const ACTIONS = ['Audit', 'Deny', 'Warn']

function binding({ policyName, paramRef, validationActions = [] }: Spec, at: string): FieldError[] {
  const field = `${at}.validationActions`
  const repeated = repeats(validationActions)
  const both =
    'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)'
  return [
    ...requiredText(`${at}.policyName`, policyName, subdomainNameErrors),
    ...(paramRef ? parameters(paramRef, `${at}.paramRef`) : []),
    ...validationActions.flatMap((action: string, index: number) => [
      ...(ACTIONS.includes(action) ? [] : [notSupported(`${field}[${index}]`, action, ACTIONS)]),
      ...(repeated[index] ? [duplicate(`${field}[${index}]`, action)] : []),
    ]),
    ...(validationActions.includes('Deny') && validationActions.includes('Warn')
      ? [invalidValue(field, validationActions, both)]
      : []),
    ...(validationActions.length === 0 ? [required(field, 'at least one validation action is required')] : []),
  ]
}

function parameters({ name, selector, parameterNotFoundAction: action }: Spec, at: string): FieldError[] {
  const exclusive = 'name and selector are mutually exclusive'
  return [
    ...text(`${at}.name`, name, segmentErrors),
    ...(name && selector ? [forbiddenField(`${at}.name`, exclusive), forbiddenField(`${at}.selector`, exclusive)] : []),
    ...(name || selector ? [] : [required(at, 'one of name or selector must be specified')]),
    ...(action ? [] : [required(`${at}.parameterNotFoundAction`)]),
    ...(action && !['Deny', 'Allow'].includes(action)
      ? [notSupported(`${at}.parameterNotFoundAction`, action, ['Deny', 'Allow'])]
      : []),
  ]
}
