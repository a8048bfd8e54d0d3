import { labelValueErrors, qualifiedNameErrors, subdomainNameErrors } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import type { TypeRules } from './check-types.ts'
import { forbiddenField, invalidValue, required } from './field-errors.ts'
import { labels, text } from './values.ts'

/** Selectors of labels and of nodes (metav1 and core/validation). */
export const selectorRules: TypeRules = {
  'meta/v1.LabelSelector': selectorFaults,
  'core/v1.NodeSelector': someTerms,
  'core/v1.NodeSelectorTerm': nodeTerm,
}

function someTerms({ nodeSelectorTerms = [] }: Spec, at: string): FieldError[] {
  if (nodeSelectorTerms.length > 0) return []
  return [required(`${at}.nodeSelectorTerms`, 'must have at least one node selector term')]
}

function nodeTerm({ matchExpressions = [], matchFields = [] }: Spec, at: string): FieldError[] {
  return [
    ...matchExpressions.flatMap((one: Spec, index: number) =>
      // Values that are only preferred are not looked at.
      nodeRequirement(
        at.endsWith('.preference') ? { ...one, unchecked: true } : one,
        `${at}.matchExpressions[${index}]`,
      ),
    ),
    ...matchFields.flatMap((one: Spec, index: number) => nodeField(one, `${at}.matchFields[${index}]`)),
  ]
}

/** What is wrong with a whole selector of nodes. */
export function nodeSelectorErrors(selector: Spec, at: string): FieldError[] {
  const terms: Spec[] = selector.nodeSelectorTerms ?? []
  return [
    ...someTerms(selector, at),
    ...terms.flatMap((term, index) => nodeTerm(term, `${at}.nodeSelectorTerms[${index}]`)),
  ]
}

/** What is wrong with a metav1.LabelSelector. */
export function selectorFaults({ matchLabels, matchExpressions = [] }: Spec, at: string): FieldError[] {
  return [
    ...labels(`${at}.matchLabels`, matchLabels),
    ...matchExpressions.flatMap((one: Spec, index: number) =>
      labelRequirement(one, `${at}.matchExpressions[${index}]`),
    ),
  ]
}

function labelRequirement({ key = '', operator = '', values = [] }: Spec, at: string): FieldError[] {
  return [...valuesFor(operator, values, at), ...keyAndValues(key, values, at)]
}

/** The selectors of what an access review asks about, whose operators may be newer than we are (authorization/validation). */
export function reviewSelectors({ fieldSelector, labelSelector }: Spec, at: string): FieldError[] {
  const known = (errors: FieldError[]) => errors.filter(({ field }) => !field.endsWith('.operator'))
  return [
    ...reviewSelector(fieldSelector, `${at}.fieldSelector`, ({ key, operator = '', values = [] }, field) => [
      ...(key ? [] : [required(`${field}.key`, 'must be specified')]),
      ...known(valuesFor(operator, values, field)),
    ]),
    ...reviewSelector(labelSelector, `${at}.labelSelector`, (one, field) => known(labelRequirement(one, field))),
  ]
}

function reviewSelector(
  selector: Spec | undefined,
  at: string,
  check: (requirement: Spec, field: string) => FieldError[],
): FieldError[] {
  if (!selector) return []
  const { rawSelector = '', requirements = [] } = selector
  const both = 'may not specified at the same time as requirements'
  const neither = `when ${at} is specified, requirements or rawSelector is required`
  return [
    ...(rawSelector && requirements.length > 0 ? [invalidValue(`${at}.rawSelector`, rawSelector, both)] : []),
    ...(rawSelector || requirements.length > 0 ? [] : [required(`${at}.requirements`, neither)]),
    ...(requirements as Spec[]).flatMap((one, index) => check(one, `${at}.requirements[${index}]`)),
  ]
}

function valuesFor(operator: string, values: string[], at: string): FieldError[] {
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length > 0 ? [] : [required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'")]
    case 'Exists':
    case 'DoesNotExist':
      return values.length === 0
        ? []
        : [forbiddenField(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
    default:
      return [invalidValue(`${at}.operator`, operator, 'not a valid selector operator')]
  }
}

function nodeRequirement({ key = '', operator = '', values = [], unchecked }: Spec, at: string): FieldError[] {
  const compares = operator === 'Gt' || operator === 'Lt'
  const single = "must be specified single value when `operator` is 'Lt' or 'Gt'"
  return [
    ...(compares ? [] : valuesFor(operator, values, at)),
    ...(compares && values.length !== 1 ? [required(`${at}.values`, single)] : []),
    ...keyAndValues(key, unchecked ? [] : values, at),
  ]
}

function keyAndValues(key: string, values: string[], at: string): FieldError[] {
  return [
    ...qualifiedNameErrors(key).map((why) => invalidValue(`${at}.key`, key, why)),
    ...values.flatMap((value, index) =>
      labelValueErrors(value).map((why) => invalidValue(`${at}.values[${index}]`, value, why)),
    ),
  ]
}

/** Nodes can be selected by their name only. */
function nodeField({ key = '', operator = '', values = [] }: Spec, at: string): FieldError[] {
  const single = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
  const known = operator === 'In' || operator === 'NotIn'
  return [
    ...(known ? [] : [invalidValue(`${at}.operator`, operator, 'not a valid selector operator')]),
    ...(known && values.length !== 1 ? [required(`${at}.values`, single)] : []),
    ...(key === 'metadata.name'
      ? values.flatMap((name: string, index: number) => text(`${at}.values[${index}]`, name, subdomainNameErrors))
      : [invalidValue(`${at}.key`, key, 'not a valid field selector key')]),
  ]
}
