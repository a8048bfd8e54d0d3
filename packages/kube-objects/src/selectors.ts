import { UserError } from '@slipway/errors'
import type { KubeObject } from './object.ts'

/** One condition on labels. `values` is empty for Exists and DoesNotExist. */
export interface LabelRequirement {
  key: string
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt'
  values: string[]
}

/** metav1.LabelSelector. */
export interface LabelSelector {
  matchLabels?: Record<string, string>
  matchExpressions?: { key: string; operator: string; values?: string[] }[]
}

/** One condition on a field, such as `metadata.name=x`. */
export interface FieldRequirement {
  field: string
  operator: '=' | '!='
  value: string
}

/** The requirements of a metav1.LabelSelector; an empty one matches everything. Throws UserError SELECTOR_INVALID. */
export function labelRequirements(selector: LabelSelector): LabelRequirement[] {
  const equal = Object.entries(selector.matchLabels ?? {}).map(
    ([key, value]): LabelRequirement => ({ key, operator: 'In', values: [value] }),
  )
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }): LabelRequirement => {
    if (operator !== 'In' && operator !== 'NotIn' && operator !== 'Exists' && operator !== 'DoesNotExist') {
      throw new UserError('SELECTOR_INVALID', `"${operator}" is not a valid label selector operator`)
    }
    return { key, operator, values }
  })
  return [...equal, ...expressions]
}

/** Whether labels meet every requirement. */
export function matchesLabels(labels: Record<string, string> | undefined, requirements: LabelRequirement[]): boolean {
  return requirements.every((requirement) =>
    meets(labels && Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined, requirement),
  )
}

function meets(value: string | undefined, { operator, values }: LabelRequirement): boolean {
  const number = (text: string | undefined): number => Number.parseInt(text ?? '', 10)
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
      return number(value) > number(values[0])
    case 'Lt':
      return number(value) < number(values[0])
  }
}

/** Reads the text of `fieldSelector=`: `metadata.name=x,status.phase!=Running`. Throws UserError SELECTOR_INVALID. */
export function parseFieldSelector(text: string): FieldRequirement[] {
  return text
    .split(/(?<!\\),/)
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const match = /^\s*([^=!]+?)\s*(==|!=|=)(.*)$/s.exec(part)
      if (!match) {
        throw new UserError('SELECTOR_INVALID', `invalid selector: '${part}'; can't understand '${part}'`)
      }
      const [, field = '', operator, value = ''] = match
      return { field, operator: operator === '!=' ? '!=' : '=', value: value.replace(/\\([\\,=])/g, '$1') }
    })
}

/** Whether an object's fields meet every requirement. A field that is absent counts as the empty string. */
export function matchesFields(object: KubeObject, requirements: FieldRequirement[]): boolean {
  return requirements.every(({ field, operator, value }) => {
    let current: unknown = object
    for (const part of field.split('.')) current = (current as Record<string, unknown> | undefined)?.[part]
    const text = current === undefined || current === null ? '' : String(current)
    return (text === value) === (operator === '=')
  })
}

/** As Go prints a selector, in texts of Kubernetes. */
export function printedSelector(selector: LabelSelector | undefined): string {
  if (!selector) return 'nil'
  const { matchLabels = {}, matchExpressions = [] } = selector
  const labels = Object.entries(matchLabels)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}: ${value},`)
  const expressions = matchExpressions.map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  )
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`
}
