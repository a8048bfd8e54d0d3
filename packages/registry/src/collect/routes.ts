import { sendJson } from '@slipway/http-server'
import type { Guard } from '../auth/guard.ts'
import type { Content } from '../content/content.ts'
import type { Incoming } from '../exchange.ts'
import { parseDuration } from '../policy/duration.ts'
import { Refusal } from '../refusal.ts'
import type { Scrubber } from '../scrub/scrubber.ts'
import type { CareOptions, Caretaker } from './caretaker.ts'

export interface CareDeps {
  guard: Guard
  content: Content
  caretaker: Caretaker
  scrubber: Scrubber
}

interface Endpoint {
  /** Which part of the registry the caller must be allowed to use. */
  needs: 'care' | 'usage'
  /** What the log of who did what calls it. */
  logged?: string
  answer: (deps: CareDeps, url: URL) => Promise<object> | object
}

const ENDPOINTS: Record<string, Endpoint> = {
  'POST /v2/_slipway/gc': {
    needs: 'care',
    logged: 'gc',
    answer: ({ caretaker }, url) => caretaker.run(careOptions(url)),
  },
  'POST /v2/_slipway/scrub': { needs: 'care', logged: 'scrub', answer: ({ scrubber }) => scrubber.run() },
  'GET /v2/_slipway/usage': { needs: 'usage', answer: ({ content }) => usage(content) },
}

/** All that is served here, as `METHOD path`. */
export const CARE_ENDPOINTS: string[] = Object.keys(ENDPOINTS)

/** `/v2/_slipway/`: what this registry has beyond the specification, below the prefix that it leaves to extensions (distribution-spec, extensions). */
export async function serveCare(deps: CareDeps, incoming: Incoming): Promise<void> {
  const { request, response, url, note } = incoming
  const endpoint = ENDPOINTS[`${request.method} ${url.pathname}`]
  if (endpoint?.logged) note.action = endpoint.logged
  await deps.guard.admit(incoming, { type: 'registry', name: endpoint?.needs ?? 'care', actions: ['*'] })
  if (!endpoint) throw new Refusal('UNSUPPORTED', 'there is nothing at this path', { status: 404 })
  sendJson(response, 200, await endpoint.answer(deps, url))
}

function careOptions({ searchParams }: URL): CareOptions {
  const isSet = (name: string): boolean => searchParams.get(name) === 'true'
  const options = { dryRun: isSet('dryRun'), deleteUntagged: isSet('deleteUntagged') }
  const text = searchParams.get('grace')
  if (text === null) return options
  const grace = parseDuration(text)
  if (grace === undefined) throw new Refusal('UNSUPPORTED', 'grace must be a duration such as 2h', { status: 400 })
  return { ...options, grace }
}

/** Sizes are bytes. What several repositories share counts in each, and once in the whole. */
function usage(content: Content): object {
  const sizes = new Map<string, number>()
  const repositories = [...content.catalog.repositories()].map(({ name, size, tags, manifests, blobs }) => {
    for (const [digest, link] of blobs) sizes.set(digest, link.size)
    for (const record of manifests.values()) sizes.set(record.digest, record.size)
    const quota = content.quotas.of(name)
    return {
      name,
      size,
      tags: tags.size,
      manifests: manifests.size,
      blobs: blobs.size,
      ...(quota && { quota: quota.bytes, policy: quota.policy }),
    }
  })
  const size = [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0)
  return { size, repositories: repositories.sort((a, b) => (a.name < b.name ? -1 : 1)) }
}
