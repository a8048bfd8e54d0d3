import type { Ingress, IngressBackend, IngressPath } from './ingress.ts'

/** Where a request goes. */
export interface IngressTarget {
  ingress: Ingress
  backend: IngressBackend
}

interface Rule {
  host: string
  path: string
  type: IngressPath['pathType']
  target: IngressTarget
}

/**
 * The rules of Ingresses in the order in which they are tried (networking.k8s.io/v1): an exact host before a wildcard before none,
 * an exact path before a prefix, a longer one before a shorter one, and of equal ones that of the older Ingress.
 */
export class IngressRoutes {
  readonly #rules: Rule[]
  readonly #fallback: IngressTarget | undefined

  constructor(ingresses: Ingress[]) {
    const oldestFirst = [...ingresses].sort(byAge)
    this.#rules = oldestFirst.flatMap(rulesOf).sort(byPrecedence)
    const ingress = oldestFirst.find(({ spec }) => spec.defaultBackend)
    this.#fallback = ingress?.spec.defaultBackend && { ingress, backend: ingress.spec.defaultBackend }
  }

  /** `host` without a port, `path` without a query. Undefined when nothing matches. */
  find(host: string, path: string): IngressTarget | undefined {
    const lower = host.toLowerCase()
    return (
      this.#rules.find((rule) => matchesHost(rule.host, lower) && matchesPath(rule, path))?.target ?? this.#fallback
    )
  }
}

function rulesOf(ingress: Ingress): Rule[] {
  return (ingress.spec.rules ?? []).flatMap(({ host = '', http }) => {
    // A rule without paths leads to the Ingress' own default.
    const fallback = ingress.spec.defaultBackend ? [{ backend: ingress.spec.defaultBackend }] : []
    return (http?.paths ?? fallback).map(({ path = '/', pathType = 'Prefix', backend }: IngressPath) => ({
      host: host.toLowerCase(),
      path,
      type: pathType,
      target: { ingress, backend },
    }))
  })
}

/** `*.example.com` covers exactly one more label. */
function matchesHost(pattern: string, host: string): boolean {
  if (pattern === '' || pattern === host) return true
  if (!pattern.startsWith('*.')) return false
  const dot = host.indexOf('.')
  return dot > 0 && host.slice(dot) === pattern.slice(1)
}

/** A prefix is one of whole elements: `/foo` is of `/foo/bar` and not of `/foobar`. */
function matchesPath({ path, type }: Rule, requested: string): boolean {
  if (type === 'Exact') return requested === path
  const prefix = path.replace(/\/$/, '')
  return requested === prefix || requested.startsWith(`${prefix}/`)
}

function byPrecedence(a: Rule, b: Rule): number {
  return hostRank(a) - hostRank(b) || typeRank(a) - typeRank(b) || b.path.length - a.path.length
}

const hostRank = ({ host }: Rule): number => (host === '' ? 2 : host.startsWith('*') ? 1 : 0)

const typeRank = ({ type }: Rule): number => (type === 'Exact' ? 0 : 1)

function byAge(a: Ingress, b: Ingress): number {
  const age = ({ metadata }: Ingress): string => `${metadata.creationTimestamp} ${metadata.namespace}/${metadata.name}`
  return age(a) < age(b) ? -1 : 1
}
