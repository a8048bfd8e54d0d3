import { labelValueErrors, qualifiedNameErrors } from '@slipway/kube-objects'
import type { FieldError } from '../../api/status.ts'
import type { Spec } from '../../defaults/spec.ts'
import type { TypeRules } from '../check-types.ts'
import { invalidValue, notSupported, required } from '../field-errors.ts'
import { templateMetadata } from '../values.ts'
import { configuration } from './configuration.ts'
import { attributeReference, className, labelName } from './names.ts'
import { selectorErrors } from './selectors.ts'
import { listErrors, setErrors } from './sets.ts'

/** Claims for devices, and what they may ask for (pkg/apis/resource/validation). */
export const claimRules: TypeRules = {
  'resource/v1.DeviceClaim': deviceClaim,
  'resource/v1.ResourceClaimTemplateSpec': ({ metadata }, at) => templateMetadata(metadata, `${at}.metadata`),
  'resource/v1.DeviceClassSpec': ({ selectors, config = [] }, at) => [
    ...selectorErrors(selectors, `${at}.selectors`),
    ...listErrors(config as Spec[], `${at}.config`, MOST, configuration),
  ],
}

/** Of requests, of constraints and of configurations. */
const MOST = 32
const MOST_CHOICES = 8

function deviceClaim({ requests = [], constraints = [], config = [] }: Spec, at: string): FieldError[] {
  const names = requestNames(requests)
  return [
    ...setErrors(requests as Spec[], `${at}.requests`, MOST, { check: deviceRequest, key: nameOf, of: 'name' }),
    ...listErrors(constraints as Spec[], `${at}.constraints`, MOST, (one, field) => constraint(one, field, names)),
    ...listErrors(config as Spec[], `${at}.config`, MOST, (one, field) => [
      ...references(one.requests, `${field}.requests`, names),
      ...configuration(one, field),
    ]),
  ]
}

const nameOf = ({ name = '' }: Spec): string => name

/** The names that requests have, and with them those of what they choose from. */
export function requestNames(requests: Spec[] = []): ReadonlySet<string> {
  const choices = ({ name = '', firstAvailable = [] }: Spec): string[] =>
    (firstAvailable as Spec[]).map((choice) => `${name}/${nameOf(choice)}`)
  return new Set(requests.flatMap((request) => [nameOf(request), ...choices(request)]))
}

/** Names of requests that are meant elsewhere in the claim. */
export function references(list: string[] = [], at: string, names: ReadonlySet<string>): FieldError[] {
  return setErrors(list, at, MOST, { check: (name, field) => reference(name, field, names), key: (name) => name })
}

export function reference(name: string, at: string, names: ReadonlySet<string>): FieldError[] {
  const unknown = invalidValue(
    at,
    name,
    "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'",
  )
  const segments = name.split('/')
  if (segments.length > 2) return [unknown]
  return [...segments.flatMap((segment) => labelName(at, segment)), ...(names.has(name) ? [] : [unknown])]
}

function deviceRequest({ name, firstAvailable = [], exactly }: Spec, at: string): FieldError[] {
  const which = 'exactly one of `exactly` or `firstAvailable` is required'
  const choices = setErrors(firstAvailable as Spec[], `${at}.firstAvailable`, MOST_CHOICES, {
    check: (choice, field) => [...labelName(`${field}.name`, choice.name), ...asked(choice, field)],
    key: nameOf,
    of: 'name',
  })
  return [
    ...labelName(`${at}.name`, name),
    ...choices,
    ...(exactly ? asked(exactly, `${at}.exactly`) : []),
    ...(exactly || firstAvailable.length > 0 ? [] : [required(at, which)]),
    ...(exactly && firstAvailable.length > 0 ? [invalidValue(at, null, `${which}, but multiple fields are set`)] : []),
  ]
}

function asked({ deviceClassName, selectors, allocationMode: mode, count, tolerations = [] }: Spec, at: string) {
  return [
    ...className(`${at}.deviceClassName`, deviceClassName),
    ...selectorErrors(selectors, `${at}.selectors`),
    ...allocation(mode, count ?? 0, at),
    ...(tolerations as Spec[]).flatMap((one, index) => toleration(one, `${at}.tolerations[${index}]`)),
  ]
}

function allocation(mode: string, count: number, at: string): FieldError[] {
  const field = `${at}.count`
  if (mode === 'All') {
    return count === 0 ? [] : [invalidValue(field, count, "must not be specified when allocationMode is 'All'")]
  }
  if (mode === 'ExactCount') return count > 0 ? [] : [invalidValue(field, count, 'must be greater than zero')]
  return [notSupported(`${at}.allocationMode`, mode, ['All', 'ExactCount'])]
}

const EFFECTS = ['NoExecute', 'NoSchedule']

function toleration({ key = '', operator = '', value = '', effect = '' }: Spec, at: string): FieldError[] {
  const values = () => {
    if (operator === 'Equal') return labelValueErrors(value).map((why) => invalidValue(`${at}.value`, value, why))
    if (operator === '') return [required(`${at}.operator`)]
    if (operator !== 'Exists') return [notSupported(`${at}.operator`, operator, ['Equal', 'Exists'])]
    return value === '' ? [] : [invalidValue(`${at}.value`, value, 'must be empty for operator `Exists`')]
  }
  return [
    ...(key === '' ? [] : qualifiedNameErrors(key).map((why) => invalidValue(`${at}.key`, key, why))),
    ...values(),
    ...(effect === '' || EFFECTS.includes(effect) ? [] : [notSupported(`${at}.effect`, effect, EFFECTS)]),
  ]
}

function constraint(
  { requests, matchAttribute: same, distinctAttribute: distinct }: Spec,
  at: string,
  names: ReadonlySet<string>,
) {
  return [
    ...references(requests, `${at}.requests`, names),
    ...(same !== undefined
      ? attributeReference(`${at}.matchAttribute`, same)
      : distinct !== undefined
        ? attributeReference(`${at}.distinctAttribute`, distinct)
        : [required(`${at}.matchAttribute`)]),
  ]
}
