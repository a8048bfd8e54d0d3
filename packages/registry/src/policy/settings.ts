import type { Permission } from '../auth/access.ts'
import type { Matcher } from './matcher.ts'

/** What the owner of a registry wants of it; replaced as a whole when an object or the file changes. */
export interface RegistrySettings {
  policies: RepositoryPolicy[]
  upstreams: Upstream[]
  webhooks: Webhook[]
  tokens: ScopedToken[]
}

/** Rules for the repositories that it covers. Where several policies cover one, each of their rules holds. */
export interface RepositoryPolicy {
  name: string
  covers: Matcher
  /** The patterns behind `covers`. */
  repositories: readonly string[]
  /** Whoever shows no credentials may pull. */
  anonymousPull: boolean
  /** Tags that, once pushed, stay with their manifest. */
  immutableTags?: Matcher
  /** Bytes that each repository may hold. */
  quota?: number
  retention?: Retention
}

/** What is kept: a tag goes when none of the reasons to keep it holds. Without any reason tags are not touched. */
export interface Retention {
  /** The tags that the rule is about; all others stay. */
  tags: Matcher
  /** The newest ones, this many. */
  keepNewest?: number
  /** Those pushed less than so many milliseconds ago. */
  keepYoungerThan?: number
  /** Those that the cluster runs. @default whether a cluster is known */
  keepDeployed?: boolean
  /** Manifests without a tag go this many milliseconds after their push. */
  untaggedAfter?: number
}

/** A registry whose content is fetched when it is asked for, below repositories `<name>/…`. */
export interface Upstream {
  name: string
  /** Host name, such as `docker.io`. */
  host: string
  /** Base URL. */
  url: string
  credentials?: { username: string; password: string }
  /** Milliseconds for which a tag is taken to be what it was. */
  freshness: number
}

export const WEBHOOK_ACTIONS = ['push', 'delete', 'chart_push', 'chart_delete'] as const
export type WebhookAction = (typeof WEBHOOK_ACTIONS)[number]

/** Who is told of what happens. */
export interface Webhook {
  name: string
  url: string
  actions: ReadonlySet<WebhookAction>
  /** Azure's scope: empty, `repository`, `repository:tag` or `repository:*`, with `*` at the end of the repository's name too. */
  scope: string
  headers: Record<string, string>
}

/** Credentials for some repositories only (Azure Container Registry, "scope-map token"); the user name is the token's name. */
export interface ScopedToken {
  name: string
  permissions: readonly Permission[]
  /** `expires`: milliseconds since 1970. */
  passwords: readonly { hash: string; expires: number }[]
}

export const NO_SETTINGS: RegistrySettings = { policies: [], upstreams: [], webhooks: [], tokens: [] }
