import { UserError } from '@slipway/errors'

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
      return compares(value, values[0], (a, b) => a > b)
    case 'Lt':
      return compares(value, values[0], (a, b) => a < b)
  }
}

/** What is no integer is neither more nor less. */
function compares(value = '', bound = '', holds: (a: bigint, b: bigint) => boolean): boolean {
  const [a, b] = [int64(value), int64(bound)]
  return a !== undefined && b !== undefined && holds(a, b)
}

/** The integer that Go reads from a text; undefined when it is none, or none of 64 bits. */
export function int64(text: string): bigint | undefined {
  if (!/^[+-]?\d{1,30}$/.test(text)) return undefined
  const number = BigInt(text.replace('+', ''))
  return BigInt.asIntN(64, number) === number ? number : undefined
}

/** Reads the text of `fieldSelector=`: `metadata.name=x,status.phase!=Running`, as apimachinery's fields package does. Throws UserError SELECTOR_INVALID. */
export function parseFieldSelector(text: string): FieldRequirement[] {
  const terms = text.match(/(?:\\.|[^,])+/gs)?.toSorted() ?? []
  return terms.flatMap((term) => {
    const [, field = '', operator, escaped = ''] = /^(.*?)(!=|==?)(.*)$/s.exec(term) ?? []
    if (operator === undefined) {
      throw new UserError('SELECTOR_INVALID', `invalid selector: '${text}'; can't understand '${term}'`)
    }
    const value = unescapedValue(escaped)
    return field || value ? [{ field, operator: operator === '!=' ? '!=' : '=', value }] : []
  })
}

function unescapedValue(text: string): string {
  return text.replaceAll(/\\(.?)|[,=]/gsu, (found, escaped?: string) => {
    if (escaped !== undefined && /^[\\,=]$/.test(escaped)) return escaped
    const what =
      escaped === undefined
        ? `unescaped character in value: ${found.charCodeAt(0)}`
        : `invalid escape sequence: ${found}`
    throw new UserError('SELECTOR_INVALID', `invalid field selector: ${what}`)
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
