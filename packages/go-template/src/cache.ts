import { TreeCode } from './compile.ts'
import { TemplateError } from './errors.ts'
import { type Code, type CompiledTemplate, isStackOverflow } from './execution.ts'
import { type ParseInput, parseTemplate } from './parser.ts'
import { TextCache } from './text-cache.ts'

/** What a text was compiled to, with what it was when it first came. */
interface Entry extends Pick<ParseInput, 'name' | 'leftDelim' | 'rightDelim'> {
  /** By name: of the text itself, and of what it defines. */
  readonly codes: ReadonlyMap<string, Code>
  readonly definitions: ReadonlySet<string>
  readonly functions: ReadonlySet<string>
}

/** Compiled templates by content, so that a text is parsed once however often it is rendered and however many charts have it. */
export class TemplateCache {
  private readonly entries: TextCache<Entry>

  /** `capacity`: UTF-16 units of all texts that are kept. @default 32 Mi */
  constructor(capacity = 32 * 1024 * 1024) {
    this.entries = new TextCache(capacity)
  }

  /** The templates of a text. They do not depend on functions, only on their names. Throws TemplateError. */
  parse(input: ParseInput): readonly CompiledTemplate[] {
    const { name: own, text } = input
    const known = this.entries.get(text)
    const entry = known && isUsable(known, input) ? known : compile(input)
    if (entry !== known) this.entries.set(text, entry)
    const source = { name: own, text }
    return Array.from(entry.codes, ([name, code]) => ({ name: name === entry.name ? own : name, source, code }))
  }
}

/** A text that calls a function which is not there is parsed again, for the error. */
function isUsable(known: Entry, input: ParseInput): boolean {
  const { definitions, functions } = known
  if (input.leftDelim !== known.leftDelim || input.rightDelim !== known.rightDelim) return false
  // What a text says outside of its definitions is one with a definition that has its name.
  if (input.name !== known.name && (definitions.has(input.name) || definitions.has(known.name))) return false
  if (input.hasFunction('break') || input.hasFunction('continue')) return false
  for (const name of functions) if (!input.hasFunction(name)) return false
  return true
}

function compile(input: ParseInput): Entry {
  try {
    const { name, leftDelim, rightDelim } = input
    const { trees, definitions, functions } = parseTemplate(input)
    const codes = new Map(Array.from(trees, ([defined, root]) => [defined, new TreeCode(root)]))
    return { name, leftDelim, rightDelim, codes, definitions, functions }
  } catch (error) {
    if (error instanceof TemplateError) throw error
    const message = isStackOverflow(error) ? 'the template is nested too deeply' : (error as Error).message
    throw new TemplateError(`template: ${input.name}: ${message}`, { cause: error })
  }
}
