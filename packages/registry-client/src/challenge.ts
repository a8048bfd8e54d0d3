export type Challenge = { scheme: 'basic' } | { scheme: 'bearer'; realm: string; service?: string; scope?: string }

/** The challenge of a WWW-Authenticate header that can be answered (RFC 9110 section 11.6.1); bearer before basic. */
export function parseChallenge(header: string | string[] | undefined): Challenge | undefined {
  const texts = header === undefined ? [] : [header].flat()
  for (const text of texts) {
    const start = /(?:^|,\s*)bearer\s+/i.exec(text)
    if (!start) continue
    const parameters = parametersOf(text.slice(start.index + start[0].length))
    const { realm, service, scope } = parameters
    if (realm) return { scheme: 'bearer', realm, ...(service && { service }), ...(scope && { scope }) }
  }
  return texts.some((text) => /(?:^|,\s*)basic\b/i.test(text)) ? { scheme: 'basic' } : undefined
}

function parametersOf(text: string): Record<string, string | undefined> {
  const parameters: Record<string, string | undefined> = {}
  for (const [, name = '', quoted, plain] of text.matchAll(/([a-z_]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi)) {
    parameters[name.toLowerCase()] ??= quoted?.replace(/\\(.)/g, '$1') ?? plain
  }
  return parameters
}
