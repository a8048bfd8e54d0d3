import { sprintf } from '@slipway/go-template'
import { compileExpression } from '../regular-expression.ts'
import { dateProblem, dateTimeProblem, durationProblem, periodProblem, timeProblem } from './time-formats.ts'

/** Says what is wrong with a text, undefined when nothing is. */
export type FormatCheck = (text: string) => string | undefined

/** The checks of `format`, with the words of santhosh-tekuri/jsonschema. */
export const formats: ReadonlyMap<string, FormatCheck> = new Map([
  ['date', dateProblem],
  ['date-time', dateTimeProblem],
  ['time', timeProblem],
  ['duration', durationProblem],
  ['period', periodProblem],
  ['email', emailProblem],
  ['hostname', hostnameProblem],
  ['ipv4', ipv4Problem],
  ['ipv6', ipv6Problem],
  ['uri', uriProblem],
  ['iri', uriProblem],
  ['uri-reference', uriReferenceProblem],
  ['iri-reference', uriReferenceProblem],
  ['uuid', uuidProblem],
  ['regex', regexProblem],
  ['json-pointer', pointerProblem],
  ['relative-json-pointer', relativePointerProblem],
  ['semver', semverProblem],
])

function uriReferenceProblem(text: string): string | undefined {
  return text.includes('\\') ? 'contains \\' : referenceProblem(text)
}

function relativePointerProblem(text: string): string | undefined {
  const digits = /^\d*/.exec(text)?.[0] ?? ''
  if (digits === '') return 'must start with non-negative integer'
  if (/^0./.test(digits)) return 'starts with zero'
  const rest = text.slice(digits.length)
  return rest === '#' ? undefined : pointerProblem(rest)
}

