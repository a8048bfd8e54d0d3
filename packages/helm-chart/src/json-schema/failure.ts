import { sprintf } from '@slipway/go-template'

/** Why a value does not fit a schema; a tree, in the words of santhosh-tekuri/jsonschema, which Helm shows. */
export interface Failure {
  /** The keys from the top of the document to the value. */
  readonly path: readonly string[]
  readonly message: string
  readonly causes: readonly Failure[]
  /** `group` only holds several failures of one schema, `reference` those behind a `$ref`. */
  readonly kind?: 'group' | 'reference'
}

/** The failures that a group stands for. */
export function unfolded(failure: Failure): readonly Failure[] {
  return failure.kind === 'group' ? failure.causes : [failure]
}

/** The failures as lines, each level indented by two spaces. */
export function failureText(failures: readonly Failure[]): string {
  return failures.flatMap((failure) => linesOf(failure, '')).join('\n')
}

function linesOf(failure: Failure, margin: string): string[] {
  // A reference with one failure behind it says nothing by itself.
  if (failure.kind === 'reference' && failure.causes.length === 1) {
    return failure.causes.flatMap((cause) => linesOf(cause, margin))
  }
  const line = `${margin}- at ${quoted(pointer(failure.path))}: ${failure.message}`
  return [line, ...failure.causes.flatMap((cause) => linesOf(cause, `${margin}  `))]
}

function pointer(path: readonly string[]): string {
  return path.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** Go's quoted text in single quotes. */
export function quoted(text: string): string {
  const inner = sprintf('%q', text).slice(1, -1)
  return `'${inner.replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}

/** A scalar as the messages show it. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return quoted(value)
  if (value === null) return '<nil>'
  return typeof value === 'object' ? 'value' : String(value)
}

/** An integer as English writes it: 8,080. */
export function grouped(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',')
}

const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹'

/** A float64 as Go's English printer writes it: 8,080.5, and 1.5×10⁰⁶ from a million on. */
export function groupedFloat(value: number): string {
  const [digits = '', exponent = '0'] = value.toExponential().split('e')
  const power = Number(exponent)
  if (value === 0 || (power >= -4 && power < 6)) {
    const [whole = '', fraction] = String(value).split('.')
    return fraction === undefined ? grouped(Number(whole)) : `${grouped(Number(whole))}.${fraction}`
  }
  const raised = Array.from(String(Math.abs(power)).padStart(2, '0'), (digit) => superscripts[Number(digit)])
  return `${digits}×10${power < 0 ? '⁻' : ''}${raised.join('')}`
}
