import type { IncomingMessage, ServerResponse } from 'node:http'
import { sendJson } from '@slipway/http-server'
import { AUDIENCE, type TokenIssuer } from './service-account-tokens.ts'

/** By which others learn to check ServiceAccount tokens (OpenID Connect Discovery 1.0); false = the path is none of these. */
export function serveIssuerDiscovery(
  issuer: TokenIssuer,
  http: IncomingMessage,
  response: ServerResponse,
  path: string,
): boolean {
  const cached = { 'cache-control': 'public, max-age=3600' }
  if (path === '/openid/v1/jwks') {
    sendJson(response, 200, { keys: [issuer.publicKey()] }, { ...cached, 'content-type': 'application/jwk-set+json' })
    return true
  }
  if (path !== '/.well-known/openid-configuration') return false
  const document = {
    issuer: AUDIENCE,
    jwks_uri: `https://${http.headers.host ?? 'localhost'}/openid/v1/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  }
  sendJson(response, 200, document, cached)
  return true
}
