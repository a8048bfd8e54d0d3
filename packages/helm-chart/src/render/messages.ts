import type { Compat } from '../compat.ts'

/** Helm's text for a template that cannot be parsed. */
export function parseMessage(file: string, error: unknown): string {
  const message = messageOf(error)
  const tokens = message.split(': ')
  if (tokens.length === 1) return `parse error in (${file}): ${message}`
  return `parse error at (${tokens[1]}): ${tokens.at(-1)}`
}

/**
 * Helm's text for a template that fails: the message of `fail`, or one block of lines for each template on the way,
 * where Helm 3 shows Go's one line.
 */
export function executionMessage(error: unknown, compat: Compat): string {
  const message = messageOf(error)
  const [, location, ...rest] = message.split(': ')
  if (location === undefined || rest.length === 0) return message
  const failed = /HELM_ERR_START(.*)HELM_ERR_END/s.exec(rest.join(': '))
  if (failed) return `execution error at (${location}): ${failed[1]}`
  if (compat === 'helm3') return message
  const blocks: string[] = []
  for (let current: unknown = error; current !== undefined; current = causeOf(current)) {
    const block = blockOf(messageOf(current))
    // One error that is not Go's own spoils the form: Helm then shows the text as it is.
    if (block === undefined) return message
    if (blocks.at(-1) !== block) blocks.push(block)
  }
  return blocks.join('').trim()
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined
}

function blockOf(message: string): string | undefined {
  if (!message.startsWith('template: ')) return undefined
  const text = message.slice('template: '.length)
  if (text.startsWith('no template ')) return `${message}\n`
  const executing = text.indexOf(': executing ')
  if (executing >= 0) return executingBlock(text.slice(0, executing), text.slice(executing + ': executing '.length))
  const split = text.lastIndexOf(': ')
  return split < 0 ? undefined : `${text.slice(0, split)}\n  ${withoutNested(text.slice(split + 2))}\n`
}

function executingBlock(location: string, text: string): string | undefined {
  const quoted = /^"([^"]*)" at </.exec(text)
  if (!quoted) return undefined
  const rest = text.slice(quoted[0].length)
  const end = rest.indexOf('>: ')
  if (end < 0) return undefined
  const problem = withoutNested(rest.slice(end + '>: '.length))
  return `${location}\n  executing "${quoted[1]}" at <${rest.slice(0, end)}>:\n    ${problem === '' ? '' : `${problem}\n`}`
}

function withoutNested(message: string): string {
  const cut = message.indexOf(' template:')
  return cut < 0 ? message : message.slice(0, cut)
}
