import { UserError } from '@slipway/errors'

/** Variables of the process, by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Where blobs are in an object store: `s3://BUCKET/PREFIX`, `azure://CONTAINER/PREFIX`. */
export class BucketAddress {
  readonly url: string
  readonly container: string
  readonly environment: Environment
  readonly #prefix: string

  /** Throws UserError BLOB_STORE_CONFIG. */
  constructor(url: string, environment: Environment) {
    const [, container, prefix = ''] =
      /^[a-z0-9]+:\/\/([A-Za-z0-9][A-Za-z0-9.$_-]*)(?:\/([A-Za-z0-9._/-]*))?$/.exec(url) ?? []
    if (container === undefined) {
      throw new UserError('BLOB_STORE_CONFIG', `${url} is no address of a blob store`, {
        hint: 'write azure://CONTAINER, azure://CONTAINER/PREFIX, s3://BUCKET or s3://BUCKET/PREFIX',
      })
    }
    this.url = url
    this.container = container
    this.environment = environment
    this.#prefix = prefix === '' ? '' : `${prefix.replace(/\/+$/, '')}/`
  }

  nameOf(name: string): string {
    return this.#prefix + name
  }

  withoutPrefix(name: string): string {
    return name.slice(this.#prefix.length)
  }

  /** A variable that has to be set. Throws UserError BLOB_STORE_CONFIG. */
  require(variable: string): string {
    const value = this.environment[variable]
    if (value) return value
    throw new UserError('BLOB_STORE_CONFIG', `${this.url} needs the environment variable ${variable}`, {
      hint: `set ${variable}; credentials are never taken from arguments`,
    })
  }
}
