import type { FieldError } from '../api/status.ts'
import { checkExpression } from '../cel/check/check-expression.ts'
import { DYN, formatType, listOf, mapOf, type Type } from '../cel/check/types.ts'
import { invalidValue, required } from './field-errors.ts'

/** What an expression must be of, and what is said when it is missing. */
export interface Expected {
  variables: ReadonlyMap<string, Type>
  /** The types that it may have; none = any. */
  types?: readonly string[]
  missing?: string
}

export function expressionErrors(text: string | undefined, field: string, expected: Expected): FieldError[] {
  return checkedType(text, field, expected).errors
}

/** The type of a policy's variable, whatever is wrong with it. */
export function declaredVariable(text: string, variables: ReadonlyMap<string, Type>): Type {
  const checked = checkExpression(text, variables)
  return typeof checked === 'string' ? DYN : declarable(checked.type)
}

/** The type of a policy's variable, as later expressions see it, and what is wrong with it. */
export function variableType(
  text: string | undefined,
  field: string,
  expected: Expected,
): { type: Type; errors: FieldError[] } {
  const { type, errors } = checkedType(text, field, expected)
  return { type: type ? declarable(type) : DYN, errors }
}

function checkedType(
  text: string | undefined,
  field: string,
  { variables, types = [], missing }: Expected,
): { type?: Type; errors: FieldError[] } {
  if (!text?.trim()) return { errors: [required(field, missing)] }
  const checked = checkExpression(text, variables)
  if (typeof checked === 'string') return { errors: [invalidValue(field, text, `compilation failed: ${checked}`)] }
  const found = declaredName(checked.type)
  if (types.length === 0 || types.includes(found)) return { type: checked.type, errors: [] }
  const wanted = types.length === 1 ? types[0] : `one of [${types.join(' ')}]`
  return { type: checked.type, errors: [invalidValue(field, text, `must evaluate to ${wanted} but got ${found}`)] }
}

const DECLARED: Record<string, string> = {
  null: 'null_type',
  duration: 'google.protobuf.Duration',
  timestamp: 'google.protobuf.Timestamp',
}

/** The name of a type as its declaration has it, where messages of the checker have a shorter one. */
function declaredName(type: Type): string {
  if (type.parameters.length === 0) return DECLARED[type.name] ?? formatType(type)
  return `${type.name}(${type.parameters.map(declaredName).join(', ')})`
}

/** Of a variable's type, what apiserver keeps (plugin/cel/composition.go): objects and optional values are of any type. */
function declarable(type: Type): Type {
  const [first = DYN, second = DYN] = type.parameters.map(declarable)
  if (type.kind === 'list') return listOf(first)
  if (type.kind === 'map') return mapOf(first, second)
  return type.kind === 'scalar' || type.kind === 'null' ? type : DYN
}
