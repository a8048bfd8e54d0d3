const BOUNDS = [
  { least: 0, most: 59, names: [] },
  { least: 0, most: 23, names: [] },
  { least: 1, most: 31, names: [] },
  { least: 1, most: 12, names: 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ') },
  { least: 0, most: 6, names: 'sun mon tue wed thu fri sat'.split(' ') },
]

const NICKNAMES = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly']

/** What is wrong with a CronJob's schedule, in the words of the parser that Kubernetes uses (robfig/cron); undefined = nothing. */
export function scheduleFault(schedule: string): string | undefined {
  const text = schedule.replace(/^(CRON_)?TZ=\S+\s+/, '')
  if (text.startsWith('@')) {
    if (NICKNAMES.includes(text) || /^@every (\d+(\.\d+)?(h|m|s|ms|us|ns))+$/.test(text)) return undefined
    return `unrecognized descriptor: ${text}`
  }
  const fields = text.trim().split(/\s+/).filter(Boolean)
  if (fields.length !== 5) {
    return `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`
  }
  for (const [index, bounds] of BOUNDS.entries()) {
    for (const part of (fields[index] as string).split(',')) {
      const fault = partFault(part, bounds)
      if (fault !== undefined) return fault
    }
  }
  return undefined
}

function partFault(part: string, bounds: (typeof BOUNDS)[number]): string | undefined {
  const [range = '', step, ...more] = part.split('/')
  if (more.length > 0) return `too many slashes: ${part}`
  const ends = range === '*' || range === '?' ? [String(bounds.least), String(bounds.most)] : range.split('-')
  if (ends.length > 2) return `too many hyphens: ${part}`
  const numbers = ends.map((end) => numberOf(end, bounds.names, bounds.least))
  const bad = ends.find((_, index) => numbers[index] === undefined)
  if (bad !== undefined)
    return `failed to parse int from ${bad}: strconv.Atoi: parsing ${JSON.stringify(bad)}: invalid syntax`
  if (step !== undefined && !/^\d+$/.test(step)) {
    return `failed to parse int from ${step}: strconv.Atoi: parsing ${JSON.stringify(step)}: invalid syntax`
  }
  const [start = 0, end = step === undefined ? start : bounds.most] = numbers as number[]
  if (start < bounds.least) return `beginning of range (${start}) below minimum (${bounds.least}): ${part}`
  if (end > bounds.most) return `end of range (${end}) above maximum (${bounds.most}): ${part}`
  if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${part}`
  return step !== undefined && Number(step) === 0 ? `step of range should be a positive number: ${part}` : undefined
}

function numberOf(text: string, names: string[], least: number): number | undefined {
  const name = names.indexOf(text.toLowerCase())
  if (name >= 0) return name + least
  return /^\d+$/.test(text) ? Number(text) : undefined
}
