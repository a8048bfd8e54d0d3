import { UserError } from '@slipway/errors'
import type { KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'

type Kind = 'ConfigMap' | 'Secret'

/** The data of ConfigMaps and Secrets, read for one pod. Each object is read once. */
export class ConfigurationReader {
  readonly #client: Pick<KubeClient, 'get'>
  readonly #namespace: string
  readonly #read = new Map<string, Promise<KubeObject | undefined>>()

  constructor(client: Pick<KubeClient, 'get'>, namespace: string) {
    this.#client = client
    this.#namespace = namespace
  }

  /** For files. Undefined when it is optional and missing. Throws UserError POD_CONFIG_MISSING. */
  async data(kind: Kind, name: string, optional = false): Promise<Map<string, Buffer> | undefined> {
    const object = await this.#object(kind, name, optional)
    return object && new Map([...plain(object), ...encoded(kind === 'Secret' ? object.data : object.binaryData)])
  }

  /**
   * For variables, which know nothing of the `binaryData` of a ConfigMap. Undefined when it is optional and missing.
   * Throws UserError POD_CONFIG_MISSING.
   */
  async texts(kind: Kind, name: string, optional = false): Promise<Map<string, string> | undefined> {
    const object = await this.#object(kind, name, optional)
    if (!object) return undefined
    const data = kind === 'Secret' ? encoded(object.data) : plain(object)
    return new Map(data.map(([key, value]) => [key, value.toString('utf8')]))
  }

  /** One of the texts. Undefined when it is optional and missing. Throws UserError POD_CONFIG_MISSING. */
  async value(
    kind: Kind,
    { name, key, optional = false }: { name: string; key: string; optional?: boolean },
  ): Promise<string | undefined> {
    const value = (await this.texts(kind, name, optional))?.get(key)
    if (value !== undefined || optional) return value
    throw new UserError('POD_CONFIG_MISSING', `couldn't find key ${key} in ${kind} ${this.#namespace}/${name}`)
  }

  async #object(kind: Kind, name: string, optional: boolean): Promise<KubeObject | undefined> {
    const key = `${kind}/${name}`
    const ref = { apiVersion: 'v1', kind, namespace: this.#namespace, name }
    const reading = this.#read.get(key) ?? this.#client.get<KubeObject>(ref)
    this.#read.set(key, reading)
    const object = await reading
    if (!object && !optional) throw new UserError('POD_CONFIG_MISSING', `${kind.toLowerCase()} "${name}" not found`)
    return object
  }
}

/** The texts of a ConfigMap. */
function plain({ kind, data }: KubeObject): [string, Buffer][] {
  const texts = (kind === 'ConfigMap' ? data : undefined) as Record<string, string> | undefined
  return Object.entries(texts ?? {}).map(([key, text]) => [key, Buffer.from(text)])
}

function encoded(data: unknown): [string, Buffer][] {
  return Object.entries((data as Record<string, string> | undefined) ?? {}).map(([key, text]) => [
    key,
    Buffer.from(text, 'base64'),
  ])
}
