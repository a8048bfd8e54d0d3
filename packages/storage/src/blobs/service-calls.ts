import { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { messageOf, TransientError, UserError } from '@slipway/errors'
import type { BucketAddress } from './bucket-address.ts'

/** The HTTP status that an error stands for, `unanswered` where none came, undefined for an error of another kind. */
export type StatusOf = (error: unknown) => number | 'unanswered' | undefined

export interface ServiceCallOptions {
  statusOf: StatusOf
  /** Milliseconds after which the client ends a connection over which nothing goes. */
  silence: number
}

/** Milliseconds. Java's client of S3 has 30 s (SocketTimeout), Python's 60 s, but whoever asked us asks again within a minute. */
export const SILENCE = 15_000
/** Milliseconds before each further try: S3 asks that errors of its own are tried again, more and more slowly. */
const WAITS = [100, 400, 1_600]
/** Connections in turn that may break before one of them brings a byte. */
const BREAKS = 3

/** Calls to a cloud's storage: each can be made twice with the same effect, and its errors become ours. */
export class ServiceCalls {
  readonly #address: BucketAddress
  readonly #statusOf: StatusOf
  /** Milliseconds after which nothing is tried again, so that with a last try a client still hears of it: proxies wait for a minute. */
  readonly #enough: number

  constructor(address: BucketAddress, { statusOf, silence }: ServiceCallOptions) {
    this.#address = address
    this.#statusOf = statusOf
    this.#enough = 2 * silence
  }

  /** Throws UserError BLOB_STORE_DENIED, TransientError BLOB_STORE_UNREACHABLE. */
  async make<T>(call: () => Promise<T>): Promise<T> {
    const begin = performance.now()
    for (const wait of WAITS) {
      try {
        return await call()
      } catch (error) {
        if (!passes(this.#statusOf(error)) || performance.now() - begin >= this.#enough) throw this.#translated(error)
        await setTimeout(wait)
      }
    }
    return call().catch((error: unknown) => {
      throw this.#translated(error)
    })
  }

  /** As `make`; undefined for what is not there. */
  find<T>(call: () => Promise<T>): Promise<T | undefined> {
    return this.make(() =>
      call().catch((error: unknown) => {
        if (this.#statusOf(error) === 404) return undefined
        throw error
      }),
    )
  }

  /**
   * The content that `open` gives from a position on, read on behind the last byte where a connection breaks: nobody can tell a
   * client that has half of a blob to come again. Undefined for what is not there.
   */
  async read(open: (at: number) => Promise<Readable>): Promise<Readable | undefined> {
    const content = await this.find(() => open(0))
    return content && Readable.from(this.#readOn(content, open))
  }

  async *#readOn(first: Readable, open: (at: number) => Promise<Readable>): AsyncIterable<Uint8Array> {
    let at = 0
    let heard = performance.now()
    for (let content = first, breaks = 0; ; ) {
      try {
        for await (const piece of content as AsyncIterable<Uint8Array>) {
          at += piece.length
          breaks = 0
          yield piece
          heard = performance.now()
        }
        return
      } catch (error) {
        if (++breaks > BREAKS || performance.now() - heard >= this.#enough) throw this.#unreachable(error)
        content = await this.make(() => open(at))
      }
    }
  }

  #translated(cause: unknown): unknown {
    const status = this.#statusOf(cause)
    const { url } = this.#address
    if (status === 401 || status === 403) {
      return new UserError('BLOB_STORE_DENIED', `${url} refused the credentials`, {
        hint: 'check the variables that they come from, and what they may read and write',
        cause,
      })
    }
    if (!passes(status)) return cause
    return this.#unreachable(cause)
  }

  #unreachable(cause: unknown): TransientError {
    const { url } = this.#address
    return new TransientError('BLOB_STORE_UNREACHABLE', `${url} did not answer: ${reasonOf(cause)}`, { cause })
  }

  missing(): UserError {
    const { url, container } = this.#address
    return new UserError('BLOB_STORE_CONFIG', `${url}: there is no bucket or container named ${container}`, {
      hint: 'create it, or correct the name',
    })
  }
}

/** Whether time makes it go away. */
function passes(status: ReturnType<StatusOf>): boolean {
  return status === 'unanswered' || status === 429 || (status !== undefined && status >= 500)
}

/** Clients say why only in the cause of what they throw. */
function reasonOf(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error ? reasonOf(error.cause) : messageOf(error)
}
