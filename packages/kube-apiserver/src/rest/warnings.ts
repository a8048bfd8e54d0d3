import type { ServerResponse } from 'node:http'
import type { ApiRequest } from '../api/request.ts'

/** Characters of all the warnings of an answer, and of each one where they are more than that (apiserver's filters/warning.go). */
const MOST_IN_ALL = 4096
const MOST_OF_ONE = 256

/** Adds Warning headers (RFC 9111 section 5.5), which kubectl shows to its user; each once, and no more of them than clients take. */
export function addWarnings({ response }: Pick<ApiRequest, 'response'>, warnings: string[]): void {
  const told = answers.get(response) ?? new Warnings(response)
  answers.set(response, told)
  for (const warning of warnings) told.add(warning)
}

const answers = new WeakMap<ServerResponse, Warnings>()

class Warnings {
  readonly #response: ServerResponse
  readonly #told = new Set<string>()
  #length = 0
  #isShortened = false

  constructor(response: ServerResponse) {
    this.#response = response
  }

  add(text: string): void {
    const isFull = this.#isShortened && this.#length >= MOST_IN_ALL
    if (isFull || this.#told.has(text)) return
    this.#told.add(text)
    if (this.#isShortened || this.#length + lengthOf(text) <= MOST_IN_ALL) this.#write(text)
    else this.#shorten()
  }

  /** Tells all that was told before anew. */
  #shorten(): void {
    this.#isShortened = true
    this.#length = 0
    this.#response.removeHeader('warning')
    for (const one of this.#told) this.#write(one)
  }

  #write(text: string): void {
    const shown = this.#isShortened ? Array.from(text).slice(0, MOST_OF_ONE).join('') : text
    this.#length += lengthOf(shown)
    const quoted = shown
      .replaceAll('\\', '\\\\')
      .replaceAll('"', '\\"')
      .replaceAll(/[^\x20-\x7e]/g, ' ')
    this.#response.appendHeader('warning', `299 - "${quoted}"`)
  }
}

const lengthOf = (text: string): number => Array.from(text).length
