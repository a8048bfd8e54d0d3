import type { Environment } from '@marcbachmann/cel-js'
import { holds } from './namespace.ts'

/** A URL as Go's net/url takes it apart: the port as it is written, no normal form. */
class Url {
  readonly text: string
  readonly scheme: string
  readonly host: string
  readonly hostname: string
  readonly port: string
  readonly path: string
  readonly query: string

  /** Takes what url.ParseRequestURI does: an absolute URI or an absolute path. */
  constructor(text: string) {
    const parts =
      /^(?:([a-z][a-z\d+.-]*):\/\/(?:[^/?@]*@)?(\[[\da-f:.%]*\]|[^:/?[\]]*)(?::(\d*))?)?(\/[^?]*)?(?:\?(.*))?$/i.exec(
        text,
      )
    const [, scheme, hostname = '', port, path = '', query = ''] = parts ?? []
    if (!parts || /[\s\p{Cc}]/u.test(text) || (scheme === undefined && path === '')) {
      throw new Error(
        `URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`,
      )
    }
    this.text = text
    this.scheme = (scheme ?? '').toLowerCase()
    this.host = hostname + (port === undefined ? '' : `:${port}`)
    this.hostname = hostname.replace(/^\[|\]$/g, '')
    this.port = port ?? ''
    this.path = path
    this.query = query
  }
}

/** apiserver's cel/library/urls.go. */
export function addUrls(env: Environment): void {
  env.registerType('kubernetes.URL', { ctor: Url, fields: {} })
  env.registerFunction('url(string): kubernetes.URL', (text: string) => new Url(text))
  env.registerFunction('isURL(string): bool', isUrl)
  env.registerOperator('kubernetes.URL == kubernetes.URL', (a: Url, b: Url) => a.text === b.text)
  const parts: Record<string, (url: Url) => string> = {
    getScheme: ({ scheme }) => scheme,
    getHost: ({ host }) => host,
    getHostname: ({ hostname }) => hostname,
    getPort: ({ port }) => port,
    getEscapedPath: ({ path }) => path,
  }
  for (const [name, part] of Object.entries(parts)) {
    env.registerFunction(`kubernetes.URL.${name}(): string`, (url: Url) => part(url))
  }
  env.registerFunction('kubernetes.URL.getQuery(): map<string, list<string>>', ({ query }: Url) => {
    const parameters = new URLSearchParams(query)
    return Object.fromEntries([...parameters.keys()].map((name) => [name, parameters.getAll(name)]))
  })
}

export const isUrl = (text: string): boolean => holds(() => new Url(text))
