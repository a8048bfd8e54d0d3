import { subdomainNameErrors } from '@slipway/kube-objects'
import type { FieldError } from '../../api/status.ts'
import type { Spec } from '../../defaults/spec.ts'
import type { TypeRules } from '../check-types.ts'
import { invalidValue, required, tooLong } from '../field-errors.ts'
import { goStruct } from '../go-struct.ts'
import { driverName } from '../volumes.ts'
import { attributeName, labelName, poolName } from './names.ts'
import { MOST_ATTRIBUTES } from './selectors.ts'
import { setErrors } from './sets.ts'

/** The devices that a driver has to give. */
export const sliceRules: TypeRules = {
  'resource/v1.ResourceSliceSpec': (spec, at) => [
    ...driverName(`${at}.driver`, spec.driver),
    ...pool(spec.pool ?? {}, `${at}.pool`),
    ...nodes(spec, at),
    ...setErrors((spec.devices ?? []) as Spec[], `${at}.devices`, MOST_DEVICES, {
      check: device,
      key: ({ name = '' }) => name,
      of: 'name',
    }),
  ],
}

const MOST_DEVICES = 128

function pool({ name, resourceSliceCount = 0, generation = 0 }: Spec, at: string): FieldError[] {
  return [
    ...poolName(`${at}.name`, name),
    ...(resourceSliceCount > 0
      ? []
      : [invalidValue(`${at}.resourceSliceCount`, resourceSliceCount, 'must be greater than zero')]),
    ...(generation >= 0 ? [] : [invalidValue(`${at}.generation`, generation, 'must be greater than or equal to zero')]),
  ]
}

function nodes({ nodeName, nodeSelector, allNodes }: Spec, at: string): FieldError[] {
  const chosen = Object.entries({ nodeName, nodeSelector, allNodes }).flatMap(([field, value]) =>
    value ? [`\`${field}\``] : [],
  )
  const which = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required'
  const terms = nodeSelector?.nodeSelectorTerms ?? []
  return [
    ...(nodeName === ''
      ? [invalidValue(`${at}.nodeName`, '', 'must be either unset or set to a non-empty string')]
      : []),
    ...(nodeName ? subdomainNameErrors(nodeName).map((why) => invalidValue(`${at}.nodeName`, nodeName, why)) : []),
    ...(nodeSelector && terms.length !== 1
      ? [invalidValue(`${at}.nodeSelector.nodeSelectorTerms`, terms, 'must have exactly one node selector term')]
      : []),
    ...(allNodes === false ? [invalidValue(`${at}.allNodes`, false, 'must be either unset or set to true')] : []),
    ...(chosen.length === 0 ? [required(at, which)] : []),
    ...(chosen.length > 1 ? [invalidValue(at, `{${chosen.join(', ')}}`, `${which}, but multiple fields are set`)] : []),
  ]
}

function device({ name, attributes = {}, capacity = {} }: Spec, at: string): FieldError[] {
  const count = Object.keys(attributes).length + Object.keys(capacity).length
  const most = `the total number of attributes and capacities must not exceed ${MOST_ATTRIBUTES}`
  return [
    ...labelName(`${at}.name`, name),
    ...(count > MOST_ATTRIBUTES ? [invalidValue(at, count, most)] : []),
    ...Object.entries(attributes as Record<string, Spec>).flatMap(([key, value]) => {
      const field = `${at}.attributes[${shortened(key)}]`
      return [...attributeName(field, key), ...attribute(value, field)]
    }),
    ...Object.keys(capacity).flatMap((key) => attributeName(`${at}.capacity[${shortened(key)}]`, key)),
  ]
}

/** A domain, a slash and an identifier. */
const LONGEST_NAME = 63 + 1 + 32

/** What is too long to be a name is shown without its middle. */
function shortened(name: string): string {
  if (name.length <= LONGEST_NAME) return name
  const left = LONGEST_NAME - '...'.length
  return `${name.slice(0, Math.ceil(left / 2))}...${name.slice(name.length - Math.floor(left / 2))}`
}

const LONGEST_VALUE = 64
const VERSION =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][\da-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][\da-zA-Z-]*))*)?(\+[\da-zA-Z-]+(\.[\da-zA-Z-]+)*)?$/

function attribute(value: Spec, at: string): FieldError[] {
  const { string: text, version } = value
  const kinds = ['bool', 'int', 'string', 'version'].filter((kind) => value[kind] !== undefined).length
  const tooLarge = (kind: string) =>
    Buffer.byteLength(value[kind] ?? '') > LONGEST_VALUE ? [tooLong(`${at}.${kind}`, LONGEST_VALUE)] : []
  const one = 'exactly one value must be specified'
  return [
    ...(text === undefined ? [] : tooLarge('string')),
    ...(version === undefined || VERSION.test(version)
      ? []
      : [invalidValue(`${at}.version`, version, 'must be a string compatible with semver.org spec 2.0.0')]),
    ...tooLarge('version'),
    ...(kinds === 0 ? [required(at, one)] : []),
    ...(kinds > 1 ? [invalidValue(at, goStruct(value, ATTRIBUTE), one)] : []),
  ]
}

const ATTRIBUTE = { IntValue: 'int', BoolValue: 'bool', StringValue: 'string', VersionValue: 'version' }
