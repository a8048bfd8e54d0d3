const QUOTE = 34
const BACKSLASH = 92

/** The paths of fields that a JSON text names twice (`spec.replicas`), each once. The text must be valid JSON. */
export function duplicateFields(text: string): string[] {
  const found = new Set<string>()
  const frames: { keys: Set<string> | undefined; index: number; name: string }[] = []
  let at = 0
  const stringEnd = (from: number): number => {
    let end = from + 1
    for (; text.charCodeAt(end) !== QUOTE; end++) if (text.charCodeAt(end) === BACKSLASH) end++
    return end
  }
  while (at < text.length) {
    const frame = frames.at(-1)
    const char = text[at]
    if (char === '{') frames.push({ keys: new Set(), index: 0, name: '' })
    else if (char === '[') frames.push({ keys: undefined, index: 0, name: '' })
    else if (char === '}' || char === ']') frames.pop()
    else if (char === ',' && frame && !frame.keys) frame.index++
    else if (char === '"') {
      const end = stringEnd(at)
      if (frame?.keys && isKey(text, end)) {
        const key = JSON.parse(text.slice(at, end + 1)) as string
        frame.name = key
        if (frame.keys.has(key)) found.add(pathOf(frames))
        frame.keys.add(key)
      }
      at = end
    }
    at++
  }
  return [...found]
}

function isKey(text: string, end: number): boolean {
  let next = end + 1
  while (/\s/.test(text[next] ?? '')) next++
  return text[next] === ':'
}

function pathOf(frames: { keys: Set<string> | undefined; index: number; name: string }[]): string {
  return frames
    .map(({ keys, index, name }) => (keys ? `.${name}` : `[${index}]`))
    .join('')
    .slice(1)
}
