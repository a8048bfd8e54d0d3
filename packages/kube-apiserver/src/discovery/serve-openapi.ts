import type { IncomingMessage, ServerResponse } from 'node:http'
import { sendJson } from '@slipway/http-server'
import { byPreference } from '../api/media-types.ts'
import type { Served } from './discovery.ts'
import { documentHash, openApiIndex, openApiV2, openApiV3 } from './openapi.ts'

/** Answers `/openapi/v2`, `/openapi/v3` and the documents below it; false = the path is none of these. */
export async function serveOpenApi(
  served: Served,
  http: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<boolean> {
  const [root, version, ...rest] = path.split('/').slice(1)
  if (root !== 'openapi') return false
  if (version === 'v2' && rest.length === 0) await sendVersion2(served, http, response)
  else if (version !== 'v3') return false
  else if (rest.length === 0) sendJson(response, 200, openApiIndex(served))
  else return await sendVersion3(served, http, response, rest.join('/'))
  return true
}

const PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'

/** How clients name the forms, and the form that each stands for. */
const FORMS: Record<string, string> = {
  'application/json': 'application/json',
  'application/*': 'application/json',
  '*/*': 'application/json',
}

const FORMS_OF_VERSION_2: Record<string, string> = {
  ...FORMS,
  [PROTOBUF]: PROTOBUF,
  'application/com.github.proto-openapi.spec.v2@v1.0+protobuf': PROTOBUF,
}

/** The form to answer in; undefined after the client was told that there is none for it. */
function formOf(forms: Record<string, string>, http: IncomingMessage, response: ServerResponse): string | undefined {
  response.setHeader('vary', 'Accept')
  const wanted = byPreference(http.headers.accept?.trim() || '*/*').find(({ type }) => forms[type])
  if (!wanted) response.writeHead(406).end()
  return wanted && forms[wanted.type]
}

async function sendVersion2(served: Served, http: IncomingMessage, response: ServerResponse): Promise<void> {
  const form = formOf(FORMS_OF_VERSION_2, http, response)
  if (!form) return
  const { text, protobuf, etag } = await openApiV2(served)
  if (isKnown(etag, http, response)) return
  const body = form === PROTOBUF ? await protobuf() : text
  response.writeHead(200, { 'content-type': form, 'content-length': Buffer.byteLength(body) }).end(body)
}

/** A document that is asked for by its hash is never another, so that clients keep it for good. */
async function sendVersion3(
  served: Served,
  http: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<boolean> {
  const hash = documentHash(served, path)
  if (hash === undefined) {
    response.writeHead(404).end()
    return true
  }
  if (!formOf(FORMS, http, response) || isKnown(`"${hash}"`, http, response)) return true
  const asked = new URLSearchParams(http.url?.split('?')[1]).get('hash')
  if (asked !== null && asked !== hash) {
    response.writeHead(301, { location: `/openapi/v3/${path}?hash=${hash}` }).end()
    return true
  }
  if (asked) {
    response.setHeader('cache-control', 'public, immutable')
    response.setHeader('expires', new Date(Date.now() + YEAR_MS).toUTCString())
  }
  sendJson(response, 200, await openApiV3(served, path))
  return true
}

const YEAR_MS = 365 * 24 * 3_600_000

/** Clients ask again and again with the ETag they have, which spares them megabytes. */
function isKnown(etag: string, http: IncomingMessage, response: ServerResponse): boolean {
  response.setHeader('etag', etag)
  if (http.headers['if-none-match'] !== etag) return false
  response.writeHead(304).end()
  return true
}
