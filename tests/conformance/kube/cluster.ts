import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { ApiServer, createCertificates, kubeconfigFor } from '@slipway/kube-apiserver'
import { type ClusterConnection, parseKubeconfig } from '@slipway/kube-client'
import { MemoryRevisionStore } from '@slipway/storage'
import { afterAll, beforeAll } from 'vitest'

/** An answer, its body parsed when it is JSON. */
export interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever they asked for.
  body: any
}

export interface Call {
  body?: unknown
  type?: string
  accept?: string
  headers?: Record<string, string>
}

/** An open watch: its lines as they come. */
export interface Watch {
  // biome-ignore lint/suspicious/noExplicitAny: objects of any kind.
  next(): Promise<{ type: string; object: any }>
  close(): void
}

export const MERGE = 'application/merge-patch+json'
export const STRATEGIC = 'application/strategic-merge-patch+json'
export const JSON_PATCH = 'application/json-patch+json'
export const APPLY = 'application/apply-patch+yaml'

let connection: ClusterConnection
let server: ApiServer | undefined

/**
 * The cluster under test: the one of SLIPWAY_CONFORMANCE_KUBECONFIG, else a server of our own that is started for the
 * file. What is expected here must hold on a real Kubernetes, too.
 */
export function useCluster(): { namespace: string } {
  const place = { namespace: `conformance-${Math.random().toString(36).slice(2, 10)}` }
  beforeAll(async () => {
    connection = parseKubeconfig(await kubeconfig())
    await call('POST', '/api/v1/namespaces', { body: { metadata: { name: place.namespace } } })
  }, 60_000)
  afterAll(async () => {
    await call('DELETE', `/api/v1/namespaces/${place.namespace}`)
    await server?.stop()
  })
  return place
}

async function kubeconfig(): Promise<string> {
  const file = process.env.SLIPWAY_CONFORMANCE_KUBECONFIG
  if (file) return readFileSync(file, 'utf8')
  const { ca, server: pair, client } = await createCertificates({ now: new Date() })
  server = new ApiServer({ store: new MemoryRevisionStore(), tls: { ...pair, ca: ca.cert } })
  await server.start(0)
  return kubeconfigFor({ server: `https://127.0.0.1:${server.address().port}`, ca: ca.cert, client })
}

/** Sends requests to one API server. */
export type Send = (method: string, path: string, call?: Call) => Promise<Answer>

/** One request to the cluster under test; objects and patches are sent as JSON. */
export const call: Send = (method, path, options) => sendTo(connection, method, path, options)

/** To another cluster, for comparisons. */
export function sender(kubeconfigFile: string): Send {
  const other = parseKubeconfig(readFileSync(kubeconfigFile, 'utf8'))
  return (method, path, options) => sendTo(other, method, path, options)
}

function sendTo(to: ClusterConnection, method: string, path: string, options: Call = {}): Promise<Answer> {
  const { body, type, accept, headers } = options
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const sent = request(
      `${to.server}${path}`,
      {
        ...credentials(to),
        method,
        headers: {
          ...authorization(to),
          accept: accept ?? 'application/json',
          ...(text !== undefined && {
            'content-type': type ?? 'application/json',
            'content-length': Buffer.byteLength(text),
          }),
          ...headers,
        },
      },
      (response) => {
        let answer = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          answer += chunk
        })
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: parsed(answer) }),
        )
      },
    )
    sent.on('error', reject)
    sent.end(text)
  })
}

/** Opens a watch; resolves when the server has begun to answer. */
export function watch(path: string, accept = 'application/json'): Promise<Watch> {
  return new Promise((resolve, reject) => {
    const options = { ...credentials(connection), headers: { ...authorization(connection), accept } }
    const sent = request(`${connection.server}${path}`, options, (response) => {
      // biome-ignore lint/suspicious/noExplicitAny: objects of any kind.
      const events: any[] = []
      const takers: ((event: (typeof events)[number]) => void)[] = []
      let rest = ''
      response.on('error', () => {})
      response.setEncoding('utf8').on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) {
          const taker = takers.shift()
          if (taker) taker(JSON.parse(line))
          else events.push(JSON.parse(line))
        }
      })
      resolve({
        next: () => (events.length > 0 ? Promise.resolve(events.shift()) : new Promise((take) => takers.push(take))),
        close: () => sent.destroy(),
      })
    })
    sent.on('error', reject)
    sent.end()
  })
}

function credentials(to: ClusterConnection) {
  const { certificateAuthority, clientCertificate, clientKey, insecureSkipTlsVerify } = to
  return {
    ...(certificateAuthority && { ca: certificateAuthority }),
    ...(clientCertificate && { cert: clientCertificate }),
    ...(clientKey && { key: clientKey }),
    ...(insecureSkipTlsVerify && { rejectUnauthorized: false }),
  }
}

function authorization({ token }: ClusterConnection): Record<string, string> {
  return token ? { authorization: `Bearer ${token}` } : {}
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
