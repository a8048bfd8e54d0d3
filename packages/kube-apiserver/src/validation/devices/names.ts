import { labelNameErrors, subdomainNameErrors } from '@slipway/kube-objects'
import type { FieldError } from '../../api/status.ts'
import { invalidValue, required, tooLong } from '../field-errors.ts'
import { driverName } from '../volumes.ts'

/** Of devices, requests and counters; one that is missing is as wrong as one that is empty. */
export const labelName = (at: string, name = ''): FieldError[] =>
  labelNameErrors(name).map((why) => invalidValue(at, name, why))

export function className(at: string, name: string | undefined): FieldError[] {
  if (!name) return [required(at)]
  return subdomainNameErrors(name).map((why) => invalidValue(at, name, why))
}

const POOL = 253

export function poolName(at: string, name: string | undefined): FieldError[] {
  if (!name) return [required(at)]
  return [
    ...(name.length > POOL ? [tooLong(at, POOL)] : []),
    ...name.split('/').flatMap((part) => subdomainNameErrors(part).map((why) => invalidValue(at, part, why))),
  ]
}

const IDENTIFIER = 32
const IDENTIFIER_TEXT =
  "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')"

function identifier(at: string, id: string): FieldError[] {
  return [
    ...(Buffer.byteLength(id) > IDENTIFIER ? [tooLong(at, IDENTIFIER)] : []),
    ...(/^[A-Za-z_][A-Za-z0-9_]*$/.test(id) ? [] : [invalidValue(at, id, IDENTIFIER_TEXT)]),
  ]
}

/** The name of an attribute or a capacity, which may have a domain before it. */
export function attributeName(at: string, name: string): FieldError[] {
  if (name === '') return [required(at, 'name required')]
  const [first = '', id, ...more] = name.split('/')
  if (id === undefined) return identifier(at, first)
  // Kubernetes looks at no more than one slash.
  if (more.length > 0) return []
  return [
    ...(first === '' ? [required(at, 'the domain must not be empty')] : driverName(at, first)),
    ...(id === '' ? [required(at, 'the name must not be empty')] : identifier(at, id)),
  ]
}

/** The same with a domain, which is how claims name an attribute. */
export function attributeReference(at: string, name: string): FieldError[] {
  return [
    ...attributeName(at, name),
    ...(name !== '' && !name.includes('/') ? [invalidValue(at, name, 'must include a domain')] : []),
  ]
}
