import type { KubeObject } from '@slipway/kube-objects'
import { StatusError } from '../../api/status.ts'
import { CostBudget, OutOfBudget } from '../../cel/cost/budget.ts'
import { type Bindings, compileExpression, ownWords } from '../../cel/expression.ts'
import { celValue } from '../../cel/values.ts'
import type { Spec } from '../../defaults/spec.ts'
import type { Resource } from '../../registry/resource.ts'
import { viewEntry } from '../../storage/codec.ts'
import { prefixOf } from '../../storage/keys.ts'
import { type AdmissionPlugin, type AdmissionRequest, refused } from '../admission.ts'
import { ADMISSION_VARIABLES, admissionBindings } from '../expression-bindings.ts'
import { conditionsHold } from '../match-conditions.ts'
import { type Interest, matchRequest } from '../matching.ts'
import { reviewRequest } from '../review-request.ts'
import type { WebhookDeps } from '../webhooks/webhook.ts'
import { kindText, parameterType, policyParameters } from './parameters.ts'

const GROUP = 'admissionregistration.k8s.io'

/** Refuses, or warns of, what the expressions of ValidatingAdmissionPolicies do not hold for. */
export function validatingPolicies(deps: WebhookDeps): AdmissionPlugin {
  const stored = (plural: string) =>
    deps.store.list(prefixOf({ group: GROUP, plural, namespaced: false })).entries.map((entry) => viewEntry(entry))
  return {
    validate(request) {
      if (request.resource.group === GROUP) return
      const bindings = stored('validatingadmissionpolicybindings')
      if (bindings.length === 0) return
      const policies = new Map(stored('validatingadmissionpolicies').map((policy) => [policy.metadata.name, policy]))
      return (async () => {
        const denials: Finding[] = []
        for (const binding of bindings) {
          const policy = policies.get(binding.spec?.policyName)
          if (policy) denials.push(...(await enforce(policy, binding, request, deps)))
        }
        // The first counts, but all that is to warn of is told.
        if (denials[0]) throw denied(request, denials[0])
      })()
    },
  }
}

/** Why the request is denied by a binding, which also warns of what it is to warn of. */
async function enforce(
  policy: Readonly<KubeObject>,
  binding: Readonly<KubeObject>,
  request: AdmissionRequest,
  deps: WebhookDeps,
): Promise<Finding[]> {
  const as = matchRequest(interestOf(policy.spec?.matchConstraints), request, deps)
  const narrowed = binding.spec?.matchResources
  if (!as) return []
  const isStrict = policy.spec?.failurePolicy !== 'Ignore'
  const [policyName, bindingName] = [policy.metadata.name, binding.metadata.name]
  const who = `ValidatingAdmissionPolicy '${policyName}'`
  const resource = parameterType(policy, deps)
  // What is not as it should be denies, whatever the binding's actions.
  if (resource === 'unknown') {
    const why = `failed to configure policy: failed to find resource referenced by paramKind: '${kindText(policy)}'`
    return isStrict ? [{ message: `${who} denied request: ${why}`, reason: 'Invalid' }] : []
  }
  if (narrowed && !matchRequest(interestOf(narrowed, true), request, deps)) return []
  const by = (message: string): string => `${who} with binding '${bindingName}' denied request: ${message}`
  const parameters = policyParameters(resource, binding, request, deps)
  if (typeof parameters === 'string') {
    return isStrict ? [{ message: by(`failed to configure binding: ${parameters}`), reason: 'Invalid' }] : []
  }
  const actions: string[] = binding.spec?.validationActions ?? ['Deny']
  const denials: Finding[] = []
  for (const params of parameters) {
    const { found, faults } = await findings({ spec: policy.spec ?? {}, params }, request, as, deps)
    for (const { message, reason } of found) {
      if (actions.includes('Warn')) {
        request.warn(`Validation failed for ${who} with binding '${bindingName}': ${message}`)
      }
      if (actions.includes('Deny')) denials.push({ message: by(message), reason })
    }
    denials.push(...faults.map((message) => ({ message: by(message), reason: 'Invalid' })))
  }
  return denials
}

