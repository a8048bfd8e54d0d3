import { CONDITION_VARIABLES } from '../admission/match-conditions.ts'
import { POLICY_VARIABLES } from '../admission/policies/validating-policies.ts'
import type { FieldError } from '../api/status.ts'
import { expressionFault } from '../cel/expression.ts'
import type { Spec } from '../defaults/spec.ts'
import { invalidValue, required } from './field-errors.ts'
import type { Strategy } from './strategy.ts'

/** Configurations of webhooks: their conditions must be expressions. */
export const webhooksStrategy: Strategy = {
  hasGeneration: true,
  needsVersion: true,
  validate: ({ webhooks = [] }) =>
    (webhooks as Spec[]).flatMap((hook, index) => [
      ...checkClient(hook, `webhooks[${index}]`),
      ...checkConditions(hook.matchConditions, `webhooks[${index}]`, CONDITION_VARIABLES),
    ]),
}

/** ValidatingAdmissionPolicies: every expression must be one. */
export const policyStrategy: Strategy = {
  hasGeneration: true,
  needsVersion: true,
  validate({ spec = {} }) {
    const { validations = [], variables = [], matchConditions } = spec as Spec
    return [
      ...checkConditions(matchConditions, 'spec', POLICY_VARIABLES),
      ...(variables as Spec[]).flatMap(({ expression }, index) =>
        checkExpression(expression, `spec.variables[${index}].expression`, POLICY_VARIABLES),
      ),
      ...(validations as Spec[]).flatMap(({ expression, messageExpression }, index) => [
        ...checkExpression(expression, `spec.validations[${index}].expression`, POLICY_VARIABLES),
        ...(messageExpression
          ? checkExpression(messageExpression, `spec.validations[${index}].messageExpression`, POLICY_VARIABLES)
          : []),
      ]),
    ]
  },
}

function checkClient({ clientConfig, sideEffects }: Spec, at: string): FieldError[] {
  const errors: FieldError[] = []
  if (!clientConfig?.url === !clientConfig?.service) {
    errors.push(required(`${at}.clientConfig`, 'exactly one of url or service is required'))
  }
  if (!sideEffects) errors.push(required(`${at}.sideEffects`, 'must specify one of None, NoneOnDryRun'))
  return errors
}

function checkConditions(conditions: Spec[] | undefined, at: string, variables: string[]): FieldError[] {
  return (conditions ?? []).flatMap(({ expression }, index) =>
    checkExpression(expression, `${at}.matchConditions[${index}].expression`, variables),
  )
}

function checkExpression(expression: string | undefined, field: string, variables: string[]): FieldError[] {
  if (!expression?.trim()) return [required(field)]
  const fault = expressionFault(expression, variables)
  return fault === undefined ? [] : [invalidValue(field, expression, `compilation failed: ${fault}`)]
}
