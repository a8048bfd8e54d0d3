import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Authenticator, HttpServer, type Identity } from '@slipway/http-server'
import { openFileBlobStore } from '@slipway/storage'
import type { AuditEntry } from '../audit/audit-entry.ts'
import type { RegistryEvent } from '../events.ts'
import { openFileLog } from '../log/file-log.ts'
import { isBatch } from '../metadata/changes.ts'
import type { RegistrySettings } from '../policy/settings.ts'
import type { Deployed } from '../port.ts'
import { createRegistry } from '../registry.ts'
import { isDelivery } from '../webhooks/delivery.ts'
import { TestClient } from './test-client.ts'

export interface TestRegistry {
  /** `127.0.0.1:PORT`. */
  host: string
  /** Base URL. */
  url: string
  client: TestClient
  dir: string
  /** Of its routes. */
  paths: string[]
  events: RegistryEvent[]
  /** What it did by itself, in words. */
  reports: string[]
  audit: AuditEntry[]
  /** Errors that no route answered for. */
  errors: unknown[]
  /** Ends it; its data stays. */
  stop(): Promise<void>
  /** Starts another one on the same data. */
  restart(): Promise<TestRegistry>
  remove(): Promise<void>
}

export interface TestRegistryOptions {
  dir?: string
  clock?: () => number
  maxBlobSize?: number
  patience?: number
  upstreamPatience?: number
  webhookPauses?: number[]
  settings?: () => RegistrySettings
  deployed?: () => Promise<Deployed>
}

const ROLES: Record<string, Identity['role']> = { admin: 'admin', developer: 'developer', reader: 'reader' }

/** A registry on a free port with the users admin, developer and reader; everyone's password is `secret`, everyone's token `token-NAME`. */
export async function startRegistry(options: TestRegistryOptions = {}): Promise<TestRegistry> {
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'registry-')))
  const metadata = await openFileLog(join(dir, 'metadata.jsonl'), { isEntry: isBatch })
  const deliveries = await openFileLog(join(dir, 'webhooks.jsonl'), { isEntry: isDelivery })
  const audit: AuditEntry[] = []
  const events: RegistryEvent[] = []
  const errors: unknown[] = []
  const reports: string[] = []
  const { routes, stop: stopRegistry } = await createRegistry({
    blobs: await openFileBlobStore(dir),
    metadata,
    deliveries,
    onAudit: (entry) => audit.push(entry),
    authenticator: testAuthenticator,
    hostName: 'registry.test',
    signingKey: Buffer.alloc(32, 7),
    onEvent: (event) => events.push(event),
    ...(options.clock && { clock: options.clock }),
    ...(options.settings && { settings: options.settings }),
    ...(options.deployed && { deployed: options.deployed }),
    onError: (error) => errors.push(error),
    onReport: (words) => reports.push(words),
    ...(options.webhookPauses && { webhookPauses: options.webhookPauses }),
    ...(options.maxBlobSize && { maxBlobSize: options.maxBlobSize }),
    ...(options.patience && { patience: options.patience }),
    ...(options.upstreamPatience && { upstreamPatience: options.upstreamPatience }),
  }).catch(async (error: unknown) => {
    await Promise.all([metadata.close(), deliveries.close()])
    throw error
  })
  const server = new HttpServer({ routes, onError: (error) => errors.push(error) })
  await server.start(0)
  const host = `127.0.0.1:${server.address().port}`
  const stop = async (): Promise<void> => {
    await server.stop()
    await stopRegistry()
    await metadata.close()
    await deliveries.close()
  }
  return {
    host,
    url: `http://${host}`,
    client: new TestClient(`http://${host}`),
    dir,
    paths: routes.map(({ path }) => path),
    events,
    reports,
    audit,
    errors,
    stop,
    restart: () => startRegistry({ ...options, dir }),
    remove: () => rm(dir, { recursive: true, force: true }),
  }
}

const testAuthenticator: Authenticator = {
  async authenticate(credentials) {
    const basic = credentials.kind === 'basic'
    if (basic && credentials.password !== 'secret') return undefined
    const name = basic ? credentials.username : credentials.token.replace(/^token-/, '')
    const role = Object.hasOwn(ROLES, name) ? ROLES[name] : undefined
    return role && (basic || credentials.token.startsWith('token-')) ? { name, role } : undefined
  },
}
