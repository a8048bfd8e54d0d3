/** A map's keys in Go's order: by the bytes of their UTF-8, so that astral characters come last. */
export function sortedKeys(map: object): string[] {
  const keys = Object.keys(map)
  return keys.some(hasHighUnits) ? keys.sort(compareStrings) : keys.sort()
}

const highUnit = /[\ud800-\uffff]/

function hasHighUnits(text: string): boolean {
  return highUnit.test(text)
}

/** Compares as Go compares strings: byte by byte. */
export function compareStrings(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i)
    const right = b.charCodeAt(i)
    if (left !== right) return utf8Rank(left) - utf8Rank(right)
  }
  return a.length - b.length
}

/** UTF-16 puts surrogates before U+E000..U+FFFF, UTF-8 after. */
function utf8Rank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}
