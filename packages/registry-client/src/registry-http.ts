import { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { rootCertificates } from 'node:tls'
import { type SlipwayError, UserError } from '@slipway/errors'
import { Agent, type Dispatcher, request } from 'undici'
import { type Challenge, parseChallenge } from './challenge.ts'
import { answerError, answerInvalid, networkError, readObject } from './errors.ts'
import { readAll, readStart } from './read-body.ts'
import { waitOf } from './retry-after.ts'

export interface LoginData {
  username: string
  password: string
}

export interface RegistryAccess {
  /** Base URL of the service that stands for a host, such as `http://127.0.0.1:7080` for an alias. @default https://HOST */
  resolveHost?: (host: string) => string | undefined
  credentials?: (host: string) => LoginData | undefined | Promise<LoginData | undefined>
  tls?: TlsOptions
  /** Milliseconds for which a registry may neither answer nor go on with its answer. @default 300,000 */
  patience?: number
  /**
   * Milliseconds before each further try where a registry fails or is too busy. How long one that is too busy asks to wait counts,
   * up to the longest of them. @default none
   */
  waits?: readonly number[]
}

/** How servers are checked and who we are to them; all in PEM. */
export interface TlsOptions {
  /** Authorities beside the system's. */
  authorities?: string
  certificate?: string
  key?: string
  /** Any certificate will do. @default false */
  insecure?: boolean
}

export interface RegistryCall {
  /** Of the real world, such as `acrgitopsdev.azurecr.io`. */
  host: string
  /** With its query, or a whole URL on that host. */
  path: string
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  headers?: Record<string, string>
  /** A stream can be sent only once: whoever sends one has a token from a call before. */
  body?: Uint8Array | Readable
  /** What a token has to be good for, such as `repository:helm/x:pull`. */
  scope?: string
  /** Show the credentials at once, without waiting for a challenge. */
  eager?: boolean
  /** Names the thing in errors. */
  what: string
  /** These statuses are answers too; every other from 400 on is thrown. */
  accept?: number[]
  signal?: AbortSignal | undefined
}

export type RegistryAnswer = Dispatcher.ResponseData

interface TokenAnswer {
  access_token?: string
  token?: string
  expires_in?: number
}

interface Token {
  value: string
  /** Milliseconds since 1970. */
  until: number
}

// Go, net/http: defaultCheckRedirect.
const REDIRECT_LIMIT = 10
/** Tokens that are kept: one for each repository that is asked for something. */
const REMEMBERED = 1_000
/** Bytes of what a token service answers. */
const TOKEN_LIMIT = 1024 * 1024

/** Calls to registries: finds the host, answers its challenge and remembers the token, follows redirects, turns refusals into errors. */
export class RegistryHttp {
  readonly #access: RegistryAccess
  readonly #tokens = new Map<string, Token>()
  readonly #basic = new Set<string>()
  readonly #agent: Agent | undefined

  constructor(access: RegistryAccess) {
    this.#access = access
    this.#agent = access.tls && agentFor(access.tls)
  }

  async call(call: RegistryCall): Promise<RegistryAnswer> {
    const url = new URL(call.path, this.baseUrl(call.host))
    const first = await this.#send(call, url, await this.#remembered(call))
    if (first.statusCode !== 401) return this.#check(call, url, first)
    const challenge = parseChallenge(first.headers['www-authenticate'])
    const authorization = challenge && (await this.#answer(call, url, challenge))
    if (!authorization) throw await refusal(call, url, first)
    await first.body.dump()
    return this.#check(call, url, await this.#send(call, url, authorization))
  }

  baseUrl(host: string): string {
    // Docker Hub's API is served under another name than its images have.
    return this.#access.resolveHost?.(host) ?? `https://${host === 'docker.io' ? 'registry-1.docker.io' : host}`
  }

  async #remembered({ host, scope, eager }: RegistryCall): Promise<string | undefined> {
    const token = this.#tokens.get(`${host} ${scope}`)
    if (token && token.until > Date.now()) return `Bearer ${token.value}`
    return eager || this.#basic.has(host) ? this.#basicHeader(host) : undefined
  }

  async #answer(call: RegistryCall, url: URL, challenge: Challenge): Promise<string | undefined> {
    if (challenge.scheme === 'bearer') return this.#fetchToken(call, url, challenge)
    this.#basic.add(call.host)
    return this.#basicHeader(call.host)
  }

  async #basicHeader(host: string): Promise<string | undefined> {
    const login = await this.#access.credentials?.(host)
    return login && basicAuthorization(login)
  }

  /** GET with Basic, as docker does (distribution, token/token.md). Without credentials an anonymous token is asked for. */
  async #fetchToken(
    call: RegistryCall,
    url: URL,
    challenge: Challenge & { scheme: 'bearer' },
  ): Promise<string | undefined> {
    const realm = urlOf(challenge.realm, url, call)
    if (url.protocol === 'https:' && realm.protocol !== 'https:') {
      throw new UserError('REGISTRY_REFUSED', `${call.what}: the token service of ${call.host} is not on HTTPS`)
    }
    if (challenge.service) realm.searchParams.set('service', challenge.service)
    for (const scope of (challenge.scope ?? call.scope ?? '').split(' ').filter(Boolean))
      realm.searchParams.append('scope', scope)
    // As Go writes them.
    realm.searchParams.sort()
    const authorization = await this.#basicHeader(call.host)
    const { host, what, signal } = call
    const answer = await this.#send({ host, what, signal, path: realm.pathname }, realm, authorization)
    if (answer.statusCode >= 400) throw await refusal(call, url, answer, realm)
    const body: TokenAnswer = readObject((await readAll(answer.body, TOKEN_LIMIT, what)).toString('utf8'), what)
    const value = body.access_token ?? body.token
    if (!value) return undefined
    // A little before its end, so that it does not run out on the way.
    const until = Date.now() + Math.max(0, (body.expires_in ?? 60) - 10) * 1000
    this.#remember(`${call.host} ${call.scope}`, { value, until })
    return `Bearer ${value}`
  }

  #remember(key: string, token: Token): void {
    this.#tokens.delete(key)
    this.#tokens.set(key, token)
    const [oldest] = this.#tokens.keys()
    if (this.#tokens.size > REMEMBERED && oldest !== undefined) this.#tokens.delete(oldest)
  }

  async #send(call: RegistryCall, start: URL, authorization: string | undefined): Promise<RegistryAnswer> {
    let url = start
    for (let redirects = 0; ; redirects++) {
      const answer = await this.#sendAgain(call, url, url.origin === start.origin ? authorization : undefined)
      const { location } = answer.headers
      const redirected = answer.statusCode >= 300 && answer.statusCode < 400 && typeof location === 'string'
      if (!redirected || (call.method ?? 'GET') === 'POST') return answer
      await answer.body.dump()
      if (redirects === REDIRECT_LIMIT) throw answerInvalid(call.what, `stopped after ${REDIRECT_LIMIT} redirects`)
      url = urlOf(location, url, call)
    }
  }

  async #sendAgain(call: RegistryCall, url: URL, authorization: string | undefined): Promise<RegistryAnswer> {
    const waits = call.body instanceof Readable ? [] : (this.#access.waits ?? [])
    for (const wait of waits) {
      const answer = await this.#sendOnce(call, url, authorization)
      if (!mayPass(answer.statusCode)) return answer
      await answer.body.dump()
      await setTimeout(askedWait(answer, Math.max(...waits)) ?? wait, undefined, call.signal && { signal: call.signal })
    }
    return this.#sendOnce(call, url, authorization)
  }

  async #sendOnce(call: RegistryCall, url: URL, authorization: string | undefined): Promise<RegistryAnswer> {
    const { patience } = this.#access
    try {
      return await request(url, {
        method: call.method ?? 'GET',
        headers: { 'user-agent': 'slipway', ...call.headers, ...(authorization && { authorization }) },
        ...(call.body && { body: call.body }),
        ...(call.signal && { signal: call.signal }),
        ...(patience !== undefined && { headersTimeout: patience, bodyTimeout: patience }),
        ...(this.#agent && { dispatcher: this.#agent }),
      })
    } catch (error) {
      if (call.signal?.aborted) throw call.signal.reason
      throw networkError(error, call.what)
    }
  }

  async #check(call: RegistryCall, url: URL, answer: RegistryAnswer): Promise<RegistryAnswer> {
    if (answer.statusCode < 400 || call.accept?.includes(answer.statusCode)) return answer
    // A token may have been taken back before its time.
    this.#tokens.delete(`${call.host} ${call.scope}`)
    throw await refusal(call, url, answer)
  }
}

