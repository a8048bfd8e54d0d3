import { createSecureContext, type SecureContext } from 'node:tls'
import type { KubeObject } from '@slipway/kube-objects'
import type { Ingress } from './ingress.ts'

/** The certificates of Ingresses, read from their Secrets when a client comes for them. */
export class SecureContexts {
  readonly #read: (namespace: string, name: string) => Promise<KubeObject | undefined>
  readonly #ingresses: () => Ingress[]
  readonly #known = new Map<string, { version: string; context: SecureContext }>()

  constructor(ingresses: () => Ingress[], read: (namespace: string, name: string) => Promise<KubeObject | undefined>) {
    this.#ingresses = ingresses
    this.#read = read
  }

  /** Undefined when no Ingress has one for the host, or its Secret holds none. */
  async for(host: string): Promise<SecureContext | undefined> {
    const place = this.#secretFor(host.toLowerCase())
    const secret = place && (await this.#read(place.namespace, place.name))
    return secret && this.#contextOf(secret)
  }

  #secretFor(host: string): { namespace: string; name: string } | undefined {
    for (const { metadata, spec } of this.#ingresses()) {
      const entry = spec.tls?.find(({ hosts = [] }) => hosts.some((pattern) => covers(pattern.toLowerCase(), host)))
      if (entry?.secretName) return { namespace: metadata.namespace ?? 'default', name: entry.secretName }
    }
    return undefined
  }

  #contextOf({ metadata, data }: KubeObject): SecureContext | undefined {
    const key = `${metadata.namespace}/${metadata.name}`
    const version = metadata.resourceVersion ?? ''
    const known = this.#known.get(key)
    if (known?.version === version) return known.context
    const pem = (name: string): string => Buffer.from(String(data?.[name] ?? ''), 'base64').toString('utf8')
    if (!data?.['tls.crt'] || !data['tls.key']) return undefined
    try {
      const context = createSecureContext({ cert: pem('tls.crt'), key: pem('tls.key') })
      this.#known.set(key, { version, context })
      return context
    } catch {
      // No certificate, or not of this key: the client gets the router's own.
      return undefined
    }
  }
}

function covers(pattern: string, host: string): boolean {
  return pattern === host || (pattern.startsWith('*.') && host.slice(host.indexOf('.')) === pattern.slice(1))
}
