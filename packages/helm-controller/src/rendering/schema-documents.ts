import type { RemoteSchemas, SchemaFault } from '@slipway/helm-chart'
import { fetchDocument, type WebDocument } from '@slipway/registry-client'
import { Answers, renderInRounds } from './rounds.ts'

/** Milliseconds for one document; Helm 4 waits as long. */
const TIMEOUT = 15_000
/** Milliseconds for which a document is taken as known. */
const KEPT_FOR = 5 * 60_000
/** Bytes of one document, and of all that a rendering asks for, or that are kept. */
const SIZE_LIMIT = 16 * 1024 * 1024
const TOTAL_LIMIT = 64 * 1024 * 1024
/** Documents of one rendering, and how often it may ask for those that the last ones refer to. */
const COUNT_LIMIT = 100
const ROUND_LIMIT = 20

interface Kept {
  readonly data: Uint8Array
  /** Milliseconds since 1970. */
  readonly until: number
}

/** The documents that schemas of charts refer to, fetched from where they are and kept for some minutes. */
export class SchemaDocuments {
  readonly #now: () => Date
  readonly #ignore: ((urn: string) => void) | undefined
  /** The oldest first. */
  readonly #kept = new Map<string, Kept>()

  /** `ignore` is told of each `urn:`, which everything fits. */
  constructor(now: () => Date, ignore?: (urn: string) => void) {
    this.#now = now
    this.#ignore = ignore
  }

  /** Runs what checks charts' schemas, again and again until all documents are known that it asks for. */
  async complete<T>(run: (schemas: RemoteSchemas) => T): Promise<T> {
    const { answers, schemas } = this.forRendering()
    return renderInRounds([answers], () => run(schemas))
  }

  /** What one rendering finds. */
  forRendering(): { answers: Answers<Uint8Array | SchemaFault>; schemas: RemoteSchemas } {
    let size = 0
    const answers = new Answers<Uint8Array | SchemaFault>({
      fetch: async (address) => {
        if (size > TOTAL_LIMIT) return tooMuch
        const answer = await this.#fetch(address)
        size += sizeOf(answer)
        return answer
      },
      known: (address) => {
        const kept = this.#fresh(address)
        size += kept?.length ?? 0
        return kept
      },
      rounds: ROUND_LIMIT,
      count: COUNT_LIMIT,
      tooMuch,
    })
    const find = (address: string) => answers.find(address)
    return { answers, schemas: { find, ...(this.#ignore && { ignore: this.#ignore }) } }
  }

  #fresh(address: string): Uint8Array | undefined {
    const kept = this.#kept.get(address)
    return kept && kept.until > this.#now().getTime() ? kept.data : undefined
  }

  async #fetch(address: string): Promise<Uint8Array | SchemaFault> {
    const document = await fetchDocument(address, { timeout: TIMEOUT, size: SIZE_LIMIT })
    if (document.kind !== 'document') return faultOf(address, document)
    this.#keep(address, { data: document.data, until: this.#now().getTime() + KEPT_FOR })
    return document.data
  }

  #keep(address: string, kept: Kept): void {
    this.#kept.delete(address)
    this.#kept.set(address, kept)
    let size = 0
    for (const { data } of this.#kept.values()) size += data.length
    for (const [oldest, { data }] of this.#kept) {
      if (size <= TOTAL_LIMIT) return
      this.#kept.delete(oldest)
      size -= data.length
    }
  }
}

const sizeOf = (answer: Uint8Array | SchemaFault): number => (answer instanceof Uint8Array ? answer.length : 0)

const bounds = `more than ${COUNT_LIMIT} documents, ${TOTAL_LIMIT} bytes, or ${ROUND_LIMIT} that lead to each other`
const tooMuch: SchemaFault = { helm4: bounds, helm3: bounds, isTransient: false }

/** Why there is no document, in the words of each Helm. */
function faultOf(address: string, document: Exclude<WebDocument, { kind: 'document' }>): SchemaFault {
  const { reason } = document
  switch (document.kind) {
    case 'status': {
      const { status } = document
      return {
        helm4: `HTTP request to ${address} returned status ${status} (${reason})`,
        helm3: `Could not read schema from HTTP, response status is ${status} ${reason}`,
        isTransient: status === 408 || status === 429 || status >= 500,
      }
    }
    case 'unanswered':
      return {
        helm4: `HTTP request failed for ${address}: ${reason}`,
        helm3: reason,
        isTransient: !document.isRefused,
      }
    case 'broken':
      return { helm4: reason, helm3: reason, isTransient: !document.isRefused }
  }
}
