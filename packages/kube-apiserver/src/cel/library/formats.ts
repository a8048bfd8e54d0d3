import { type Environment, Optional } from '@marcbachmann/cel-js'
import {
  labelNameErrors,
  labelValueErrors,
  qualifiedNameErrors,
  rfc1035NameErrors,
  subdomainNameErrors,
} from '@slipway/kube-objects'
import { addNamespace } from './namespace.ts'
import { isUrl } from './urls.ts'

type Check = (text: string) => string[]

/** A named format inside an expression. */
class Format {
  readonly check: Check

  constructor(check: Check) {
    this.check = check
  }
}

const unless = (holds: (text: string) => boolean, fault: string): Check => {
  return (text) => (holds(text) ? [] : [fault])
}

/** What a generated name begins with may end in a dash (NameIsDNSLabel with a prefix). */
const asPrefix = (check: Check): Check => {
  return (text) => check(text.replace(/-$/, 'a'))
}

const isDate = (text: string): boolean => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text))
const isDateTime = (text: string): boolean =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.test(text) && !Number.isNaN(Date.parse(text))

const FORMATS: Record<string, Check> = {
  dns1123Label: labelNameErrors,
  dns1123Subdomain: subdomainNameErrors,
  dns1035Label: rfc1035NameErrors,
  qualifiedName: qualifiedNameErrors,
  dns1123LabelPrefix: asPrefix(labelNameErrors),
  dns1123SubdomainPrefix: asPrefix(subdomainNameErrors),
  dns1035LabelPrefix: asPrefix(rfc1035NameErrors),
  labelValue: labelValueErrors,
  uri: unless(isUrl, 'invalid URI for request'),
  uuid: unless(
    (text) => /^[\da-f]{8}-?[\da-f]{4}-?[\da-f]{4}-?[\da-f]{4}-?[\da-f]{12}$/i.test(text),
    'does not match the UUID format',
  ),
  byte: unless((text) => /^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/.test(text), 'invalid base64'),
  date: unless(isDate, 'invalid date'),
  datetime: unless(isDateTime, 'invalid datetime'),
}

/** apiserver's cel/library/format.go. */
export function addFormats(env: Environment): void {
  const type = 'kubernetes.NamedFormat'
  env.registerType(type, { ctor: Format, fields: {} })
  const named = Object.entries(FORMATS).map(([name, check]) => [`${name}(): ${type}`, () => new Format(check)] as const)
  addNamespace(env, 'format', {
    ...Object.fromEntries(named),
    [`named(string): optional<${type}>`]: (name: string) => {
      const check = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined
      return check ? Optional.of(new Format(check)) : Optional.none()
    },
  })
  env.registerFunction(`${type}.validate(string): optional<list<string>>`, ({ check }: Format, text: string) => {
    const faults = check(text)
    return faults.length > 0 ? Optional.of(faults) : Optional.none()
  })
}