/** A binding without rules of its own means every request that the policy means. */
function interestOf(match: Spec | undefined, everything = false): Interest {
  const { resourceRules, excludeResourceRules, matchPolicy, namespaceSelector, objectSelector } = match ?? {}
  const all = [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*', '*'] }]
  return {
    rules: resourceRules ?? (everything ? all : []),
    excluded: excludeResourceRules ?? [],
    matchPolicy,
    namespaceSelector,
    objectSelector,
  }
}

interface Finding {
  message: string
  reason: string
}

/** What the validations have against the request, and what of the policy itself can not be evaluated. */
interface Findings {
  found: Finding[]
  faults: string[]
}

async function findings(
  { spec, params }: { spec: Spec; params: Readonly<KubeObject> | null },
  request: AdmissionRequest,
  as: Resource,
  deps: WebhookDeps,
): Promise<Findings> {
  const review = await reviewRequest(request, as, deps.convert)
  const bindings: Bindings = { ...admissionBindings(request, review, deps), params: celValue(params) }
  const budget = new CostBudget()
  const isStrict = spec.failurePolicy !== 'Ignore'
  try {
    if (!conditionsHold(spec.matchConditions, () => bindings)) return { found: [], faults: [] }
    bindings.variables = lazyVariables(spec.variables ?? [], bindings, budget)
    const found = (spec.validations ?? []).flatMap((validation: Spec) =>
      finding(validation, bindings, budget, isStrict),
    )
    return { found, faults: isStrict ? annotationFaults(spec, bindings) : [] }
  } catch (error) {
    return { found: isStrict ? [{ message: (error as Error).message, reason: 'Invalid' }] : [], faults: [] }
  }
}

/** There is no audit log, but an annotation for it that can not be had is a failure. Throws OutOfBudget. */
function annotationFaults({ auditAnnotations = [], variables = [] }: Spec, given: Bindings): string[] {
  const budget = new CostBudget()
  const bindings = { ...given, variables: lazyVariables(variables, given, budget) }
  return auditAnnotations.flatMap(({ valueExpression }: Spec) => {
    try {
      compileExpression(valueExpression, ADMISSION_VARIABLES).evaluate(bindings, budget)
      return []
    } catch (error) {
      if (error instanceof OutOfBudget) throw error
      return [`expression '${valueExpression}' resulted in error: ${(error as Error).message}`]
    }
  })
}

/** What a validation has against the request. Throws OutOfBudget: then no other is asked. */
function finding(validation: Spec, bindings: Bindings, budget: CostBudget, isStrict: boolean): Finding[] {
  const { expression, message, messageExpression, reason = 'Invalid' } = validation
  try {
    if (compileExpression(expression, ADMISSION_VARIABLES).evaluate(bindings, budget) === true) return []
  } catch (error) {
    if (error instanceof OutOfBudget) throw error
    const text = `expression '${expression}' resulted in error: ${(error as Error).message}`
    return isStrict ? [{ message: text, reason: 'Invalid' }] : []
  }
  const own = messageExpression && messageOf(messageExpression, bindings, budget)
  return [{ message: own || message?.trim() || `failed expression: ${expression.trim()}`, reason }]
}

function messageOf(expression: string, bindings: Bindings, budget: CostBudget): string | undefined {
  try {
    return ownWords(compileExpression(expression, ADMISSION_VARIABLES), bindings, budget)
  } catch (error) {
    if (error instanceof OutOfBudget) throw new Error(`failed messageExpression: ${error.message}`)
    return undefined
  }
}

/** A variable is worked out when an expression first uses it, so that one that fails harms only its users. */
function lazyVariables(variables: Spec[], bindings: Bindings, budget: CostBudget): object {
  const values = {}
  for (const { name, expression } of variables) {
    let value: { of: unknown } | undefined
    const evaluate = () => {
      try {
        return compileExpression(expression, ADMISSION_VARIABLES).evaluate(bindings, budget)
      } catch (error) {
        throw new Error(`composited variable "${name}" fails to evaluate: ${(error as Error).message}`)
      }
    }
    Object.defineProperty(values, name, {
      enumerable: true,
      get() {
        value ??= { of: evaluate() }
        return value.of
      },
    })
  }
  return values
}

const CODES: Record<string, number> = { Forbidden: 403, Unauthorized: 401, RequestEntityTooLarge: 413, Invalid: 422 }

function denied(request: AdmissionRequest, { message, reason }: Finding): StatusError {
  const { status } = refused(request, message)
  return new StatusError(CODES[reason] ?? 422, reason, status.message ?? '', {
    ...status.details,
    causes: [{ message }],
  })
}
