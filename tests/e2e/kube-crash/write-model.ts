import { createHash, randomBytes, randomInt } from 'node:crypto'
import { isApiError, type KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'

export const NOTES = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default' }
export function note(name: string, data: Record<string, string> = {}): KubeObject {
  const { namespace, ...type } = NOTES
  return { ...type, metadata: { name, namespace }, data }
}

const WRITERS = 8
const NAMES_PER_WRITER = 6
/** Characters of a value: from one that shares a page with others to one that spans several. */
const LARGEST = 20_000

/** An object as a writer left it: undefined = it does not exist. */
type State = { value: string; resourceVersion: string } | undefined

/** What may be stored under a name: what was acknowledged last, or what was asked for and never answered. */
interface Expected {
  acknowledged: State
  asked?: { value: string } | 'deletion'
}

/**
 * Writers under load, and what a server that loses no acknowledged write must have after it was killed. Each name has one writer, who waits
 * for an answer before the next write, so that at most one write of a name is in doubt.
 */
export class WriteModel {
  readonly #expected = new Map<string, Expected>()
  /** The version of every write that was acknowledged; a deletion's is not told. */
  readonly versions: string[] = []

  constructor() {
    for (let writer = 0; writer < WRITERS; writer++) {
      for (let n = 0; n < NAMES_PER_WRITER; n++) {
        this.#expected.set(`note-${writer}-${n}`, { acknowledged: undefined })
      }
    }
  }

  /** Writes until the server is gone; `onAcknowledged` is called with each acknowledged write of this load. */
  async load(client: KubeClient, onAcknowledged: (count: number) => void): Promise<void> {
    let count = 0
    const names = [...this.#expected.keys()]
    await Promise.all(
      Array.from({ length: WRITERS }, async (_, writer) => {
        const own = names.slice(writer * NAMES_PER_WRITER, (writer + 1) * NAMES_PER_WRITER)
        while (await this.#write(client, own[randomInt(own.length)] as string)) onAcknowledged(++count)
      }),
    )
  }

  /** What is wrong with what a server has; afterwards what it has is what is expected. */
  check(stored: KubeObject[]): string[] {
    const found = new Map(stored.map((object) => [object.metadata.name, object]))
    return [...this.#expected].flatMap(([name, expected]) => {
      const object = found.get(name)
      const state = object && stateOf(object)
      this.#expected.set(name, { acknowledged: state })
      if (object && !isWhole(object)) return [`${name} is half an object`]
      return isAllowed(state, expected)
        ? []
        : [
            `${name} is ${describe(state)}, expected ${describe(expected.acknowledged)}${expected.asked ? ', or what was asked for' : ''}`,
          ]
    })
  }

  /** False when the server did not answer. */
  async #write(client: KubeClient, name: string): Promise<boolean> {
    const { acknowledged } = this.#expected.get(name) as Expected
    const isDeletion = acknowledged !== undefined && randomInt(4) === 0
    const value = randomBytes(randomInt(LARGEST / 2)).toString('hex')
    this.#expected.set(name, { acknowledged, asked: isDeletion ? 'deletion' : { value } })
    try {
      const state = await send(client, { name, acknowledged, value, isDeletion })
      this.#expected.set(name, { acknowledged: state })
      if (state) this.versions.push(state.resourceVersion)
      return true
    } catch (error) {
      if (isApiError(error, 'KUBE_UNAVAILABLE')) return false
      throw error
    }
  }
}

async function send(
  client: KubeClient,
  write: { name: string; acknowledged: State; value: string; isDeletion: boolean },
): Promise<State> {
  const { name, acknowledged, value } = write
  if (write.isDeletion) {
    await client.delete({ ...NOTES, name })
    return undefined
  }
  const object = note(name, { value, digest: digestOf(value) })
  if (acknowledged) object.metadata.resourceVersion = acknowledged.resourceVersion
  return stateOf(acknowledged ? await client.replace<KubeObject>(object) : await client.create<KubeObject>(object))
}

function isAllowed(state: State, { acknowledged, asked }: Expected): boolean {
  const isLast = state?.value === acknowledged?.value && state?.resourceVersion === acknowledged?.resourceVersion
  if (isLast) return true
  if (asked === 'deletion') return state === undefined
  return asked !== undefined && state?.value === asked.value
}

const stateOf = ({ data, metadata }: KubeObject): { value: string; resourceVersion: string } => ({
  value: data.value,
  resourceVersion: metadata.resourceVersion ?? '',
})

const isWhole = ({ data, metadata }: KubeObject): boolean =>
  digestOf(data.value) === data.digest && Boolean(metadata.uid && metadata.creationTimestamp)

const digestOf = (value: string): string => createHash('sha256').update(value).digest('hex')

const describe = (state: State): string =>
  state ? `of version ${state.resourceVersion}, ${state.value.slice(0, 40)}…` : 'not there'
