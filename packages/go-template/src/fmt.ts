import { formatFloat } from './float.ts'
import { type Flags, noFlags, printArgument } from './fmt-value.ts'
import { byteLength } from './utf8.ts'
import { integerOf, typeOf } from './values.ts'

/** Widths and precisions beyond this count as mistakes. */
const tooLarge = 1_000_000

/** Go's fmt.Sprintf: all verbs and flags, `%[n]` and `*`, and Go's marks for mistakes such as `%!d(string=x)`. */
export function sprintf(format: string, ...args: unknown[]): string {
  return new Formatter(format, args).run()
}

/** Go's fmt.Sprint: a space between operands when neither is a string. */
export function sprint(...args: unknown[]): string {
  let out = ''
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]
    if (i > 0 && typeof arg !== 'string' && typeof args[i - 1] !== 'string') out += ' '
    out += formatValue(arg)
  }
  return out
}

/** Go's fmt.Sprintln: spaces between all operands and a newline. */
export function sprintln(...args: unknown[]): string {
  return `${args.map(formatValue).join(' ')}\n`
}

/** A value as `%v` shows it: `map[a:1]`, `[x y]`, `<nil>`, `1e+06`. */
export function formatValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value
    case 'boolean':
    case 'bigint':
      return String(value)
    case 'number':
      return formatFloat(value, 'g', -1)
    default:
      return printArgument(value, 'v', noFlags)
  }
}

/** One run over a format, following Go's doPrintf. */
class Formatter {
  private readonly format: string
  private readonly args: readonly unknown[]
  private pos = 0
  private argument = 0
  private reordered = false
  private goodIndex = true
  private afterIndex = false
  private readonly lastBracket: number
  private out = ''

  constructor(format: string, args: readonly unknown[]) {
    this.format = format
    this.args = args
    this.lastBracket = format.lastIndexOf(']')
  }

  run(): string {
    const { format } = this
    while (this.pos < format.length) {
      const percent = format.indexOf('%', this.pos)
      if (percent === -1) {
        this.out += format.slice(this.pos)
        break
      }
      this.out += format.slice(this.pos, percent)
      this.pos = percent + 1
      this.directive()
    }
    if (!this.reordered && this.argument < this.args.length) this.out += this.extra()
    return this.out
  }

  private directive(): void {
    this.goodIndex = true
    this.afterIndex = false
    const flags: Flags = { ...noFlags }
    this.readFlags(flags)
    this.readIndex()
    this.readWidth(flags)
    this.readPrecision(flags)
    if (!this.afterIndex) this.readIndex()
    const code = this.format.codePointAt(this.pos)
    if (code === undefined) {
      this.out += '%!(NOVERB)'
      return
    }
    const verb = String.fromCodePoint(code)
    this.pos += verb.length
    this.out += this.verb(verb, flags)
  }

  private verb(verb: string, flags: Flags): string {
    if (verb === '%') return '%'
    if (!this.goodIndex) return `%!${verb}(BADINDEX)`
    if (this.argument >= this.args.length) return `%!${verb}(MISSING)`
    const arg = this.args[this.argument++]
    if (verb === 'v' || verb === 'w') {
      flags.sharpV = flags.sharp
      flags.plusV = flags.plus
      flags.sharp = false
      flags.plus = false
    }
    return printArgument(arg, verb, flags)
  }

  private readFlags(flags: Flags): void {
    for (; this.pos < this.format.length; this.pos++) {
      const char = this.format[this.pos]
      if (char === '#') flags.sharp = true
      else if (char === '0') flags.zero = true
      else if (char === '+') flags.plus = true
      else if (char === '-') flags.minus = true
      else if (char === ' ') flags.space = true
      else return
    }
  }

  /** `%[3]d`: an explicit argument, from 1. */
  private readIndex(): void {
    this.afterIndex = false
    if (this.format[this.pos] !== '[') return
    this.reordered = true
    // Go takes what is shorter than `[1]` for none, though it ends with a bracket.
    const isWhole = byteLength(this.format.slice(this.pos, this.pos + 3)) >= 3
    const close = isWhole && this.pos < this.lastBracket ? this.format.indexOf(']', this.pos) : -1
    const digits = close === -1 ? '' : this.format.slice(this.pos + 1, close)
    const index = /^\d+$/.test(digits) && Number(digits) <= tooLarge * 10 ? Number(digits) - 1 : undefined
    this.pos = close === -1 ? this.pos + 1 : close + 1
    if (index !== undefined && index >= 0 && index < this.args.length) {
      this.argument = index
      this.afterIndex = true
      return
    }
    this.goodIndex = false
    this.afterIndex = index !== undefined
  }

  private readNumber(): number | undefined {
    const digits = /\d*/y
    digits.lastIndex = this.pos
    const text = digits.exec(this.format)?.[0] ?? ''
    this.pos += text.length
    if (text === '') return undefined
    if (Number(text.slice(0, -1)) > tooLarge) {
      this.pos = this.format.length
      return undefined
    }
    return Number(text)
  }

  /** The value of a `*`: the next argument, when it is an integer of reasonable size. */
  private readStar(): number | undefined {
    this.pos++
    const value = this.argument < this.args.length ? integerOf(this.args[this.argument++]) : undefined
    if (value === undefined || value > BigInt(tooLarge) || value < -BigInt(tooLarge)) return undefined
    return Number(value)
  }

  private readWidth(flags: Flags): void {
    if (this.format[this.pos] !== '*') {
      flags.width = this.readNumber()
      if (this.afterIndex && flags.width !== undefined) this.goodIndex = false
      return
    }
    const width = this.readStar()
    this.afterIndex = false
    if (width === undefined) {
      this.out += '%!(BADWIDTH)'
      return
    }
    flags.width = Math.abs(width)
    if (width < 0) {
      flags.minus = true
      flags.zero = false
    }
  }

  private readPrecision(flags: Flags): void {
    if (this.format[this.pos] !== '.' || this.pos + 1 >= this.format.length) return
    this.pos++
    if (this.afterIndex) this.goodIndex = false
    this.readIndex()
    if (this.format[this.pos] !== '*') {
      flags.precision = this.readNumber() ?? 0
      return
    }
    const precision = this.readStar()
    this.afterIndex = false
    if (precision === undefined || precision < 0) this.out += '%!(BADPREC)'
    else flags.precision = precision
  }

  private extra(): string {
    const shown = this.args.slice(this.argument).map((arg) => {
      return arg === undefined || arg === null ? '<nil>' : `${typeOf(arg)}=${formatValue(arg)}`
    })
    return `%!(EXTRA ${shown.join(', ')})`
  }
}
