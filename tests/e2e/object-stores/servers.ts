import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { clientPath } from '../clients.ts'

const clients = process.env.SLIPWAY_TEST_CLIENTS ?? join(homedir(), '.cache', 'slipway-clients')
const commands = join(clients, 'object-stores', 'node_modules', '.bin')

/** Whether tools/clients.mjs could fetch Azurite and s3rver. */
export const haveObjectStores = existsSync(join(commands, 'azurite-blob')) && existsSync(join(commands, 's3rver'))

/** A server on this machine that speaks a cloud's storage, with one bucket or container named `blobs`. */
export interface ObjectStoreServer {
  /** The variables that a client finds it by. */
  environment: Record<string, string>
  stop(): Promise<void>
}

export async function startS3(): Promise<ObjectStoreServer> {
  const port = await freePort()
  const server = await start(
    join(commands, 's3rver'),
    (dir) => ['-d', dir, '-a', '127.0.0.1', '-p', `${port}`, '--configure-bucket', 'blobs'],
    port,
  )
  return { ...server, environment: s3Environment(`http://127.0.0.1:${port}`) }
}

function s3Environment(url: string): Record<string, string> {
  return { AWS_ENDPOINT_URL_S3: url, AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' }
}

/** gofakes3, whose objects appear whole, as those of S3 do; undefined when it could not be had here. */
const wholeS3 = clientPath('gofakes3')
export const haveWholeS3 = wholeS3 !== undefined

export async function startWholeS3(): Promise<ObjectStoreServer> {
  const port = await freePort()
  const address = `127.0.0.1:${port}`
  const server = await start(
    wholeS3 ?? '',
    () => ['-host', address, '-backend', 'memory', '-initialbucket', 'blobs'],
    port,
  )
  return { ...server, environment: s3Environment(`http://${address}`) }
}

/** The account and key that Azurite publishes for itself. */
const ACCOUNT = 'devstoreaccount1'
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='

export async function startAzure(): Promise<ObjectStoreServer> {
  const port = await freePort()
  const quiet = ['--silent', '--disableTelemetry', '--skipApiVersionCheck']
  const server = await start(
    join(commands, 'azurite-blob'),
    (dir) => ['-l', dir, '--blobPort', `${port}`, ...quiet],
    port,
  )
  const environment = {
    AZURE_STORAGE_ACCOUNT: ACCOUNT,
    AZURE_STORAGE_KEY: KEY,
    AZURE_STORAGE_SERVICE_ENDPOINT: `http://127.0.0.1:${port}/${ACCOUNT}`,
  }
  const { BlobServiceClient, StorageSharedKeyCredential } = await import('@azure/storage-blob')
  const credential = new StorageSharedKeyCredential(ACCOUNT, KEY)
  const service = new BlobServiceClient(environment.AZURE_STORAGE_SERVICE_ENDPOINT, credential)
  await service.createContainer('blobs')
  return { ...server, environment }
}

async function start(
  command: string,
  args: (dir: string) => string[],
  port: number,
): Promise<Pick<ObjectStoreServer, 'stop'>> {
  const dir = await mkdtemp(join(tmpdir(), 'object-store-'))
  const child = spawn(command, args(dir), { stdio: 'ignore' })
  await listening(child, port)
  return {
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      // Azurite waits for its clients to hang up.
      child.kill('SIGKILL')
      await ended
      await rm(dir, { recursive: true, force: true })
    },
  }
}

async function listening(child: ChildProcess, port: number): Promise<void> {
  const answers = (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    )
  while (!(await answers())) {
    if (child.exitCode !== null) throw new Error(`the object store ended with ${child.exitCode}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
