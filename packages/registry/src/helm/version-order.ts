/** Orders versions from new to old by SemVer 2 precedence (section 11); equal precedence and what is no version by text. */
export function compareVersionsDescending(a: string, b: string): number {
  return -compare(a, b)
}

function compare(a: string, b: string): number {
  const left = parse(a)
  const right = parse(b)
  if (!left || !right) return Number(left !== undefined) - Number(right !== undefined) || textOrder(a, b)
  for (let index = 0; index < 3; index++) {
    const order = (left.numbers[index] ?? 0) - (right.numbers[index] ?? 0)
    if (order !== 0) return order
  }
  return comparePrerelease(left.prerelease, right.prerelease) || textOrder(a, b)
}

function parse(version: string): { numbers: number[]; prerelease: string[] } | undefined {
  const match = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?(?:\+.*)?$/.exec(version)
  if (!match) return undefined
  return { numbers: match.slice(1, 4).map((part) => Number(part ?? 0)), prerelease: match[4]?.split('.') ?? [] }
}

function comparePrerelease(a: string[], b: string[]): number {
  if (a.length === 0 || b.length === 0) return Number(a.length === 0) - Number(b.length === 0)
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const order = compareIdentifier(a[index], b[index])
    if (order !== 0) return order
  }
  return 0
}

function compareIdentifier(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined)
  const numericA = /^\d+$/.test(a)
  const numericB = /^\d+$/.test(b)
  if (numericA && numericB) return Number(a) - Number(b)
  return Number(numericB) - Number(numericA) || textOrder(a, b)
}

function textOrder(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
