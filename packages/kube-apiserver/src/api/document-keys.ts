const QUOTE = 34
const BACKSLASH = 92
/** No other white space of JSON comes after it. */
const SPACE = 32

/** A key of an object somewhere in a JSON text: `spec.containers[0].name`. */
interface DocumentKey {
  path: string
  /** Its object has had this key before. */
  repeated: boolean
}

interface Frame {
  keys: Set<string> | undefined
  index: number
  name: string
}

/** The keys that a JSON text names twice in one object, in the order of the text, each once. The text must be valid JSON. */
export function duplicateFields(text: string): string[] {
  const found = new Set<string>()
  scan(text, ({ keys, name }, frames) => {
    if (keys?.has(name)) found.add(pathOf(frames))
  })
  return [...found]
}

/** Every key in the order of the text. The text must be valid JSON. */
export function documentKeys(text: string): DocumentKey[] {
  const found: DocumentKey[] = []
  scan(text, ({ keys, name }, frames) => found.push({ path: pathOf(frames), repeated: keys?.has(name) ?? false }))
  return found
}

/** Calls `visit` at each key, before it counts as seen in its object. */
function scan(text: string, visit: (frame: Frame, frames: Frame[]) => void): void {
  const frames: Frame[] = []
  let at = 0
  while (at < text.length) {
    const frame = frames.at(-1)
    const char = text[at]
    if (char === '{') frames.push({ keys: new Set(), index: 0, name: '' })
    else if (char === '[') frames.push({ keys: undefined, index: 0, name: '' })
    else if (char === '}' || char === ']') frames.pop()
    else if (char === ',' && frame && !frame.keys) frame.index++
    else if (char === '"') {
      const end = stringEnd(text, at)
      if (frame?.keys && isKey(text, end)) {
        const name = text.slice(at + 1, end)
        frame.name = name.includes('\\') ? (JSON.parse(`"${name}"`) as string) : name
        visit(frame, frames)
        frame.keys.add(frame.name)
      }
      at = end
    }
    at++
  }
}

function stringEnd(text: string, from: number): number {
  let end = from + 1
  for (; text.charCodeAt(end) !== QUOTE; end++) if (text.charCodeAt(end) === BACKSLASH) end++
  return end
}

function isKey(text: string, end: number): boolean {
  let next = end + 1
  while (text.charCodeAt(next) <= SPACE) next++
  return text[next] === ':'
}

function pathOf(frames: Frame[]): string {
  return frames
    .map(({ keys, index, name }) => (keys ? `.${name}` : `[${index}]`))
    .join('')
    .replace(/^\./, '')
}