function agentFor({ authorities, certificate, key, insecure = false }: TlsOptions): Agent {
  return new Agent({
    connect: {
      rejectUnauthorized: !insecure,
      ...(authorities !== undefined && { ca: [...rootCertificates, authorities] }),
      ...(certificate !== undefined && { cert: certificate }),
      ...(key !== undefined && { key }),
    },
  })
}

function basicAuthorization({ username, password }: LoginData): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

/** As ORAS sees it, by which Helm speaks to registries (oras-go, retry.DefaultPredicate). */
const mayPass = (status: number): boolean => status === 408 || status === 429 || (status >= 500 && status !== 501)

function askedWait({ statusCode, headers }: RegistryAnswer, longest: number): number | undefined {
  const wait = statusCode === 429 ? waitOf(headers['retry-after']) : undefined
  return wait && Math.min(wait, longest)
}

/** An address that a registry names, which may be relative. */
function urlOf(location: string, base: URL, { what }: RegistryCall): URL {
  if (URL.canParse(location, base.href)) return new URL(location, base)
  throw answerInvalid(what, `the registry refers to "${location}", which is no address`)
}

/** `realm`: where a token for the call was asked for, in vain. */
async function refusal(
  { method = 'GET', what }: RegistryCall,
  url: URL,
  answer: RegistryAnswer,
  realm?: URL,
): Promise<SlipwayError> {
  const refused = { status: answer.statusCode, body: await readStart(answer.body) }
  const wanted = { method, url: url.href }
  const request = realm ? { method: 'GET', url: realm.href, wanted } : wanted
  return answerError({ ...request, ...refused }, what, waitOf(answer.headers['retry-after']))
}
