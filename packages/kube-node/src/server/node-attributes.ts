const VERBS: Record<string, string> = { POST: 'create', GET: 'get', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }

/** Paths that may be given to somebody without the rest (KEP-2862). */
const FINE: [path: string, subresource: string][] = [
  ['/pods', 'pods'],
  ['/healthz', 'healthz'],
  ['/configz', 'configz'],
  ['/runningpods', 'pods'],
]
const OWN: [path: string, subresource: string][] = [
  ['/stats', 'stats'],
  ['/metrics', 'metrics'],
  ['/logs', 'log'],
  ['/checkpoint', 'checkpoint'],
  ['/statusz', 'statusz'],
  ['/flagz', 'configz'],
]

/** What a request to the kubelet is as one for a subresource of its node; any of those named is enough (kubelet, server/auth.go). */
export function nodeAttributes(method: string, path: string): { verb: string; subresources: string[] } {
  const below = ([folder]: [string, string]): boolean => path === folder || path.startsWith(`${folder}/`)
  const fine = FINE.find(below)?.[1]
  const own = OWN.find(below)?.[1] ?? 'proxy'
  return { verb: VERBS[method] ?? '', subresources: [...(fine ? [fine] : []), own] }
}
