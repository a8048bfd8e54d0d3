import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { readCredentials } from '@slipway/http-server'
import type { KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { nodeAttributes } from './node-attributes.ts'

/** How the kubelet's server and the API server know each other. */
export interface KubeletIdentity {
  /** The API server's own: whoever shows it may do everything. */
  token: string
  /** Client certificates of this CA count. */
  ca: string
  /** Resolves to what the server of a node shows under these names and addresses. */
  certificate(node: string, hosts: string[]): Promise<{ cert: string; key: string }>
}

/** Why a request is not served. */
export interface Refusal {
  status: number
  text: string
}

/** authentication.k8s.io/v1 UserInfo. */
interface Caller {
  username: string
  uid?: string
  groups?: string[]
  extra?: Record<string, string[]>
}

const UNAUTHORIZED: Refusal = { status: 401, text: 'Unauthorized' }

/**
 * Who may ask the kubelet for what: client certificates of the cluster's CA and tokens that the API server knows, as far as it lets
 * them at the subresources of this node (the kubelet's authentication and authorization of mode Webhook).
 */
export class KubeletAccess {
  readonly #client: KubeClient
  readonly #node: string
  readonly #token: string

  constructor({ client, node, token }: { client: KubeClient; node: string; token: string }) {
    this.#client = client
    this.#node = node
    this.#token = token
  }

  /** Undefined = the request is to be served. */
  async refusal(request: IncomingMessage, path: string): Promise<Refusal | undefined> {
    const credentials = readCredentials(request)
    const token = credentials?.kind === 'bearer' ? credentials.token : undefined
    if (token !== undefined && same(token, this.#token)) return undefined
    const caller =
      certified(request.socket as TLSSocket) ?? (token === undefined ? undefined : await this.#review(token))
    if (!caller) return UNAUTHORIZED
    const { verb, subresources } = nodeAttributes(request.method ?? 'GET', path)
    for (const subresource of subresources) if (await this.#allows(caller, verb, subresource)) return undefined
    const asked = `user=${caller.username}, verb=${verb}, resource=nodes, subresource(s)=[${subresources.join(' ')}]`
    return { status: 403, text: `Forbidden (${asked})\n` }
  }

  async #review(token: string): Promise<Caller | undefined> {
    const { status } = await this.#ask('authentication.k8s.io/v1', 'TokenReview', { token })
    return status?.authenticated ? (status.user as Caller) : undefined
  }

  async #allows({ username, uid, groups, extra }: Caller, verb: string, subresource: string): Promise<boolean> {
    const { status } = await this.#ask('authorization.k8s.io/v1', 'SubjectAccessReview', {
      ...{ user: username, uid, groups, extra },
      resourceAttributes: { verb, version: 'v1', resource: 'nodes', subresource, name: this.#node },
    })
    return status?.allowed === true
  }

  #ask(apiVersion: string, kind: string, spec: object): Promise<KubeObject> {
    return this.#client.create<KubeObject>({ apiVersion, kind, metadata: { name: '' }, spec })
  }
}

/** Who has shown a client certificate of our CA: CN is the user, every O a group. */
function certified(socket: TLSSocket): Caller | undefined {
  if (!socket.authorized) return undefined
  const { CN, O } = socket.getPeerCertificate().subject as { CN?: string; O?: string | string[] }
  return CN ? { username: CN, groups: ['system:authenticated', ...[O ?? []].flat()] } : undefined
}

function same(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
