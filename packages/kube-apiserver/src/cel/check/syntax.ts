import { ParseError } from '@marcbachmann/cel-js'
import { type Issue, NOWHERE } from './issues.ts'

/** The tokens that an operand can begin with, as ANTLR lists them. */
const OPERAND =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"

/** The engine's names of tokens, and the tokens. */
const TOKENS: Record<string, string> = { RPAREN: "')'", RBRACKET: "']'", RBRACE: "'}'", COLON: "':'" }

/** More faults of one text than anyone reads. */
const MAX_ISSUES = 20

/** What keeps an expression from being read, in the words of cel-go's parser where it stops at the same places. */
export function syntaxIssues(text: string, parse: (text: string) => unknown): Issue[] {
  const issues: Issue[] = []
  let rest = text
  while (issues.length < MAX_ISSUES) {
    try {
      parse(rest)
      return issues
    } catch (error) {
      const issue = syntaxIssue(rest, error)
      issues.push(issue)
      // What is no token is left out, and reading goes on behind it.
      const [, unknown] = /^Syntax error: token recognition error at: '(.*)'$/s.exec(issue.message) ?? []
      if (!unknown) return issues
      rest = rest.slice(0, issue.at) + ' '.repeat(unknown.length) + rest.slice(issue.at + unknown.length)
    }
  }
  return issues
}

function syntaxIssue(text: string, error: unknown): Issue {
  if (!(error instanceof ParseError)) throw error
  const { code, summary, range } = error
  const at = range?.start ?? 0
  const syntax = (message: string): Issue => ({ at, message: `Syntax error: ${message}` })
  const token = tokenAt(text, at)
  switch (code) {
    case 'limit_exceeded':
      return { at: NOWHERE, message: 'expression recursion limit exceeded: 250' }
    case 'reserved_identifier':
      return { at, message: summary.replace('Reserved', 'reserved') }
    case 'invalid_integer':
    case 'invalid_hex_integer':
      return { at, message: `invalid ${/u$/i.test(token) ? 'uint' : 'int'} literal` }
    case 'invalid_macro_argument':
      return { at, message: complaintOfMacro(summary) }
    case 'unexpected_token':
      return syntax(
        `${isExtraneous(text, at, token) ? 'extraneous' : 'mismatched'} input '${token}' expecting ${OPERAND}`,
      )
    case 'expected_token':
      return syntax(missing(text, at, summary))
    case 'unterminated_string':
    case 'newline_in_string':
      return syntax(`token recognition error at: '${text.slice(at)}'`)
    case 'unexpected_character':
      if (/^Unexpected character: '/.test(summary)) {
        const isLast = text.slice(at + token.length).trim() === ''
        return syntax(`${isLast ? 'extraneous' : 'mismatched'} input '${token}' expecting <EOF>`)
      }
      return syntax(`token recognition error at: '${text.slice(at, at + (/[=&|]/.test(text[at] ?? '') ? 2 : 1))}'`)
    default:
      return syntax(summary)
  }
}

/** The engine's own macros name themselves; cel-go's do not. */
function complaintOfMacro(summary: string): string {
  if (/^(?:map|filter)\(/.test(summary)) return 'argument is not an identifier'
  return /^(?:all|exists|exists_one)\(/.test(summary) ? 'argument must be a simple name' : summary
}

/** ANTLR takes a token for one too many when the next would fit. */
function isExtraneous(text: string, at: number, token: string): boolean {
  return token !== '<EOF>' && /^\s*[\w"'([{.!-]/.test(text.slice(at + token.length))
}

function missing(text: string, at: number, summary: string): string {
  const token = tokenAt(text, at)
  const expected = /^Expected (\w+)/.exec(summary)?.[1] ?? ''
  if (expected === 'RPAREN') return `missing ')' at '${token}'`
  if (expected === 'RBRACKET' || expected === 'RBRACE')
    return `mismatched input '${token}' expecting {${TOKENS[expected]}, ','}`
  if (expected === 'IDENTIFIER')
    return `no viable alternative at input '${text.slice(text.lastIndexOf('.', at - 1), at)}${token === '<EOF>' ? '' : token}'`
  return `mismatched input '${token}' expecting ${TOKENS[expected] ?? expected}`
}

/** The token that begins at a place, as far as messages show it. */
function tokenAt(text: string, at: number): string {
  if (text.slice(at).trim() === '') return '<EOF>'
  return /^(?:\w+|"[^"]*"|'[^']*'|[=!<>]=|&&|\|\||.)/s.exec(text.slice(at))?.[0] ?? ''
}
