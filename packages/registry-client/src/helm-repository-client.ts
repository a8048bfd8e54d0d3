import { UserError } from '@slipway/errors'
import { readAll } from './read-body.ts'
import { type RegistryAccess, type RegistryCall, RegistryHttp } from './registry-http.ts'

/** An index.yaml. The same object as before when the repository said that it has not changed. */
export interface RepositoryIndex {
  text: string
  etag: string | undefined
}

/** Bytes: an index of some 100,000 charts, and a chart that would fit no release. */
const INDEX_LIMIT = 128 * 1024 * 1024
const CHART_LIMIT = 32 * 1024 * 1024

/**
 * Chart repositories with an index.yaml, such as `https://acrgitopsdev.azurecr.io/helm/v1/repo/`, through the same host table and
 * with the same errors as RegistryClient. Credentials go to the repository's own host only, as Helm does by default.
 */
export class HelmRepositoryClient {
  readonly #access: RegistryAccess
  readonly #http: RegistryHttp
  readonly #indexes = new Map<string, RepositoryIndex>()

  constructor(access: RegistryAccess) {
    this.#access = access
    this.#http = new RegistryHttp(access)
  }

  /** The index of a repository; fetched again only when its ETag changed. `url` with or without a slash at its end. */
  async index(url: string, signal?: AbortSignal): Promise<RepositoryIndex> {
    const base = baseOf(url)
    const known = this.#indexes.get(base.href)
    const headers: Record<string, string> = known?.etag ? { 'if-none-match': known.etag } : {}
    const answer = await this.#http.call(this.#get(base, new URL('index.yaml', base), headers, signal))
    if (answer.statusCode === 304 && known) {
      await answer.body.dump()
      return known
    }
    const { etag } = answer.headers
    const text = (await readAll(answer.body, INDEX_LIMIT, `the index of ${url}`)).toString('utf8')
    const index = { text, etag: typeof etag === 'string' ? etag : undefined }
    this.#indexes.set(base.href, index)
    return index
  }

  /** A chart archive; `chartUrl` as the index has it, relative to the repository or whole. */
  async download(url: string, chartUrl: string, signal?: AbortSignal): Promise<Buffer> {
    const base = baseOf(url)
    const target = new URL(chartUrl, base)
    const answer = await this.#http.call(this.#get(base, target, {}, signal))
    return readAll(answer.body, CHART_LIMIT, target.href)
  }

  #get(base: URL, target: URL, headers: Record<string, string>, signal?: AbortSignal): RegistryCall {
    if (target.protocol !== 'https:' && target.protocol !== 'http:') {
      // Helm's words (getter.ByScheme).
      throw new UserError('REGISTRY_REFUSED', `scheme "${target.protocol.slice(0, -1)}" not supported`)
    }
    // A URL of the real world goes to the service that stands for its host; any other is taken as it is.
    const alias = this.#access.resolveHost?.(target.host)
    return {
      host: target.host,
      path: alias === undefined ? target.href : `${target.pathname}${target.search}`,
      headers,
      eager: target.host === base.host,
      what: target.href,
      signal,
    }
  }
}

/** A repository is a folder: relative chart URLs are resolved below it (helm, repo.ResolveReferenceURL). */
function baseOf(url: string): URL {
  if (!URL.canParse(url)) {
    throw new UserError('HELM_REPOSITORY_URL_INVALID', `"${url}" is no URL`, { hint: 'write https://HOST/PATH/' })
  }
  const base = new URL(url)
  if (!base.pathname.endsWith('/')) base.pathname += '/'
  return base
}
