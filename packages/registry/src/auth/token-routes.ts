import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Identity, readBody, readCredentials, sendJson } from '@slipway/http-server'
import { Refusal } from '../refusal.ts'
import { grantsFor, parseScopes } from './access.ts'
import type { Guard } from './guard.ts'
import { type Tokens, tokenLife } from './tokens.ts'

const FORM_LIMIT = 64 * 1024

export interface TokenDeps {
  guard: Guard
  tokens: Tokens
  clock: () => number
}

/** `/oauth2/token` and `/oauth2/exchange`, as docker, helm and `az acr` call them. */
export async function serveTokens(deps: TokenDeps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://registry')
  const endpoint = `${request.method} ${url.pathname}`
  if (endpoint === 'GET /oauth2/token')
    return answerAccess(deps, response, await byHeader(deps, request), url.searchParams)
  if (endpoint !== 'POST /oauth2/token' && endpoint !== 'POST /oauth2/exchange') {
    throw new Refusal('UNSUPPORTED', `${endpoint} is not served here`, { status: 404 })
  }
  const form = new URLSearchParams((await readBody(request, FORM_LIMIT)).toString('utf8'))
  if (url.pathname === '/oauth2/exchange') return exchange(deps, response, form)
  const identity = await byForm(deps, form)
  return answerAccess(deps, response, identity, form)
}

async function byHeader({ guard }: TokenDeps, request: IncomingMessage): Promise<Identity | undefined> {
  const credentials = readCredentials(request)
  return credentials && guard.identify(credentials)
}

async function byForm({ guard, tokens }: TokenDeps, form: URLSearchParams): Promise<Identity | undefined> {
  switch (form.get('grant_type')) {
    case 'password':
      return guard.identify({
        kind: 'basic',
        username: form.get('username') ?? '',
        password: form.get('password') ?? '',
      })
    case 'refresh_token': {
      const claims = tokens.read(form.get('refresh_token') ?? '')
      return claims?.kind === 'refresh_token' ? claims.identity : undefined
    }
    default:
      throw new Refusal('UNSUPPORTED', 'grant_type must be password or refresh_token', { status: 400 })
  }
}

/** A token of the directory (here: of the program itself) for a refresh token of the registry. */
async function exchange({ guard, tokens }: TokenDeps, response: ServerResponse, form: URLSearchParams): Promise<void> {
  const grantType = form.get('grant_type') ?? ''
  if (!['access_token', 'access_token_refresh_token', 'refresh_token'].includes(grantType)) {
    throw new Refusal('UNSUPPORTED', 'grant_type must be access_token, access_token_refresh_token or refresh_token', {
      status: 400,
    })
  }
  const token = form.get('access_token') ?? form.get('refresh_token') ?? ''
  const identity = await guard.identify({ kind: 'bearer', token })
  if (!identity) throw unauthorized()
  sendJson(response, 200, { refresh_token: tokens.issue({ kind: 'refresh_token', identity, grants: [] }) })
}

function answerAccess(
  { tokens, clock }: TokenDeps,
  response: ServerResponse,
  identity: Identity | undefined,
  asked: URLSearchParams,
): void {
  if (!identity) throw unauthorized()
  const grants = grantsFor(identity.role, parseScopes(asked.getAll('scope')))
  const token = tokens.issue({ kind: 'access_token', identity, grants })
  sendJson(response, 200, {
    access_token: token,
    // Older docker clients read `token` (distribution, token/token.md).
    token,
    expires_in: tokenLife.access_token,
    issued_at: new Date(clock()).toISOString(),
    scope: grants.map(({ type, name, actions }) => `${type}:${name}:${actions.join(',')}`).join(' '),
  })
}

/** The token endpoint answers to Basic, so that is what it asks for. */
function unauthorized(): Refusal {
  return new Refusal('UNAUTHORIZED', 'authentication required', {
    headers: { 'www-authenticate': 'Basic realm="slipway"' },
  })
}
