import { quote, stringOf } from '@slipway/go-template'
import type { Compat } from '../compat.ts'
import { parseUrl } from '../functions/url.ts'
import { readFirstJson } from '../json/read.ts'
import type { Schema } from './keywords.ts'
import { publishedSchema } from './metaschemas.ts'

/** The documents of other places that charts' schemas refer to. Rendering waits for nothing: what is not known yet is asked for here. */
export interface RemoteSchemas {
  /** What is at an http or https address; undefined when that is not known yet. */
  readonly find: (address: string) => Uint8Array | SchemaFault | undefined
  /** Is told of each `urn:`, which stands for a schema that everything fits. */
  readonly ignore?: (urn: string) => void
}

/** Why there is no document at an address, in the words of either Helm. */
export interface SchemaFault extends Readonly<Record<Compat, string>> {
  /** Whether it may pass. */
  readonly isTransient: boolean
}

/** A document that is not known yet. */
export class NotFetchedError extends Error {}

/** A document that can't be had now, but may be later. */
export class UnreachableSchemaError extends Error {}

/** The value of a document. Throws an Error with Helm 4's text. */
export function readSource(address: string, remote: RemoteSchemas | undefined): Schema {
  return publishedSchema(address) ?? readUnpublished(address, remote)
}

function readUnpublished(address: string, remote: RemoteSchemas | undefined): Schema {
  const failing = `failing loading ${quote(address)}: `
  const { scheme, path } = parseUrl(address)
  switch (scheme) {
    case 'http':
    case 'https': {
      const data = fetched(address, remote, ({ helm4 }) => failing + helm4)
      return withPrefix(failing, () => readSchema(stringOf(data)))
    }
    case 'urn':
      remote?.ignore?.(address)
      return true
    case 'file':
      throw new Error(failing + fileFault(path))
    default:
      throw new Error(`${failing}no URLLoader registered for ${quote(address)}`)
  }
}

/** What a chart is told of files: it gets to read no others than its own. */
export function fileFault(path: string): string {
  return `open ${path}: no such file or directory`
}

/** What is at an address. Throws NotFetchedError when that is not known yet, else an Error with the given text. */
export function fetched(
  address: string,
  remote: RemoteSchemas | undefined,
  describe: (fault: SchemaFault) => string,
): Uint8Array {
  const found = remote?.find(address)
  if (found instanceof Uint8Array) return found
  if (!found) throw new NotFetchedError(`failing loading ${quote(address)}: it was not fetched`)
  throw found.isTransient ? new UnreachableSchemaError(describe(found)) : new Error(describe(found))
}

function withPrefix<T>(prefix: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new Error(prefix + (error as Error).message)
  }
}

/** A schema from its text. Throws an Error with Go's text. */
export function readSchema(text: string): Schema {
  const { value, end } = readFirstJson(text)
  if (text.slice(end).trim() !== '') throw new Error('invalid character after top-level value')
  return value as Schema
}
