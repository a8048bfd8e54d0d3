import { isIP } from 'node:net'
import { labelNameErrors, labelValueErrors, qualifiedNameErrors, subdomainNameErrors } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import { parseIp } from './addresses.ts'
import { forbiddenField, invalidValue, notSupported, required } from './field-errors.ts'

/** What is wrong with a value, in the words of apimachinery's util/validation; empty = nothing. */
export type TextRule = (value: string) => string[]

/** A text that may be absent: one that is empty was set, or it would not be here. */
export function text(field: string, value: string | undefined, rule: TextRule): FieldError[] {
  return value === undefined ? [] : rule(value).map((why) => invalidValue(field, value, why))
}

/** A text that must be there. */
export function requiredText(field: string, value: string | undefined, rule?: TextRule): FieldError[] {
  if (!value) return [required(field)]
  return rule ? text(field, value, rule) : []
}

/** One of a few words that must be there. */
export function oneOf(field: string, value: string | undefined, supported: readonly string[], why = ''): FieldError[] {
  if (!value) return [required(field, why)]
  return supported.includes(value) ? [] : [notSupported(field, value, supported)]
}

export function notNegative(field: string, value: number | undefined): FieldError[] {
  return value !== undefined && value < 0 ? [invalidValue(field, value, 'must be greater than or equal to 0')] : []
}

export function inRange(field: string, value: number | undefined, least: number, most: number): FieldError[] {
  if (value === undefined || (value >= least && value <= most)) return []
  return [invalidValue(field, value, `must be between ${least} and ${most}, inclusive`)]
}

/** Of users and groups. */
export const numericId = (field: string, value: number | undefined): FieldError[] =>
  inRange(field, value, 0, 2_147_483_647)

export const portNumber = (field: string, value = 0): FieldError[] => inRange(field, value, 1, 65_535)

/** Names without a domain are Kubernetes' own. */
const STANDARD_FINALIZERS = new Set(['kubernetes', 'orphan', 'foregroundDeletion'])

/** Of a finalizer of Kubernetes' own types (validateKubeFinalizerName). */
export function finalizerDomainErrors(name: string): string[] {
  if (name.includes('/') || STANDARD_FINALIZERS.has(name)) return []
  return ['name is neither a standard finalizer name nor is it fully qualified']
}

/** The name of a port (RFC 6335). */
export function portNameErrors(name: string): string[] {
  const errors: string[] = []
  if (name.length > 15) errors.push('must be no more than 15 characters')
  if (!/^[-a-z0-9]+$/.test(name)) {
    errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')
  }
  if (!/[a-z]/.test(name)) errors.push('must contain at least one letter (a-z)')
  if (name.includes('--')) errors.push('must not contain consecutive hyphens')
  if (/^-|-$/.test(name)) errors.push('must not begin or end with a hyphen')
  return errors
}

export function portNumberOrName(field: string, value: number | string | undefined): FieldError[] {
  if (typeof value !== 'string') return portNumber(field, value)
  return portNameErrors(value).map((why) => invalidValue(field, value, why))
}

/** `5` or `50%`. */
export function countOrPercent(field: string, value: number | string | undefined): FieldError[] {
  if (typeof value !== 'string') return notNegative(field, value)
  if (/^\d+%$/.test(value)) return []
  const why =
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"
  return [invalidValue(field, value, why)]
}

export function atMostAll(field: string, value: number | string | undefined): FieldError[] {
  const excessive = typeof value === 'string' && /^\d+%$/.test(value) && Number.parseInt(value, 10) > 100
  return excessive ? [invalidValue(field, value, 'must not be greater than 100%')] : []
}

export function labels(field: string, map: Record<string, string> = {}): FieldError[] {
  return Object.entries(map).flatMap(([key, value]) => [
    ...qualifiedNameErrors(key).map((why) => invalidValue(field, key, why)),
    ...labelValueErrors(value).map((why) => invalidValue(field, value, why)),
  ])
}

/** Of what is made from a template inside of an object: labels and annotations, nothing else (ValidateTemplateObjectMeta). */
export function templateMetadata(
  { labels: given, annotations = {}, ...others }: Record<string, unknown> & { labels?: Record<string, string> } = {},
  at: string,
): FieldError[] {
  return [
    ...Object.keys(annotations as object).flatMap((key) =>
      qualifiedNameErrors(key.toLowerCase()).map((why) => invalidValue(`${at}.annotations`, key, why)),
    ),
    ...labels(`${at}.labels`, given),
    // The field is Go's with a small first letter.
    ...Object.keys(others).map((field) => forbiddenField(`${at}.${field === 'uid' ? 'uID' : field}`, 'cannot be set')),
  ]
}

