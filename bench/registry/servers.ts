import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A registry under load. */
export interface Peer {
  name: string
  url: string
  /** The Authorization header of a client with a token of this scope, such as `repository:a:pull,push`. */
  login(scope: string): Promise<string | undefined>
  /** MiB of memory that its process has now. */
  memory(): Promise<number>
  /** Seconds that processors have worked for it so far: what a load costs, also on a machine that is busy with other things. */
  work(): Promise<number>
  stop(): Promise<void>
}

/** The built program, as users start it: `slipway registry`. */
export async function startOurs(dir: string): Promise<Peer> {
  const program = fileURLToPath(new URL('../../apps/slipway/bin/slipway.cjs', import.meta.url))
  const child = spawn(program, ['registry', '--data', dir, '--listen', '127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const said: Record<string, string> = {}
  for await (const line of createInterface({ input: child.stdout })) {
    const [, what, value] = /^(Registry|Administrator token) +(\S+)/.exec(line) ?? []
    if (what && value) said[what] = value
    if (line === 'Ready.') break
  }
  const url = said.Registry
  if (url === undefined) throw new Error('our registry did not start')
  return {
    ...peerOf('slipway', child, url),
    // As clients do: a token for the repository, got with the password once.
    async login(scope) {
      const basic = Buffer.from(`admin:${said['Administrator token']}`).toString('base64')
      const answer = await fetch(`${url}/oauth2/token?scope=${scope}`, {
        headers: { authorization: `Basic ${basic}` },
      })
      return `Bearer ${((await answer.json()) as { access_token: string }).access_token}`
    },
  }
}

/** Distribution with its own defaults: files, descriptors cached in memory, no credentials asked for. */
export async function startDistribution(program: string, dir: string): Promise<Peer> {
  await mkdir(dir, { recursive: true })
  const port = await freePort()
  const config = join(dir, 'config.json')
  await writeFile(
    config,
    JSON.stringify({
      version: 0.1,
      log: { level: 'error', accesslog: { disabled: true } },
      storage: { cache: { blobdescriptor: 'inmemory' }, filesystem: { rootdirectory: join(dir, 'data') } },
      http: { addr: `127.0.0.1:${port}` },
    }),
  )
  const child = spawn(program, ['serve', config], {
    stdio: ['ignore', 'ignore', 'ignore'],
    env: { ...process.env, OTEL_TRACES_EXPORTER: 'none' },
  })
  const url = `http://127.0.0.1:${port}`
  while (
    !(await fetch(`${url}/v2/`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null) throw new Error(`${program} did not start`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return { ...peerOf('distribution', child, url), login: async () => undefined }
}

/** A second, as Linux counts the time of processes (USER_HZ). */
const TICKS = 100

function peerOf(name: string, child: ChildProcess, url: string): Omit<Peer, 'login'> {
  return {
    name,
    url,
    async memory() {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8')
      return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024
    },
    async work() {
      const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8')
      const [user, system] = stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .slice(11, 13)
      return (Number(user) + Number(system)) / TICKS
    },
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await ended
    },
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
