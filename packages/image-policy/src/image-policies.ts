import { Controller, type Log } from '@slipway/controller-runtime'
import { describeError, UserError } from '@slipway/errors'
import type { Change, Informer, InformerSet, KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { formatReference, parseReference } from '@slipway/oci-format'
import { type Attached, attachedTo, proves, type RegistryClient } from '@slipway/registry-client'
import { CLUSTER_IMAGE_POLICY } from './kind.ts'
import { type Authority, covers, readPolicy, type SecretSource } from './read-policy.ts'

export interface ImagePoliciesDeps {
  client: KubeClient
  informers: InformerSet
  log: Log
}

/** An image that somebody is about to use. */
export interface ImageInUse {
  /** As it was written. */
  reference: string
  /** Of the manifest behind it. */
  digest: string
  /** With the credentials that pull it. */
  registry: RegistryClient
  signal: AbortSignal
}

/** Follows the ClusterImagePolicies, whose keys are Secrets of one namespace, and says which images may be used. */
export class ImagePolicies {
  /** Tells each object whether it is followed, in its Ready condition. */
  readonly controller: Controller
  readonly #log: Log
  readonly #policies: Informer
  readonly #secrets: SecretSource

  constructor({ client, informers, log }: ImagePoliciesDeps, { namespace }: { namespace: string }) {
    this.#log = log
    this.#policies = informers.for(CLUSTER_IMAGE_POLICY)
    const secrets = informers.for({ apiVersion: 'v1', kind: 'Secret', namespace })
    this.#secrets = (name) => {
      const secret = secrets.get({ namespace, name })
      return secret && decode(secret)
    }
    this.controller = new Controller({
      name: 'image-policy',
      client,
      informers,
      query: CLUSTER_IMAGE_POLICY,
      watches: [{ query: secrets.query, map: ({ object }: Change<KubeObject>) => this.#naming(object) }],
      reconciler: {
        reconcile: async (object) => {
          readPolicy(object, this.#secrets)
          return { kind: 'ready', reason: 'Accepted', message: 'images are admitted by it' }
        },
      },
      log,
    })
  }

  /**
   * Every policy that covers the image has to be content; where none does it may be used. Throws UserError IMAGE_POLICY_REFUSED, and
   * what the registry throws where signatures can't be fetched.
   */
  async admit({ reference, digest, registry, signal }: ImageInUse): Promise<void> {
    const image = { ...parseReference(reference), digest }
    const policies = this.#policies.list().filter((policy) => covers(policy, image))
    if (policies.length === 0) return
    const signatures = (await attachedTo(registry, image, signal)).filter(({ kind }) => kind === 'signature')
    for (const object of policies) this.#judge(object, formatReference(image), { digest, signatures })
  }

  #judge(object: KubeObject, image: string, { digest, signatures }: { digest: string; signatures: Attached[] }): void {
    const fault = this.#faultOf(object, (authority) => isContent(authority, digest, signatures), signatures.length)
    if (fault === undefined) return
    const message = `${image}: ClusterImagePolicy ${object.metadata.name}: ${fault}`
    if (object.spec?.mode !== 'warn') {
      throw new UserError('IMAGE_POLICY_REFUSED', message, {
        hint: 'sign it with cosign sign --key, or change the policy',
      })
    }
    this.#log('info', message)
  }

  #faultOf(object: KubeObject, agrees: (authority: Authority) => boolean, found: number): string | undefined {
    try {
      const { authorities } = readPolicy(object, this.#secrets)
      if (authorities.some(agrees)) return undefined
      const names = authorities.map(({ name }) => name).join(', ')
      return found === 0 ? 'the image has no signature' : `none of its ${found} signatures is by ${names}`
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      // What can't be followed admits nothing.
      return describeError(error)
    }
  }

  /** The policies that speak of a Secret. */
  #naming({ metadata }: KubeObject): { name: string }[] {
    const text = JSON.stringify(metadata.name)
    return this.#policies
      .list()
      .filter(({ spec }) => JSON.stringify(spec).includes(text))
      .map(({ metadata: { name } }) => ({ name }))
  }
}

function isContent({ trust }: Authority, digest: string, signatures: Attached[]): boolean {
  if (trust === 'pass' || trust === 'fail') return trust === 'pass'
  return signatures.some(({ proof }) => proves(proof, digest, trust))
}

function decode({ data = {} }: KubeObject): Record<string, string> {
  const entries = Object.entries(data as Record<string, string>)
  return Object.fromEntries(entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]))
}
