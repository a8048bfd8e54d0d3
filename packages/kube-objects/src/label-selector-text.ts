import { UserError } from '@slipway/errors'
import { labelValueErrors, qualifiedNameErrors } from './names.ts'
import { int64, type LabelRequirement } from './selectors.ts'

/** A keyword, an operator, a bracket or comma by its text; `word` for keys and values; `end`. */
interface Token {
  kind: string
  text: string
}

const OPERATORS: Record<string, LabelRequirement['operator']> = {
  in: 'In',
  notin: 'NotIn',
  '=': 'In',
  '==': 'In',
  '!=': 'NotIn',
  '>': 'Gt',
  '<': 'Lt',
}
const SPECIAL = new Set(['=', '!', '(', ')', ',', '>', '<'])
const SYMBOLS = new Set([')', ',', '!', '==', '=', '>', '<', '!=', '('])

/**
 * Reads the text of `labelSelector=`: `a=b,c!=d,e in (f,g),!h,i`, with the grammar and the complaints of apimachinery's
 * labels.Parse. Throws UserError SELECTOR_INVALID.
 */
export function parseLabelSelector(text: string): LabelRequirement[] {
  return new Parser(tokensOf(text)).parse()
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const start = at
    if (/[ \t\r\n]/.test(text[at] ?? '')) at++
    else if (SPECIAL.has(text[at] ?? '')) {
      // The longest symbol that the special characters begin with.
      at++
      while (at < text.length && SYMBOLS.has(text.slice(start, at + 1))) at++
      const symbol = text.slice(start, at)
      tokens.push({ kind: symbol, text: symbol })
    } else {
      while (at < text.length && !SPECIAL.has(text[at] ?? '') && !/[ \t\r\n]/.test(text[at] ?? '')) at++
      const word = text.slice(start, at)
      tokens.push({ kind: word === 'in' || word === 'notin' ? word : 'word', text: word })
    }
  }
  return [...tokens, { kind: 'end', text: '' }]
}

class Parser {
  readonly #tokens: Token[]
  #at = 0

  constructor(tokens: Token[]) {
    this.#tokens = tokens
  }

  parse(): LabelRequirement[] {
    const requirements: LabelRequirement[] = []
    for (;;) {
      const first = this.#peek()
      if (first.kind === 'end') return requirements
      if (!isWord(first) && first.kind !== '!')
        fail(`found '${first.text}', expected: !, identifier, or 'end of string'`)
      requirements.push(this.#requirement())
      const next = this.#next()
      if (next.kind === 'end') return requirements
      if (next.kind !== ',') fail(`found '${next.text}', expected: ',' or 'end of string'`)
      const after = this.#peek()
      if (!isWord(after) && after.kind !== '!') fail(`found '${after.text}', expected: identifier after ','`)
    }
  }

  #peek(): Token {
    return this.#tokens[this.#at] as Token
  }

  #next(): Token {
    return this.#tokens[this.#at++] as Token
  }

  #requirement(): LabelRequirement {
    const not = this.#peek().kind === '!'
    if (not) this.#at++
    const key = this.#next()
    if (!isWord(key)) unparsable(`found '${key.text}', expected: identifier`)
    checkKey(key.text)
    if (not) return { key: key.text, operator: 'DoesNotExist', values: [] }
    const { kind } = this.#peek()
    if (kind === 'end' || kind === ',') return { key: key.text, operator: 'Exists', values: [] }
    const sign = this.#next()
    const operator = OPERATORS[sign.kind]
    if (!operator) return unparsable(`found '${sign.text}', expected: in, notin, =, ==, !=, gt, lt`)
    const values = sign.kind === 'in' || sign.kind === 'notin' ? this.#set() : [this.#exactValue()]
    checkValues({ key: key.text, operator, values })
    return { key: key.text, operator, values }
  }

  #exactValue(): string {
    const { kind } = this.#peek()
    if (kind === 'end' || kind === ',') return ''
    const value = this.#next()
    if (!isWord(value)) unparsable(`found '${value.text}', expected: identifier`)
    return value.text
  }

  /** `(a,b)`; an empty place is the empty value. */
  #set(): string[] {
    const open = this.#next()
    if (open.kind !== '(') unparsable(`found '${open.text}' expected: '('`)
    const values = new Set<string>()
    let word = ''
    for (;;) {
      const token = this.#next()
      if (isWord(token)) {
        word = token.text
        const { kind, text } = this.#peek()
        if (kind !== ',' && kind !== ')') unparsable(`found '${text}', expected: ',' or ')'`)
      } else if (token.kind === ',' || token.kind === ')') {
        values.add(word)
        word = ''
        if (token.kind === ')') return [...values].toSorted()
      } else unparsable(`found '${token.text}', expected: ',', or identifier`)
    }
  }
}

/** `in` and `notin` are words like others where no operator can stand. */
function isWord({ kind }: Token): boolean {
  return kind === 'word' || kind === 'in' || kind === 'notin'
}

function checkKey(key: string): void {
  const errors = qualifiedNameErrors(key)
  if (errors.length > 0) unparsable(`<nil>: Invalid value: ${JSON.stringify(key)}: ${errors.join('; ')}`)
}

function checkValues({ key, operator, values }: LabelRequirement): void {
  const isCompared = operator === 'Gt' || operator === 'Lt'
  const faults = values.flatMap((value, index) => {
    const shown = `Invalid value: ${JSON.stringify(value)}`
    const errors = labelValueErrors(value)
    return [
      ...(isCompared && int64(value) === undefined
        ? [`values[${index}]: ${shown}: for 'Gt', 'Lt' operators, the value must be an integer`]
        : []),
      ...(errors.length > 0 ? [`values[${index}][${key}]: ${shown}: ${errors.join('; ')}`] : []),
    ]
  })
  if (faults.length > 0) unparsable(faults.length === 1 ? `${faults[0]}` : `[${faults.join(', ')}]`)
}

function unparsable(why: string): never {
  fail(`unable to parse requirement: ${why}`)
}

function fail(message: string): never {
  throw new UserError('SELECTOR_INVALID', message)
}
