import { compileTree } from './compile.ts'
import { TemplateError } from './errors.ts'
import { type CompiledTemplate, isStackOverflow } from './execution.ts'
import { type ParseInput, parseTemplate } from './parser.ts'
import { TextCache } from './text-cache.ts'

interface Entry {
  readonly templates: readonly CompiledTemplate[]
  readonly functions: ReadonlySet<string>
}

/** Compiled templates by name and content, so that a text is parsed once however often it is rendered. */
export class TemplateCache {
  private readonly entries: TextCache<Entry>

  /** `capacity`: UTF-16 units of all texts that are kept. @default 32 Mi */
  constructor(capacity = 32 * 1024 * 1024) {
    this.entries = new TextCache(capacity)
  }

  /** The templates of a text. They do not depend on functions, only on their names. Throws TemplateError. */
  parse(input: ParseInput): readonly CompiledTemplate[] {
    const key = [input.name, input.leftDelim, input.rightDelim, input.text].join('\0')
    const known = this.entries.get(key)
    if (known && isUsable(known, input)) return known.templates
    const entry = compile(input)
    this.entries.set(key, entry)
    return entry.templates
  }
}

/** A text that calls a function which is not there is parsed again, for the error. */
function isUsable(entry: Entry, input: ParseInput): boolean {
  if (input.hasFunction('break') || input.hasFunction('continue')) return false
  for (const name of entry.functions) if (!input.hasFunction(name)) return false
  return true
}

function compile(input: ParseInput): Entry {
  try {
    const { trees, functions } = parseTemplate(input)
    return { templates: Array.from(trees.values(), compileTree), functions }
  } catch (error) {
    if (error instanceof TemplateError) throw error
    const message = isStackOverflow(error) ? 'the template is nested too deeply' : (error as Error).message
    throw new TemplateError(`template: ${input.name}: ${message}`, { cause: error })
  }
}
