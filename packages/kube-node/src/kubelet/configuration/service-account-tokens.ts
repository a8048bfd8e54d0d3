import type { KubeClient } from '@slipway/kube-client'
import type { Pod } from '../../model/pod.ts'

interface Token {
  text: string
  /** Milliseconds since 1970. */
  refreshAt: number
}

interface TokenRequest {
  status: { token: string; expirationTimestamp: string }
}

/** A token older than a day is renewed, however long it lasts (kubelet, token/token_manager.go). */
const OLDEST = 24 * 3_600_000

/** The tokens that one pod was given, asked of the API when there is none or when four fifths of its time have passed. */
export class ServiceAccountTokens {
  readonly #client: Pick<KubeClient, 'createSubresource'>
  readonly #tokens = new Map<string, Token>()

  constructor(client: Pick<KubeClient, 'createSubresource'>) {
    this.#client = client
  }

  async get(pod: Pod, audience: string | undefined, seconds: number): Promise<string> {
    const key = `${audience ?? ''} ${seconds}`
    const known = this.#tokens.get(key)
    if (known && Date.now() < known.refreshAt) return known.text
    const token = await this.#request(pod, audience, seconds)
    this.#tokens.set(key, token)
    return token.text
  }

  /** Milliseconds until the first of them has to be renewed; undefined when there is none. */
  untilRefresh(): number | undefined {
    const times = [...this.#tokens.values()].map(({ refreshAt }) => refreshAt - Date.now())
    return times.length > 0 ? Math.max(0, Math.min(...times)) : undefined
  }

  async #request({ metadata, spec }: Pod, audience: string | undefined, seconds: number): Promise<Token> {
    const { name, namespace = 'default', uid } = metadata
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', namespace, name: spec.serviceAccountName ?? 'default' }
    const { status } = await this.#client.createSubresource<TokenRequest>(account, 'token', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {
        ...(audience && { audiences: [audience] }),
        expirationSeconds: seconds,
        // It ends with the pod.
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
      },
    })
    const now = Date.now()
    const lifetime = Date.parse(status.expirationTimestamp) - now
    return { text: status.token, refreshAt: now + Math.min(OLDEST, lifetime * 0.8) }
  }
}
