import { describeError, TransientError, UserError } from '@slipway/errors'
import type { HttpHandler, HttpRoute } from '@slipway/http-server'
import { Callers } from './auth/callers.ts'
import { Guard } from './auth/guard.ts'
import { serveTokens } from './auth/token-routes.ts'
import { Tokens } from './auth/tokens.ts'
import { Content } from './content.ts'
import { ChartIndex } from './helm/chart-index.ts'
import { serveHelm } from './helm/routes.ts'
import { Catalog } from './metadata/catalog.ts'
import { serveOci } from './oci/routes.ts'
import { Uploads } from './oci/uploads.ts'
import { NO_SETTINGS } from './policy/settings.ts'
import type { RegistryOptions } from './port.ts'
import { Refusal, sendRefusal } from './refusal.ts'

export interface Registry {
  /** `/v2/`, `/oauth2/` and `/helm/v1/`. */
  routes: HttpRoute[]
}

/** A registry of images and charts: OCI Distribution 1.1 and what Azure Container Registry adds to it. */
export async function createRegistry(options: RegistryOptions): Promise<Registry> {
  const { authenticator, hostName, realm, blobs, onPush } = options
  const clock = options.clock ?? Date.now
  const catalog = await Catalog.open(options.metadata)
  const charts = new ChartIndex(catalog, clock)
  const tokens = new Tokens(options.signingKey, hostName, clock)
  const settings = options.settings ?? (() => NO_SETTINGS)
  const callers = new Callers({ authenticator, tokens, settings, clock })
  const guard = new Guard({ callers, tokens, hostName, realm })
  const content = new Content({ blobs, catalog, onPush, clock, sparseManifests: options.sparseManifests ?? false })
  const uploads = new Uploads(content, options.signingKey)
  const oci = answering((request, response) => serveOci({ guard, content, uploads }, request, response))
  return {
    routes: [
      { path: '/v2', handle: oci },
      { path: '/v2/', handle: oci },
      {
        path: '/oauth2/',
        handle: answering((request, response) => serveTokens({ callers, tokens, clock }, request, response)),
      },
      {
        path: '/helm/v1/',
        handle: answering((request, response) => serveHelm({ guard, content, charts }, request, response)),
      },
    ],
  }
}

/** Answers refusals in the specification's words; anything else is for the server. */
function answering(serve: HttpHandler): HttpHandler {
  return async (request, response) => {
    try {
      await serve(request, response)
    } catch (error) {
      // A client that left in the middle of its upload waits for no answer.
      if (request.destroyed && !request.complete) return
      if (response.headersSent) throw error
      sendRefusal(response, refusalFor(error))
    }
  }
}

function refusalFor(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof TransientError) {
    return new Refusal('UNAVAILABLE', error.message, { headers: { 'retry-after': '1' } })
  }
  if (!(error instanceof UserError)) throw error
  switch (error.code) {
    case 'MANIFEST_INVALID':
      return new Refusal('MANIFEST_INVALID', describeError(error))
    case 'BODY_TOO_LARGE':
      return new Refusal('SIZE_INVALID', error.message)
    case 'UPLOAD_UNKNOWN':
      return new Refusal('BLOB_UPLOAD_UNKNOWN', error.message)
    default:
      return new Refusal('MANIFEST_INVALID', describeError(error))
  }
}
