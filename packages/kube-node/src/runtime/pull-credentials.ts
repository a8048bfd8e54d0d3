export interface RegistryCredentials {
  username: string
  password: string
}

/** Credentials of a docker configuration, and for which images they are. */
interface Entry extends RegistryCredentials {
  host: string
  /** What the rest of a name begins with, such as `/team`; empty for all. */
  path: string
}

/**
 * The credentials among docker configurations that are for a reference, those for less of a registry first, or undefined (anonymous)
 * when there are none. Hosts may hold `*` (kubelet, credentialprovider/keyring.go).
 */
export function credentialsFor(reference: string, pullSecrets: string[]): (RegistryCredentials | undefined)[] {
  const host = registryHost(reference)
  const path = hasHost(reference) ? reference.slice(reference.indexOf('/')) : `/${reference}`
  const found = pullSecrets
    .flatMap(dockerAuths)
    .filter((entry) => matchesHost(entry.host, host) && path.startsWith(entry.path))
    .toSorted((a, b) => (a.host + a.path < b.host + b.path ? 1 : -1))
  return found.length > 0 ? found.map(({ username, password }) => ({ username, password })) : [undefined]
}

function dockerAuths(text: string): Entry[] {
  let auths: Record<string, { username?: string; password?: string; auth?: string }>
  try {
    auths = (JSON.parse(text) as { auths?: typeof auths }).auths ?? {}
  } catch {
    // A broken pull secret is as good as none; the registry's refusal then says what is missing.
    return []
  }
  return Object.entries(auths).map(([server, { username, password, auth }]) => {
    const decoded = auth ? Buffer.from(auth, 'base64').toString('utf8') : ''
    const colon = decoded.indexOf(':')
    const [host = '', ...rest] = server.replace(/^https?:\/\//, '').split('/')
    // Docker writes the version of its API behind some hosts.
    if (['v1', 'v2'].includes(rest[0] ?? '') && rest.length > 1) rest.shift()
    const path = rest.join('/')
    return {
      host: canonicalHost(host),
      path: path && `/${path}`,
      username: username ?? decoded.slice(0, Math.max(0, colon)),
      password: password ?? decoded.slice(colon + 1),
    }
  })
}

/** `*` stands for a part between dots, or for a piece of one. */
function matchesHost(pattern: string, host: string): boolean {
  if (!pattern.includes('*')) return pattern === host
  const labels = pattern.split('*').map((text) => text.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${labels.join('[^.:]*')}$`).test(host)
}

/** `docker.io` when the first part of a reference is no host. */
export function registryHost(reference: string): string {
  return hasHost(reference) ? canonicalHost(reference.split('/')[0] ?? '') : 'docker.io'
}

function hasHost(reference: string): boolean {
  const [first = ''] = reference.split('/')
  return reference.includes('/') && (first.includes('.') || first.includes(':') || first === 'localhost')
}

const canonicalHost = (host: string): string =>
  host === 'index.docker.io' || host === 'registry-1.docker.io' ? 'docker.io' : host
