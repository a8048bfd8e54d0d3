import type { Authenticator } from '@slipway/http-server'
import type { BlobStore } from '@slipway/storage'
import type { AuditEntry } from './audit/audit-entry.ts'
import type { RegistryEvent } from './events.ts'
import type { MetadataChange } from './metadata/changes.ts'
import type { RegistrySettings } from './policy/settings.ts'
import type { Delivery } from './webhooks/delivery.ts'

/** Keeps entries in order. An entry is kept whole or not at all. */
export interface Log<T> {
  /** Everything that was acknowledged, in order. Called once, before the first append. */
  read(): AsyncIterable<T>
  /** Resolves when the entry is durable. */
  append(entry: T): Promise<void>
  /**
   * Replaces the whole log in one step. `entries` is called when all that was acknowledged has been seen by who appended it, and
   * appends that come from then on go behind.
   */
  rewrite(entries: () => Iterable<T>): Promise<void>
  close(): Promise<void>
}

/** What a cluster runs of the registry's content. */
export interface Deployed {
  /** `reference`: a tag or a digest. */
  has(repository: string, reference: string): boolean
}

export interface RegistryOptions {
  blobs: BlobStore
  /** What the registry knows besides its bytes, as batches of changes. */
  metadata: Log<MetadataChange[]>
  /** What webhooks were sent and are still to be. @default forgotten when the registry stops */
  deliveries?: Log<Delivery>
  /** Milliseconds before each further try to reach a webhook. @default seven, an hour and three quarters in all */
  webhookPauses?: readonly number[]
  /** Told of everything that somebody did or was refused, and of what the registry removes by itself. */
  onAudit?: (entry: AuditEntry) => void
  authenticator: Authenticator
  /** The registry's own name, such as `acrgitopsdev.azurecr.io`: the `service` and audience of its tokens. */
  hostName: string
  /** Signs tokens, 32 bytes or more. Keep it over restarts, so that logins live on. */
  signingKey: Uint8Array
  /** Base URL under which clients reach the token endpoints. @default the scheme and Host header of each request */
  realm?: string
  /** What the registry's owner wants of it, as it is by now. @default nothing */
  settings?: () => RegistrySettings
  /** Asks what the cluster runs, for retention; absent where no cluster is known. */
  deployed?: () => Promise<Deployed>
  /** Told of what the registry does by itself, in words. */
  onReport?: (message: string) => void
  /** Told of what went wrong where nobody waits for it. */
  onError?: (error: unknown) => void
  /** Told of every change, after it is durable. */
  onEvent?: (event: RegistryEvent) => void
  /** In bytes. @default 200 GiB */
  maxBlobSize?: number
  /** Milliseconds for which a client may neither send what is waited for nor take what is sent. @default 60,000 */
  patience?: number
  /** Milliseconds for which a registry that is cached may neither answer nor go on. @default 30,000 */
  upstreamPatience?: number
  /** Milliseconds since 1970. @default Date.now */
  clock?: () => number
}
