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

/** `/v2/_slipway/`: what this registry has beyond the specification, below the prefix that it leaves to extensions (distribution-spec, extensions). */
export async function serveCare(deps: CareDeps, incoming: Incoming): Promise<void> {
  const { request, response, url, note } = incoming
  switch (`${request.method} ${url.pathname}`) {
    case 'POST /v2/_slipway/gc': {
      note.action = 'gc'
      await deps.guard.admit(incoming, { type: 'registry', name: 'care', actions: ['*'] })
      return sendJson(response, 200, await deps.caretaker.run(careOptions(url)))
    }
    case 'POST /v2/_slipway/scrub': {
      note.action = 'scrub'
      await deps.guard.admit(incoming, { type: 'registry', name: 'care', actions: ['*'] })
      return sendJson(response, 200, await deps.scrubber.run())
    }
    case 'GET /v2/_slipway/usage':
      await deps.guard.admit(incoming, { type: 'registry', name: 'usage', actions: ['*'] })
      return sendJson(response, 200, usage(deps.content))
    default:
      await deps.guard.admit(incoming, { type: 'registry', name: 'care', actions: ['*'] })
      throw new Refusal('UNSUPPORTED', 'there is nothing at this path', { status: 404 })
  }
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
