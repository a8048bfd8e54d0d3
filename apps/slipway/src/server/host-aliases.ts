import type { Settings } from '../settings.ts'

/** The registry names and git prefixes that lead to this server, with its addresses filled in. */
export interface HostAliases {
  /** Host name to base URL. */
  registries: Record<string, string>
  /** Prefix of a git address to the prefix that replaces it. */
  repositories: Record<string, string>
}

/** `embedded` becomes the address of the part of this server; everything else is taken as it stands. */
export function resolveAliases(settings: Settings, http: string, ssh: string): HostAliases {
  const resolve = (table: Record<string, string>, embedded: string): Record<string, string> =>
    Object.fromEntries(Object.entries(table).map(([name, target]) => [name, target === 'embedded' ? embedded : target]))
  return {
    registries: { ...resolve(settings.registries, http), [new URL(http).host]: http },
    repositories: resolve(settings.repositories, `${ssh}/`),
  }
}