function regexProblem(text: string): string | undefined {
  try {
    compileExpression(text)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function invalidCharacter(text: string, allowed: RegExp): string | undefined {
  for (const char of text)
    if (!allowed.test(char)) return sprintf('invalid character %q', BigInt(char.codePointAt(0) ?? 0))
  return undefined
}

function hostnameProblem(text: string): string | undefined {
  const name = text.replace(/\.$/, '')
  if (name.length > 253) return 'more than 253 characters long'
  for (const label of name.split('.')) {
    if (label.length < 1 || label.length > 63) return 'label must be 1 to 63 characters long'
    if (label.startsWith('-')) return 'label starts with hyphen'
    if (label.endsWith('-')) return 'label ends with hyphen'
    const problem = invalidCharacter(label, /[a-zA-Z0-9-]/)
    if (problem !== undefined) return problem
  }
  return undefined
}

function emailProblem(text: string): string | undefined {
  if (text.length > 254) return 'more than 255 characters long'
  const at = text.lastIndexOf('@')
  if (at < 0) return 'missing @'
  const local = text.slice(0, at)
  if (local.length > 64) return 'local part more than 64 characters long'
  return localPartProblem(local) ?? domainProblem(text.slice(at + 1))
}

function localPartProblem(local: string): string | undefined {
  if (local.length > 1 && local.startsWith('"')) {
    return /[\\"]/.test(local.slice(1, -1)) ? 'backslash and quote are not allowed within quoted local part' : undefined
  }
  if (local.startsWith('.')) return 'starts with dot'
  if (local.endsWith('.')) return 'ends with dot'
  if (local.includes('..')) return 'consecutive dots'
  return invalidCharacter(local, /[a-zA-Z0-9.!#$%&'*+\-/=?^_`{|}~]/)
}

function domainProblem(domain: string): string | undefined {
  const address = /^\[(.*)\]$/.exec(domain)?.[1]
  const prefixed = (prefix: string, problem: string | undefined) => problem && `${prefix}: ${problem}`
  if (address === undefined) return prefixed('invalid domain', hostnameProblem(domain))
  if (!address.startsWith('IPv6:')) return prefixed('invalid ipv4 address', ipv4Problem(address))
  return prefixed('invalid ipv6 address', ipv6Problem(address.slice('IPv6:'.length)))
}

function ipv4Problem(text: string): string | undefined {
  const groups = text.split('.')
  if (groups.length !== 4) return 'expected four decimals'
  for (const group of groups) {
    if (group.length > 1 && group.startsWith('0')) return 'leading zeros'
    if (!/^[+-]?\d+$/.test(group)) return `strconv.Atoi: parsing ${sprintf('%q', group)}: invalid syntax`
    if (Number(group) < 0 || Number(group) > 255) return 'decimal must be between 0 and 255'
  }
  return undefined
}

function ipv6Problem(text: string): string | undefined {
  if (!text.includes(':')) return 'missing colon'
  if (text.includes('%')) return 'zone id is not a part of ipv6 address'
  return isIpv6(text) ? undefined : `ParseAddr(${sprintf('%q', text)}): unable to parse IP`
}

function isIpv6(text: string): boolean {
  const halves = text.split('::')
  if (halves.length > 2) return false
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  const last = groups.at(-1) ?? ''
  const plain = last.includes('.') ? [...groups.slice(0, -1), '0', '0'] : groups
  if (last.includes('.') && ipv4Problem(last) !== undefined) return false
  const isWhole = halves.length === 2 ? plain.length < 8 : plain.length === 8
  return isWhole && plain.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))
}

/** What Go's url.Parse refuses. */
function referenceProblem(text: string): string | undefined {
  const parse = (problem: string) => `parse ${sprintf('%q', text)}: ${problem}`
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what Go refuses
  if (/[\x00-\x1f\x7f]/.test(text)) return parse('net/url: invalid control character in URL')
  if (text.startsWith(':')) return parse('missing protocol scheme')
  const broken = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(text)
  if (broken) return parse(`invalid URL escape ${sprintf('%q', broken[0])}`)
  if (!/^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text) && /^[^/?#]*:/.test(text)) {
    return parse('first path segment in URL cannot contain colon')
  }
  const host = /^[^/?#]*\/\/([^/?#]*)/.exec(text)?.[1]?.replace(/^.*@/, '')
  const character = host === undefined ? undefined : /[ "<>\\^`{|}]/.exec(host)
  if (character) return parse(`invalid character ${sprintf('%q', character[0])} in host name`)
  const port = host === undefined ? undefined : /(:[^\]]*)$/.exec(host)?.[1]
  if (port !== undefined && !/^:\d*$/.test(port)) return parse(`invalid port ${sprintf('%q', port)} after host`)
  return undefined
}

function uriProblem(text: string): string | undefined {
  return referenceProblem(text) ?? (/^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text) ? undefined : 'relative url')
}

function uuidProblem(text: string): string | undefined {
  const lengths = [8, 4, 4, 4, 12]
  const groups = text.split('-')
  if (groups.length !== lengths.length) return `must have ${lengths.length} elements`
  for (const [index, group] of groups.entries()) {
    if (group.length !== lengths[index]) return `element ${index + 1} must be ${lengths[index]} characters long`
    const problem = invalidCharacter(group, /[0-9a-fA-F]/)
    if (problem !== undefined) return problem.replace('invalid', 'non-hex')
  }
  return undefined
}

function pointerProblem(text: string): string | undefined {
  if (text !== '' && !text.startsWith('/')) return 'not starting with /'
  return /~(?![01])/.test(text) ? '~ must be followed by 0 or 1' : undefined
}

function semverProblem(text: string): string | undefined {
  const match = /^([^-+]*)(?:-([^+]*))?(?:\+(.*))?$/s.exec(text)
  const [, core = '', pre, build] = match ?? []
  if (build === '') return 'build is empty'
  if (build?.split('.').includes('')) return 'build identifier is empty'
  if (pre?.split('.').includes('')) return 'pre-release identifier is empty'
  if (pre?.split('.').some((part) => /^0\d+$/.test(part))) return 'pre-release numeric identifier starts with zero'
  const numbers = core.split('.')
  if (numbers.length !== 3) return 'versionCore must have 3 numbers separated by dot'
  for (const [index, name] of ['major', 'minor', 'patch'].entries()) {
    const number = numbers[index] ?? ''
    if (number === '') return `${name} is empty`
    if (/^0./.test(number)) return `${name} starts with zero`
    if (/\D/.test(number)) return `${name} contains non-digit`
  }
  return undefined
}
