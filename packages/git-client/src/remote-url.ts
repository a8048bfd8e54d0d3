import { UserError } from '@slipway/errors'

/** Where a repository is, after aliases. */
export type RemoteUrl =
  | { kind: 'http'; url: string; origin: string; username: string; password: string }
  | { kind: 'ssh'; url: string; user: string; host: string; port: number; path: string }

/** A URL with its longest prefix in the table replaced, such as `git@ssh.dev.azure.com:v3/org/project/` by `ssh://git@127.0.0.1:7022/`. */
export function applyAliases(url: string, aliases: Record<string, string>): string {
  const prefix = Object.keys(aliases)
    .filter((candidate) => url.startsWith(candidate))
    .sort((a, b) => b.length - a.length)[0]
  return prefix === undefined ? url : `${aliases[prefix]}${url.slice(prefix.length)}`
}

/** Reads `http(s)://…`, `ssh://[user@]host[:port]/path` and `[user@]host:path` (git-clone(1), GIT URLS). Throws UserError GIT_URL_UNSUPPORTED. */
export function parseRemoteUrl(text: string): RemoteUrl {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they have no place in a URL.
  if (/[\u0000-\u0020\u007f]/.test(text)) throw unsupported(text)
  if (/^(https?|ssh):\/\//.test(text)) return parseStandardUrl(text)
  const scp = /^(?:(?<user>[^@:/]+)@)?(?<host>\[[^\]]+\]|[^:/@]+):(?<path>(?!\/\/|:).+)$/.exec(text)?.groups
  if (!scp?.host || !scp.path || scp.host.startsWith('-')) throw unsupported(text)
  const host = scp.host.replace(/^\[|\]$/g, '')
  return { kind: 'ssh', url: text, user: scp.user ?? 'git', host, port: 22, path: scp.path }
}

function parseStandardUrl(text: string): RemoteUrl {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw unsupported(text)
  }
  const [username, password, path] = [url.username, url.password, url.pathname].map((part) => decoded(part, text)) as [
    string,
    string,
    string,
  ]
  url.username = ''
  url.password = ''
  if (url.protocol !== 'ssh:') return { kind: 'http', url: url.href, origin: url.origin, username, password }
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (!host || host.startsWith('-')) throw unsupported(text)
  return { kind: 'ssh', url: url.href, user: username || 'git', host, port: Number(url.port || 22), path }
}

function decoded(part: string, text: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw unsupported(text)
  }
}

/** A text without the user names and passwords of the URLs in it. */
export function withoutCredentials(text: string): string {
  return text.replace(/(\b[a-z][a-z0-9+.-]*:\/\/)[^/?#\s]*@/gi, '$1')
}

function unsupported(text: string): UserError {
  return new UserError('GIT_URL_UNSUPPORTED', `'${withoutCredentials(text)}' is no git URL that can be fetched from`, {
    hint: 'use https://, http://, ssh:// or user@host:path',
  })
}
