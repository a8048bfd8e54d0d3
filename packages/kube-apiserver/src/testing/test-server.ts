import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryRevisionStore, type RevisionStore } from '@slipway/storage'
import {
  ApiServer,
  type ApiServerOptions,
  type CertificatePair,
  type Certificates,
  createCertificates,
  kubeconfigFor,
} from '../index.ts'

let certificates: Promise<Certificates> | undefined

/** An answer, its body parsed when it is JSON. */
export interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever they asked for.
  body: any
  /** The body as it was sent. */
  text: string
}

export interface CallOptions {
  body?: unknown
  type?: string
  accept?: string
  headers?: Record<string, string>
  /** Shows no client certificate. */
  anonymous?: boolean
}

/** A server of its own for a test, with its kubeconfig and a plain HTTP client. */
export interface TestServer {
  server: ApiServer
  store: RevisionStore
  ca: CertificatePair
  kubeconfig: string
  folder: string
  call(method: string, path: string, options?: CallOptions): Promise<Answer>
  /** Runs a program with KUBECONFIG set; resolves to its output, whatever its exit status. */
  run(file: string, args: string[], input?: string): Promise<{ stdout: string; stderr: string; code: number }>
  stop(): Promise<void>
}

/** Starts a server on a free port over a store of its own. */
export async function startTestServer(options: Partial<ApiServerOptions> = {}): Promise<TestServer> {
  certificates ??= createCertificates({ now: new Date() })
  const { ca, server: pair, client, frontProxy } = await certificates
  const store = options.store ?? new MemoryRevisionStore()
  const errors: unknown[] = []
  const server = new ApiServer({
    tls: { ...pair, ca: ca.cert, caKey: ca.key, frontProxy },
    onError: (error) => errors.push(error),
    ...options,
    store,
  })
  await server.start(0)
  const folder = await mkdtemp(join(tmpdir(), 'kube-apiserver-'))
  const kubeconfig = join(folder, 'kubeconfig')
  const { port } = server.address()
  await writeFile(kubeconfig, kubeconfigFor({ server: `https://127.0.0.1:${port}`, ca: ca.cert, client }), {
    mode: 0o600,
  })
  return {
    server,
    store,
    ca,
    kubeconfig,
    folder,
    call: (method, path, call = {}) => send({ port, ca: ca.cert, ...(!call.anonymous && client) }, method, path, call),
    run: (file, args, input) =>
      run(file, args, { PATH: '/usr/local/bin:/usr/bin:/bin', KUBECONFIG: kubeconfig, HOME: folder }, input),
    async stop() {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
      if (errors.length > 0) throw errors[0]
    },
  }
}

function send(connection: object, method: string, path: string, options: CallOptions): Promise<Answer> {
  const body =
    options.body === undefined || typeof options.body === 'string' ? options.body : JSON.stringify(options.body)
  const headers = {
    accept: options.accept ?? 'application/json',
    // Node sends the body of a DELETE without its length unless told.
    ...(body !== undefined && {
      'content-type': options.type ?? 'application/json',
      'content-length': Buffer.byteLength(body),
    }),
    ...options.headers,
  }
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      { host: '127.0.0.1', ...connection, method, path, headers, agent: false },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk) => {
          text += chunk
        })
        response.on('error', reject)
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: asJson(text), text }),
        )
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function run(file: string, args: string[], env: NodeJS.ProcessEnv, input = '') {
  return new Promise<{ stdout: string; stderr: string; code: number }>((resolve) => {
    const child = execFile(file, args, { env, timeout: 30_000, maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
      resolve({ stdout, stderr, code: error ? Number(error.code ?? 1) : 0 }),
    )
    // A program that reads nothing may have ended.
    child.stdin?.on('error', () => {}).end(input)
  })
}

/** The first of some paths that exists, so that a test can say which real program it needs. */
export function findProgram(...paths: string[]): string | undefined {
  return paths.find((path) => existsSync(path))
}
