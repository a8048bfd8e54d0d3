import type { Environment } from '@marcbachmann/cel-js'
import { canonicalQuantity, parseQuantity } from '@slipway/kube-objects'

/** A resource quantity inside an expression. */
class Quantity {
  readonly nano: bigint
  readonly text: string

  constructor(text: string) {
    this.nano = parseQuantity(text)
    this.text = canonicalQuantity(text)
  }
}

/** A URL inside an expression. */
class Url {
  readonly value: URL

  constructor(text: string) {
    this.value = new URL(text)
  }
}

const holds = (check: () => unknown): boolean => {
  try {
    check()
    return true
  } catch {
    return false
  }
}

/** Adds the functions that Kubernetes adds to CEL (apiserver's cel/library) and this engine lacks. */
export function addKubernetesLibrary(env: Environment): Environment {
  addLists(env)
  addStrings(env)
  return addQuantities(addUrls(env))
}

type Ordered = bigint | number | string

function addLists(env: Environment): void {
  const least = (list: Ordered[], better: (a: Ordered, b: Ordered) => boolean): Ordered => {
    const [first, ...rest] = list
    if (first === undefined) throw new Error('min and max need a list that is not empty')
    return rest.reduce((best, one) => (better(one, best) ? one : best), first)
  }
  const index = (list: unknown[], value: unknown, at: number) => BigInt(at < 0 ? -1 : list.indexOf(value) < 0 ? -1 : at)
  env.registerFunction('list<dyn>.isSorted(): bool', (list: Ordered[]) =>
    list.every((value, i) => i === 0 || (list[i - 1] as Ordered) <= value),
  )
  env.registerFunction('list<dyn>.sum(): dyn', (list: (bigint | number)[]) =>
    list.length === 0 ? 0n : list.reduce((sum, value) => ((sum as bigint) + (value as bigint)) as bigint),
  )
  env.registerFunction('list<dyn>.min(): dyn', (list: Ordered[]) => least(list, (a, b) => a < b))
  env.registerFunction('list<dyn>.max(): dyn', (list: Ordered[]) => least(list, (a, b) => a > b))
  env.registerFunction('list<dyn>.indexOf(dyn): int', (list: unknown[], value: unknown) =>
    index(list, value, list.indexOf(value)),
  )
  env.registerFunction('list<dyn>.lastIndexOf(dyn): int', (list: unknown[], value: unknown) =>
    index(list, value, list.lastIndexOf(value)),
  )
}

function addStrings(env: Environment): void {
  env.registerFunction('string.charAt(int): string', (text: string, at: bigint) => text.charAt(Number(at)))
  env.registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) =>
    text.split(from).join(to),
  )
  env.registerFunction(
    'string.replace(string, string, int): string',
    (text: string, from: string, to: string, count: bigint) => {
      let result = text
      for (let left = Number(count), at = 0; left > 0; left--) {
        const found = result.indexOf(from, at)
        if (found < 0) break
        result = result.slice(0, found) + to + result.slice(found + from.length)
        at = found + to.length
      }
      return result
    },
  )
  env.registerFunction('string.find(string): string', (text: string, pattern: string) => {
    return new RegExp(pattern, 'u').exec(text)?.[0] ?? ''
  })
  env.registerFunction('string.findAll(string): list<string>', (text: string, pattern: string) =>
    [...text.matchAll(new RegExp(pattern, 'gu'))].map(([found]) => found),
  )
  env.registerFunction('string.format(list<dyn>): string', (text: string, values: unknown[]) => {
    let next = 0
    return text.replaceAll(/%(?:\.(\d+))?([sdfxXob%])/g, (_, digits: string | undefined, verb: string) => {
      if (verb === '%') return '%'
      return formatted(values[next++], verb, digits === undefined ? 6 : Number(digits))
    })
  })
}

function formatted(value: unknown, verb: string, digits: number): string {
  if (verb === 'f') return Number(value).toFixed(digits)
  const radix = { x: 16, X: 16, o: 8, b: 2 }[verb]
  if (radix && (typeof value === 'bigint' || typeof value === 'number')) {
    const text = value.toString(radix)
    return verb === 'X' ? text.toUpperCase() : text
  }
  if (Array.isArray(value)) return `[${value.map((one) => formatted(one, 's', digits)).join(', ')}]`
  return String(value)
}

function addUrls(env: Environment): Environment {
  env.registerType('kubernetes.URL', { ctor: Url, fields: {} })
  env.registerFunction('url(string): kubernetes.URL', (text: string) => new Url(text))
  env.registerFunction('isURL(string): bool', (text: string) => holds(() => new URL(text)))
  const parts: Record<string, (url: URL) => string> = {
    getScheme: ({ protocol }) => protocol.replace(/:$/, ''),
    getHost: ({ host }) => host,
    getHostname: ({ hostname }) => hostname,
    getPort: ({ port }) => port,
    getEscapedPath: ({ pathname }) => pathname,
  }
  for (const [name, part] of Object.entries(parts)) {
    env.registerFunction(`kubernetes.URL.${name}(): string`, ({ value }: Url) => part(value))
  }
  return env
}

function addQuantities(env: Environment): Environment {
  env.registerType('kubernetes.Quantity', { ctor: Quantity, fields: {} })
  env.registerFunction('quantity(string): kubernetes.Quantity', (text: string) => new Quantity(text))
  env.registerFunction('isQuantity(string): bool', (text: string) => holds(() => parseQuantity(text)))
  const compare: Record<string, (a: bigint, b: bigint) => boolean> = {
    isGreaterThan: (a, b) => a > b,
    isLessThan: (a, b) => a < b,
  }
  for (const [name, check] of Object.entries(compare)) {
    env.registerFunction(`kubernetes.Quantity.${name}(kubernetes.Quantity): bool`, (a: Quantity, b: Quantity) =>
      check(a.nano, b.nano),
    )
  }
  env.registerFunction('kubernetes.Quantity.compareTo(kubernetes.Quantity): int', (a: Quantity, b: Quantity) =>
    a.nano < b.nano ? -1n : a.nano > b.nano ? 1n : 0n,
  )
  env.registerFunction('kubernetes.Quantity.asInteger(): int', ({ nano }: Quantity) => nano / 1_000_000_000n)
  env.registerFunction('kubernetes.Quantity.asApproximateFloat(): double', ({ nano }: Quantity) => Number(nano) / 1e9)
  env.registerFunction('kubernetes.Quantity.isInteger(): bool', ({ nano }: Quantity) => nano % 1_000_000_000n === 0n)
  env.registerFunction('kubernetes.Quantity.sign(): int', ({ nano }: Quantity) =>
    nano > 0n ? 1n : nano < 0n ? -1n : 0n,
  )
  return env
}
