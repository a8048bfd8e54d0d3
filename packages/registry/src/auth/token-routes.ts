import type { IncomingMessage, ServerResponse } from 'node:http'
import { readBody, readCredentials, sendJson } from '@slipway/http-server'
import type { Incoming, Note } from '../exchange.ts'
import { Refusal } from '../refusal.ts'
import { type Caller, formatScope, grantsFor, parseScopes } from './access.ts'
import type { Callers } from './callers.ts'
import { type Tokens, tokenLife } from './tokens.ts'

const FORM_LIMIT = 64 * 1024

export interface TokenDeps {
  callers: Callers
  tokens: Tokens
  clock: () => number
}

const ENDPOINTS: Record<string, (deps: TokenDeps, incoming: Incoming) => Promise<void>> = {
  'GET /oauth2/token': async (deps, { request, response, url, note }) =>
    answerAccess(deps, response, named(await byHeader(deps, request), note), url.searchParams),
  'POST /oauth2/token': async (deps, { request, response, note }) => {
    const form = await formOf(request)
    answerAccess(deps, response, named(await byForm(deps, form), note), form)
  },
  'POST /oauth2/exchange': async (deps, { request, response, note }) =>
    answerRefresh(deps, response, named(await byExchange(deps, await formOf(request)), note)),
}

/** All that is served here, as `METHOD path`. */
export const TOKEN_ENDPOINTS: string[] = Object.keys(ENDPOINTS)

/** `/oauth2/token` and `/oauth2/exchange`, as docker, helm and `az acr` call them. */
export async function serveTokens(deps: TokenDeps, incoming: Incoming): Promise<void> {
  incoming.note.action = 'login'
  const endpoint = `${incoming.request.method} ${incoming.url.pathname}`
  const serve = ENDPOINTS[endpoint]
  if (!serve) throw new Refusal('UNSUPPORTED', `${endpoint} is not served here`, { status: 404 })
  await serve(deps, incoming)
}

async function formOf(request: IncomingMessage): Promise<URLSearchParams> {
  return new URLSearchParams((await readBody(request, FORM_LIMIT)).toString('utf8'))
}

async function byHeader({ callers }: TokenDeps, request: IncomingMessage): Promise<Caller | undefined> {
  const credentials = readCredentials(request)
  if (credentials) return callers.identify(credentials)
  return request.headers.authorization === undefined ? callers.anonymous() : undefined
}

async function byForm({ callers, tokens }: TokenDeps, form: URLSearchParams): Promise<Caller | undefined> {
  switch (form.get('grant_type')) {
    case 'password':
      return callers.identify({
        kind: 'basic',
        username: form.get('username') ?? '',
        password: form.get('password') ?? '',
      })
    case 'refresh_token': {
      const claims = tokens.read(form.get('refresh_token') ?? '')
      return claims?.kind === 'refresh_token' ? callers.behind(claims) : undefined
    }
    default:
      throw new Refusal('UNSUPPORTED', 'grant_type must be password or refresh_token', { status: 400 })
  }
}

/** Whom a token of the directory (here: of the program itself) belongs to. */
async function byExchange({ callers }: TokenDeps, form: URLSearchParams): Promise<Caller | undefined> {
  if (!['access_token', 'access_token_refresh_token', 'refresh_token'].includes(form.get('grant_type') ?? '')) {
    throw new Refusal('UNSUPPORTED', 'grant_type must be access_token, access_token_refresh_token or refresh_token', {
      status: 400,
    })
  }
  const token = form.get('access_token') ?? form.get('refresh_token') ?? ''
  return callers.identify({ kind: 'bearer', token })
}

function answerRefresh({ tokens }: TokenDeps, response: ServerResponse, caller: Caller): void {
  sendJson(response, 200, { refresh_token: tokens.issue({ kind: 'refresh_token', ...holderOf(caller), grants: [] }) })
}

function answerAccess(
  { tokens, clock }: TokenDeps,
  response: ServerResponse,
  caller: Caller,
  asked: URLSearchParams,
): void {
  const grants = grantsFor(caller, parseScopes(asked.getAll('scope')))
  const token = tokens.issue({ kind: 'access_token', ...holderOf(caller), grants })
  sendJson(response, 200, {
    access_token: token,
    // Older docker clients read `token` (distribution, token/token.md).
    token,
    expires_in: tokenLife.access_token,
    issued_at: new Date(clock()).toISOString(),
    scope: grants.map(formatScope).join(' '),
  })
}

/** Who asks; Throws Refusal UNAUTHORIZED for nobody. */
function named(caller: Caller | undefined, note: Note): Caller {
  if (!caller) throw unauthorized()
  note.actor = caller.name
  return caller
}

function holderOf({ name, role }: Caller): Pick<Caller, 'name' | 'role'> {
  return { name, ...(role !== undefined && { role }) }
}

/** The token endpoint answers to Basic, so that is what it asks for. */
function unauthorized(): Refusal {
  return new Refusal('UNAUTHORIZED', 'authentication required', {
    headers: { 'www-authenticate': 'Basic realm="slipway"' },
  })
}
