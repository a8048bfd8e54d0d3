import { parseReference, type Reference } from '@slipway/oci-format'

/**
 * The images that a Dockerfile starts from: the FROM lines that name neither an earlier stage nor `scratch`, with the build
 * arguments of before the first FROM put in. What cannot be read is left to the engine.
 */
export function baseImagesOf(dockerfile: string, buildArguments: Record<string, string>): Reference[] {
  const known: Record<string, string> = {}
  const stages = new Set<string>(['scratch'])
  const found = new Map<string, Reference>()
  for (const line of instructions(dockerfile)) {
    const [word = '', ...rest] = line.split(/\s+/)
    if (/^arg$/i.test(word) && stages.size === 1) {
      const [name = '', fallback = ''] = (rest[0] ?? '').split(/=(.*)/s)
      known[name] = buildArguments[name] ?? unquote(fallback)
    }
    if (!/^from$/i.test(word)) continue
    const [name = '', as, stage] = rest.filter((part) => !part.startsWith('--'))
    const image = expand(name, known)
    if (!stages.has(image.toLowerCase())) {
      const reference = tryParse(image)
      if (reference) found.set(image, reference)
    }
    // Unnamed stages count too: no ARG after them is a global one.
    stages.add(as && /^as$/i.test(as) && stage ? stage.toLowerCase() : `#${stages.size}`)
  }
  return [...found.values()]
}

/** Lines without comments, with continuations joined. */
function instructions(dockerfile: string): string[] {
  const lines = dockerfile.replace(/^\uFEFF/, '').split(/\r?\n/)
  const whole = lines.filter((line) => !/^\s*#/.test(line)).join('\n')
  return whole
    .replace(/[\\`][ \t]*\n/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
}

function expand(text: string, known: Record<string, string>): string {
  return text.replace(
    /\$(?:\{(\w+)(?::-([^}$]*))?\}|(\w+))/g,
    (_all, braced?: string, fallback?: string, plain?: string) => {
      return known[braced ?? plain ?? ''] || (fallback ?? '')
    },
  )
}

function unquote(text: string): string {
  return text.replace(/^(["'])(.*)\1$/, '$2')
}

function tryParse(image: string): Reference | undefined {
  try {
    return parseReference(image)
  } catch {
    return undefined
  }
}
