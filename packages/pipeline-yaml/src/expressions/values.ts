/** A version literal such as `1.2.3`. */
export class Version {
  readonly parts: readonly number[]

  constructor(parts: readonly number[]) {
    this.parts = parts
  }

  toString(): string {
    return this.parts.join('.')
  }
}

/** What an expression can evaluate to. */
export type Value = null | boolean | number | string | Version | Value[] | { [key: string]: Value }

type Kind = 'null' | 'boolean' | 'number' | 'string' | 'version' | 'array' | 'object'

export function kindOf(value: Value): Kind {
  if (value === null) return 'null'
  if (value instanceof Version) return 'version'
  if (Array.isArray(value)) return 'array'
  return typeof value as 'boolean' | 'number' | 'string' | 'object'
}

export function toBoolean(value: Value): boolean {
  switch (kindOf(value)) {
    case 'null':
      return false
    case 'number':
      return value !== 0
    case 'string':
      return value !== ''
    case 'boolean':
      return value as boolean
    case 'version':
    case 'array':
    case 'object':
      return true
  }
}

/** Booleans become `True` and `False`, as the service's own converter writes them (.NET format). */
export function toText(value: Value): string | undefined {
  switch (kindOf(value)) {
    case 'null':
      return ''
    case 'boolean':
      return value ? 'True' : 'False'
    case 'array':
    case 'object':
      return undefined
    case 'number':
    case 'string':
    case 'version':
      return String(value)
  }
}

const NUMBER = /^[+-]?(\d[\d,]*(\.\d*)?|\.\d+)$/
const VERSION = /^\d+\.\d+(\.\d+){0,2}$/

export function toNumber(value: Value): number | undefined {
  switch (kindOf(value)) {
    case 'null':
      return 0
    case 'boolean':
      return value ? 1 : 0
    case 'number':
      return value as number
    case 'string': {
      const text = (value as string).trim()
      if (text === '') return 0
      return NUMBER.test(text) ? Number(text.replaceAll(',', '')) : undefined
    }
    case 'version':
    case 'array':
    case 'object':
      return undefined
  }
}

export function toVersion(value: Value): Version | undefined {
  if (value instanceof Version) return value
  const text = typeof value === 'number' || typeof value === 'string' ? String(value).trim() : ''
  return VERSION.test(text) ? new Version(text.split('.').map(Number)) : undefined
}

/** `eq`: the right side is cast to the type of the left; what can't be cast is not equal; strings ignore case. */
export function equals(left: Value, right: Value): boolean {
  switch (kindOf(left)) {
    case 'null':
      return right === null || right === ''
    case 'boolean':
      return left === toBoolean(right)
    case 'number':
      return left === toNumber(right)
    case 'string': {
      const text = toText(right)
      return text !== undefined && (left as string).toUpperCase() === text.toUpperCase()
    }
    case 'version': {
      const version = toVersion(right)
      return version !== undefined && compareVersions(left as Version, version) === 0
    }
    case 'array':
    case 'object':
      return left === right
  }
}

/** Order of two values after the cast of `equals`; undefined when they can't be compared, which is an error for the caller. */
export function compare(left: Value, right: Value): number | undefined {
  switch (kindOf(left)) {
    case 'boolean':
      return Number(left) - Number(toBoolean(right))
    case 'number': {
      const number = toNumber(right)
      return number === undefined ? undefined : (left as number) - number
    }
    case 'string': {
      const text = toText(right)
      if (text === undefined) return undefined
      const [a, b] = [(left as string).toUpperCase(), text.toUpperCase()]
      return a < b ? -1 : Number(a > b)
    }
    case 'version': {
      const version = toVersion(right)
      return version && compareVersions(left as Version, version)
    }
    case 'null':
    case 'array':
    case 'object':
      return undefined
  }
}

// A part that is not given sorts before 0, as in System.Version.
function compareVersions(left: Version, right: Version): number {
  for (let index = 0; index < 4; index++) {
    const difference = (left.parts[index] ?? -1) - (right.parts[index] ?? -1)
    if (difference !== 0) return difference
  }
  return 0
}
