import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../apps/slipway/bin/slipway.cjs', import.meta.url))

/** `slipway registry` as users run it. */
export interface RegistryProcess {
  url: string
  /** The header of its administrator. */
  authorization: string
  /** As the administrator. */
  send(method: string, path: string, init?: Omit<RequestInit, 'method'>): Promise<Response>
  /** MiB that it has in memory now. */
  memory(): number
  /** Ends it as a power cut would. */
  kill(): Promise<void>
  /** What it has written to standard error. */
  errors(): string
}

export interface RegistryProcessOptions {
  args?: string[]
  environment?: Record<string, string>
  /** Who sends, where the users are those of a file. @default the administrator of the data folder */
  user?: { name: string; password: string }
}

export async function startRegistryProcess(
  data: string,
  { args = [], environment = {}, user }: RegistryProcessOptions = {},
): Promise<RegistryProcess> {
  const child = spawn(PROGRAM, ['registry', '--data', data, '--listen', '127.0.0.1:0', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  })
  let errors = ''
  child.stderr.on('data', (text) => {
    errors += text
  })
  const url = await ready(child)
  if (url === undefined) throw new Error(`slipway registry ended: ${errors}`)
  const { name, password } = user ?? {
    name: 'admin',
    password: readFileSync(join(data, 'admin-token'), 'utf8').trim(),
  }
  const authorization = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
  return {
    url,
    authorization,
    errors: () => errors,
    send: (method, path, init = {}) =>
      fetch(new URL(path, url), { ...init, method, headers: { authorization, ...(init.headers as object) } }),
    memory() {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
      return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await ended
    },
  }
}

async function ready(child: ChildProcess): Promise<string | undefined> {
  let url: string | undefined
  if (!child.stdout) return undefined
  for await (const line of createInterface({ input: child.stdout })) {
    url = /^Registry +(\S+)/.exec(line)?.[1] ?? url
    if (line === 'Ready.') return url
  }
  return undefined
}
