import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createCertificates, kubeconfigFor } from '@slipway/kube-apiserver'
import { parseKubeconfig } from '@slipway/kube-client'

/** A Kubernetes API under measurement: the processes that make it up, and how long they took to be ready. */
export interface Served {
  name: string
  kubeconfig: string
  /** Milliseconds from the start of the first process to the first `ok` of /readyz. */
  startedIn: number
  pids: number[]
  stop(): Promise<void>
}

const PROGRAM = fileURLToPath(new URL('../../apps/slipway/bin/slipway.cjs', import.meta.url))

/** `slipway cluster` with its state on disk. */
export async function startSlipway(folder: string, args: string[]): Promise<Served> {
  const kubeconfig = join(folder, 'kubeconfig')
  const port = await freePort()
  const began = performance.now()
  const child = start('slipway', PROGRAM, ['cluster', '--data', folder, '--port', String(port), ...args], folder)
  await ready(`https://127.0.0.1:${port}`, [child])
  const startedIn = performance.now() - began
  await fileAppears(kubeconfig)
  return served('slipway', kubeconfig, startedIn, [child])
}

/** etcd and kube-apiserver as a cluster of one machine has them: TLS, RBAC, durable. */
export async function startRealPair(folder: string, programs: { etcd: string; apiserver: string }): Promise<Served> {
  mkdirSync(folder, { recursive: true })
  const { ca, server, client } = await createCertificates({ now: new Date() })
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 })
    return join(folder, name)
  }
  const account = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const [port, clients, peers] = [await freePort(), await freePort(), await freePort()]
  const etcdUrl = `http://127.0.0.1:${clients}`
  const peerUrl = `http://127.0.0.1:${peers}`
  const flags = {
    'etcd-servers': etcdUrl,
    'secure-port': String(port),
    'bind-address': '127.0.0.1',
    'tls-cert-file': file('server.crt', server.cert),
    'tls-private-key-file': file('server.key', server.key),
    'client-ca-file': file('ca.crt', ca.cert),
    'authorization-mode': 'Node,RBAC',
    'service-account-issuer': 'https://kubernetes.default.svc',
    'service-account-signing-key-file': file('sa.key', account.privateKey),
    'service-account-key-file': file('sa.pub', account.publicKey),
    'service-cluster-ip-range': '10.0.0.0/24',
  }
  const url = `https://127.0.0.1:${port}`
  const kubeconfig = file('kubeconfig', kubeconfigFor({ server: url, ca: ca.cert, client }))
  const etcdFlags = {
    'data-dir': join(folder, 'etcd'),
    'listen-client-urls': etcdUrl,
    'advertise-client-urls': etcdUrl,
    'listen-peer-urls': peerUrl,
    'initial-advertise-peer-urls': peerUrl,
    'initial-cluster': `default=${peerUrl}`,
    'log-level': 'error',
  }
  const began = performance.now()
  const children = [
    start('etcd', programs.etcd, asFlags(etcdFlags), folder),
    start('kube-apiserver', programs.apiserver, asFlags(flags), folder),
  ]
  await ready(url, children)
  return served('etcd + kube-apiserver', kubeconfig, performance.now() - began, children)
}

const asFlags = (flags: Record<string, string>): string[] =>
  Object.entries(flags).map(([name, value]) => `--${name}=${value}`)

function start(name: string, program: string, args: string[], folder: string): ChildProcess {
  const log = openSync(join(folder, `${name}.log`), 'w')
  return spawn(program, args, { stdio: ['ignore', log, log] })
}

/** Asks /readyz, which needs no identity, until it says yes. */
async function ready(url: string, children: ChildProcess[]): Promise<void> {
  for (;;) {
    for (const child of children) if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended: see its log`)
    const status = await new Promise((resolve) => {
      const call = request(`${url}/readyz`, { rejectUnauthorized: false, agent: false }, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      })
      call.on('error', () => resolve(undefined))
      call.end()
    })
    if (status === 200) return
    await sleep(2)
  }
}

async function fileAppears(file: string): Promise<void> {
  for (;;) {
    try {
      parseKubeconfig(readFileSync(file, 'utf8'))
      return
    } catch {
      await sleep(5)
    }
  }
}

function served(name: string, kubeconfig: string, startedIn: number, children: ChildProcess[]): Served {
  return {
    name,
    kubeconfig,
    startedIn,
    pids: children.map(({ pid }) => pid ?? 0),
    async stop() {
      for (const child of [...children].reverse()) {
        const ended = once(child, 'exit')
        child.kill('SIGTERM')
        await ended
      }
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
