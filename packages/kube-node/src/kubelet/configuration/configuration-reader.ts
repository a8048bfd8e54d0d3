import { UserError } from '@slipway/errors'
import type { KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'

/** The data of ConfigMaps and Secrets as bytes, read for one pod. Each object is read once. */
export class ConfigurationReader {
  readonly #client: Pick<KubeClient, 'get'>
  readonly #namespace: string
  readonly #read = new Map<string, Promise<Map<string, Buffer> | undefined>>()

  constructor(client: Pick<KubeClient, 'get'>, namespace: string) {
    this.#client = client
    this.#namespace = namespace
  }

  /** Undefined when it is optional and missing. Throws UserError POD_CONFIG_MISSING. */
  async data(kind: 'ConfigMap' | 'Secret', name: string, optional = false): Promise<Map<string, Buffer> | undefined> {
    const key = `${kind}/${name}`
    const reading = this.#read.get(key) ?? this.#load(kind, name)
    this.#read.set(key, reading)
    const data = await reading
    if (!data && !optional) throw new UserError('POD_CONFIG_MISSING', `${kind.toLowerCase()} "${name}" not found`)
    return data
  }

  /** Undefined when it is optional and missing. Throws UserError POD_CONFIG_MISSING. */
  async value(
    kind: 'ConfigMap' | 'Secret',
    { name, key, optional = false }: { name: string; key: string; optional?: boolean },
  ): Promise<string | undefined> {
    const value = (await this.data(kind, name, optional))?.get(key)
    if (value || optional) return value?.toString('utf8')
    throw new UserError('POD_CONFIG_MISSING', `couldn't find key ${key} in ${kind} ${this.#namespace}/${name}`)
  }

  async #load(kind: 'ConfigMap' | 'Secret', name: string): Promise<Map<string, Buffer> | undefined> {
    const object = await this.#client.get<KubeObject>({ apiVersion: 'v1', kind, namespace: this.#namespace, name })
    return object && dataOf(object)
  }
}

function dataOf(object: KubeObject): Map<string, Buffer> {
  const texts = (object.kind === 'ConfigMap' ? object.data : {}) as Record<string, string> | undefined
  const encoded = (object.kind === 'Secret' ? object.data : object.binaryData) as Record<string, string> | undefined
  return new Map([
    ...Object.entries(texts ?? {}).map(([key, text]): [string, Buffer] => [key, Buffer.from(text)]),
    ...Object.entries(encoded ?? {}).map(([key, text]): [string, Buffer] => [key, Buffer.from(text, 'base64')]),
  ])
}
