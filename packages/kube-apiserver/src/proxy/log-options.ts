import { flagOf } from '../api/flag.ts'
import { badRequest, type FieldError, invalid } from '../api/status.ts'
import { forbiddenField, invalidValue } from '../validation/field-errors.ts'

const FLAGS = ['follow', 'previous', 'timestamps']
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

/** The query of pods/log as the kubelet is asked. Throws 400 for what can't be read and 422 for what makes no sense. */
export function logParameters(query: URLSearchParams, pod: string): URLSearchParams {
  const numbers = ['sinceSeconds', 'tailLines', 'limitBytes'].map((name) => [name, integerOf(query, name)] as const)
  const { sinceSeconds, tailLines, limitBytes } = Object.fromEntries(numbers)
  const sinceTime = timeOf(query)
  const faults: FieldError[] = []
  if (tailLines !== undefined && tailLines < 0)
    faults.push(invalidValue('tailLines', tailLines, 'must be greater than or equal to 0'))
  if (limitBytes !== undefined && limitBytes < 1)
    faults.push(invalidValue('limitBytes', limitBytes, 'must be greater than 0'))
  if (sinceSeconds !== undefined && sinceTime)
    faults.push(forbiddenField('[]', 'at most one of `sinceTime` or `sinceSeconds` may be specified'))
  else if (sinceSeconds !== undefined && sinceSeconds < 1)
    faults.push(invalidValue('sinceSeconds', sinceSeconds, 'must be greater than 0'))
  if (faults.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, pod, faults)
  const parameters = new URLSearchParams()
  for (const name of FLAGS) if (flagOf(query, name)) parameters.set(name, 'true')
  for (const [name, number] of numbers) if (number !== undefined) parameters.set(name, String(number))
  if (sinceTime) parameters.set('sinceTime', sinceTime)
  const stream = query.get('stream')
  if (stream) parameters.set('stream', stream)
  return parameters
}

function integerOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  return Number(text)
}

function timeOf(query: URLSearchParams): string | undefined {
  const text = query.get('sinceTime')
  if (!text) return undefined
  if (TIME.test(text)) return text
  const quoted = JSON.stringify(text)
  throw badRequest(`parsing time ${quoted} as "2006-01-02T15:04:05Z07:00": cannot parse ${quoted} as "2006"`)
}
