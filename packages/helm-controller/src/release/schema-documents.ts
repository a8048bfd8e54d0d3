import type { RemoteSchemas, SchemaFault } from '@slipway/helm-chart'
import { fetchDocument, type WebDocument } from '@slipway/registry-client'

/** Milliseconds for one document; Helm 4 waits as long. */
const TIMEOUT = 15_000
/** Milliseconds for which a document is taken as known. */
const KEPT_FOR = 5 * 60_000
/** Bytes of one document, and of all that a rendering asks for, or that are kept. */
const SIZE_LIMIT = 16 * 1024 * 1024
const TOTAL_LIMIT = 64 * 1024 * 1024
/** Documents that are fetched at once, for they are in memory before their size is known. */
const AT_ONCE = 4
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

  /** Runs what renders a chart, again and again until all documents are known that it asks for. */
  async complete<T>(run: (schemas: RemoteSchemas) => T): Promise<T> {
    const found = new Map<string, Uint8Array | SchemaFault>()
    for (let round = 1; ; round++) {
      const missing = new Set<string>()
      const find = (address: string) => {
        const known = found.get(address) ?? this.#fresh(address)
        if (known) found.set(address, known)
        else missing.add(address)
        return known
      }
      try {
        const result = run({ find, ...(this.#ignore && { ignore: this.#ignore }) })
        if (missing.size === 0) return result
      } catch (error) {
        // Until all documents are known, a chart fails for want of one that is there.
        if (missing.size === 0) throw error
      }
      const isTooMuch = round > ROUND_LIMIT || found.size + missing.size > COUNT_LIMIT
      if (isTooMuch) for (const address of missing) found.set(address, tooMuch)
      else await this.#fetchAll(missing, found)
    }
  }

  async #fetchAll(missing: Iterable<string>, found: Map<string, Uint8Array | SchemaFault>): Promise<void> {
    const waiting = [...missing]
    const work = async () => {
      for (let address = waiting.shift(); address !== undefined; address = waiting.shift()) {
        found.set(address, bytesOf(found.values()) > TOTAL_LIMIT ? tooMuch : await this.#fetch(address))
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
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
    let size = bytesOf(Array.from(this.#kept.values(), ({ data }) => data))
    for (const [oldest, { data }] of this.#kept) {
      if (size <= TOTAL_LIMIT) return
      this.#kept.delete(oldest)
      size -= data.length
    }
  }
}

function bytesOf(documents: Iterable<Uint8Array | SchemaFault>): number {
  let size = 0
  for (const document of documents) if (document instanceof Uint8Array) size += document.length
  return size
}

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
