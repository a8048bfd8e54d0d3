/** Where the first JSON value of a text ends; the end of the text when the value is not complete. */
export function jsonEnd(text: string): number {
  const first = text[0]
  if (first === '"') return stringEnd(text, 0)
  if (first !== '{' && first !== '[') return /^[^\s,\]}]*/.exec(text)?.[0].length ?? text.length
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    const char = text[i]
    if (char === '"') i = stringEnd(text, i) - 1
    else if (char === '{' || char === '[') depth++
    else if (char === '}' || char === ']') {
      depth--
      if (depth === 0) return i + 1
    }
  }
  return text.length
}

function stringEnd(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === '"') return i + 1
  }
  return text.length
}
