import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Authenticator, HttpServer, type Identity } from '@slipway/http-server'
import { openFileBlobStore } from '@slipway/storage'
import { openFileMetadataLog } from '../metadata/file-log.ts'
import type { RegistrySettings } from '../policy/settings.ts'
import type { MetadataLog, PushEvent } from '../port.ts'
import { createRegistry } from '../registry.ts'

export interface TestRegistry {
  /** `127.0.0.1:PORT`. */
  host: string
  /** Base URL. */
  url: string
  dir: string
  pushes: PushEvent[]
  /** Errors that no route answered for. */
  errors: unknown[]
  /** Ends it; its data stays. */
  stop(): Promise<void>
  /** Starts another one on the same data. */
  restart(): Promise<TestRegistry>
  remove(): Promise<void>
}

const ROLES: Record<string, Identity['role']> = { admin: 'admin', developer: 'developer', reader: 'reader' }

/** A registry on a free port with the users admin, developer and reader; everyone's password is `secret`, everyone's token `token-NAME`. */
export async function startRegistry(
  options: { dir?: string; clock?: () => number; sparseManifests?: boolean; settings?: () => RegistrySettings } = {},
): Promise<TestRegistry> {
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'registry-')))
  const metadata: MetadataLog = await openFileMetadataLog(dir)
  const pushes: PushEvent[] = []
  const errors: unknown[] = []
  const { routes } = await createRegistry({
    blobs: await openFileBlobStore(dir),
    metadata,
    authenticator: testAuthenticator,
    hostName: 'registry.test',
    signingKey: Buffer.alloc(32, 7),
    onPush: (event) => pushes.push(event),
    ...(options.clock && { clock: options.clock }),
    ...(options.settings && { settings: options.settings }),
    sparseManifests: options.sparseManifests ?? false,
  })
  const server = new HttpServer({ routes, onError: (error) => errors.push(error) })
  await server.start(0)
  const host = `127.0.0.1:${server.address().port}`
  const stop = async (): Promise<void> => {
    await server.stop()
    await metadata.close()
  }
  return {
    host,
    url: `http://${host}`,
    dir,
    pushes,
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