export function ipAddress(field: string, value = ''): FieldError[] {
  if (addressFamily(value) > 0) return []
  return [invalidValue(field, value, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')]
}

export function cidr(field: string, value = ''): FieldError[] {
  return parsedCidr(value)
    ? []
    : [invalidValue(field, value, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')]
}

/** 4, 6 or 0, as Go read addresses before 1.17: numbers may begin with zeros, and a zone is none of an address (ParseIPSloppy). */
function addressFamily(value: string): number {
  return value.includes('%') ? 0 : isIP(withoutZeros(value))
}

const withoutZeros = (value: string): string => value.replaceAll(/(?<=^|\.)0+(?=\d+(?:\.|$))/g, '')

/** The address of an interface, with the size of its network. */
export function interfaceAddress(value: string, field: string): FieldError[] {
  const parsed = parsedCidr(value)
  if (!parsed) {
    return [invalidValue(field, value, 'must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)')]
  }
  const canonical = `${parseIp(withoutZeros(parsed.address))}/${parsed.bits}`
  return canonical === value ? [] : [invalidValue(field, value, `must be in canonical form ("${canonical}")`)]
}

export function parsedCidr(value: string): { address: string; bits: number; family: number } | undefined {
  const [, address = '', bits = ''] = /^(.+)\/(\d{1,3})$/.exec(value) ?? []
  const family = addressFamily(address)
  return family > 0 && Number(bits) <= (family === 4 ? 32 : 128) ? { address, bits: Number(bits), family } : undefined
}

/**
 * An address that traffic can be sent to (ValidateEndpointIP). Kubernetes refuses loopback addresses too, but here they are
 * where the one machine's pods and its API can be reached.
 */
export function endpointAddress(field: string, value = ''): FieldError[] {
  if (isIP(value) === 0) return [invalidValue(field, value, 'must be a valid IP address')]
  if (/^0\.0\.0\.0$|^::$/.test(value)) return [invalidValue(field, value, `may not be unspecified (${value})`)]
  if (/^169\.254\.|^fe[89ab].:/i.test(value)) {
    return [invalidValue(field, value, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)')]
  }
  if (/^224\.0\.0\.|^ff02:/i.test(value)) {
    return [invalidValue(field, value, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)')]
  }
  return []
}

/** A path below a directory, that does not lead out of it. */
export function pathWithin(field: string, path = ''): FieldError[] {
  return [
    ...(path.startsWith('/') ? [invalidValue(field, path, 'must be a relative path')] : []),
    ...pathForward(field, path),
  ]
}

/** The same, whose first element does not look like the way out. */
export function fileWithin(field: string, path = ''): FieldError[] {
  const hidden = path.startsWith('..') && !path.startsWith('../')
  return [...pathWithin(field, path), ...(hidden ? [invalidValue(field, path, "must not start with '..'")] : [])]
}

export function pathForward(field: string, path = ''): FieldError[] {
  return path.split('/').includes('..') ? [invalidValue(field, path, "must not contain '..'")] : []
}

export function fileMode(field: string, mode: number | undefined): FieldError[] {
  if (mode === undefined || (mode >= 0 && mode <= 0o777)) return []
  return [invalidValue(field, mode, 'must be a number between 0 and 0777 (octal), both inclusive')]
}

const KEY_TEXT =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"

/** Keys of ConfigMaps and Secrets, which become names of files. */
export function keyErrors(key: string): string[] {
  const errors: string[] = []
  if (key.length > 253) errors.push('must be no more than 253 characters')
  if (!/^[-._a-zA-Z0-9]+$/.test(key)) errors.push(KEY_TEXT)
  if (key === '.') errors.push("must not be '.'")
  else if (key === '..') errors.push("must not be '..'")
  else if (key.startsWith('..')) errors.push("must not start with '..'")
  return errors
}

/** What may stand between two slashes of a URL (path.IsValidPathSegmentName). */
export function segmentErrors(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`]
  return ['/', '%'].filter((char) => name.includes(char)).map((char) => `may not contain '${char}'`)
}

export const WILDCARD_TEXT =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"

/** A host, which may begin with `*.`. */
export function hostErrors(host: string): string[] {
  if (!host.includes('*')) return subdomainNameErrors(host)
  return host.startsWith('*.') && subdomainNameErrors(host.slice(2)).length === 0 ? [] : [WILDCARD_TEXT]
}

/** `example.com/name`. */
export function domainPrefixedPath(field: string, value: string | undefined): FieldError[] {
  if (!value) return [required(field)]
  const slash = value.indexOf('/')
  if (slash < 1 || slash === value.length - 1) {
    return [invalidValue(field, value, 'must be a domain-prefixed path (such as "acme.io/foo")')]
  }
  const [host, path] = [value.slice(0, slash), value.slice(slash + 1)]
  if (!/^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(path)) {
    const why = "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')"
    return [invalidValue(field, path, why)]
  }
  return subdomainNameErrors(host).map((why) => invalidValue(field, host, why))
}

/** The first letters of a kind or a name in a reference. */
export const segment = (field: string, value: string | undefined): FieldError[] =>
  requiredText(field, value, segmentErrors)

export const label = (field: string, value: string | undefined): FieldError[] => text(field, value, labelNameErrors)
export const subdomain = (field: string, value: string | undefined): FieldError[] =>
  text(field, value, subdomainNameErrors)
export const qualified = (field: string, value = ''): FieldError[] =>
  qualifiedNameErrors(value).map((why) => invalidValue(field, value, why))
