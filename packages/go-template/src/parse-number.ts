/** Go's strconv for numbers: reading texts as Go's own literals are written. */

const integer = /^([+-]?)(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|0[0-7_]*|[1-9][0-9_]*)$/
const decimalFloat = /^[+-]?(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?$/
const hexFloat = /^([+-]?)0[xX]([0-9a-fA-F_]*)(?:\.([0-9a-fA-F_]*))?[pP]([+-]?\d+)$/

/** No type of Go's holds as many decimal digits, and to read ever so many takes longer than they are long. */
const maxDigits = 1000

/** strconv.ParseInt with base 0, also of what is too large for it; undefined when the text is no integer or an endless one. */
export function parseInteger(text: string): bigint | undefined {
  const match = integer.exec(text)
  if (!match || !underscoresAreValid(text)) return undefined
  const digits = (match[2] ?? '').replaceAll('_', '')
  if (digits.length > maxDigits && !digits.startsWith('0')) return undefined
  const magnitude = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits)
  return match[1] === '-' ? -magnitude : magnitude
}

/** strconv.ParseFloat; undefined when the text is no number, or too large for one. */
export function parseFloat64(text: string): number | undefined {
  const special = /^([+-]?)(?:inf|infinity)$|^nan$/i.exec(text)
  if (special) return special[1] === undefined ? Number.NaN : special[1] === '-' ? -Infinity : Infinity
  if (!underscoresAreValid(text)) return undefined
  const hex = hexFloat.exec(text)
  const value = hex ? parseHexFloat(hex) : decimalFloat.test(text) ? Number(text.replaceAll('_', '')) : undefined
  return value !== undefined && Number.isFinite(value) ? value : undefined
}

/** Underscores stand between digits, or between a base prefix and a digit. */
function underscoresAreValid(text: string): boolean {
  if (!text.includes('_')) return true
  return !/^[+-]?_|_$|__|_[^0-9a-fA-F]|[^0-9a-fA-FxXbBoO]_/.test(text)
}

function parseHexFloat(match: RegExpExecArray): number | undefined {
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  const digits = (whole + fraction).replaceAll('_', '')
  if (digits === '') return undefined
  const power = Number(exponent) - 4 * fraction.replaceAll('_', '').length
  const magnitude = Number(BigInt(`0x${digits}`)) * 2 ** power
  return sign === '-' ? -magnitude : magnitude
}
