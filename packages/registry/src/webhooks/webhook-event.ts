import { randomUUID } from 'node:crypto'
import type { RegistryEvent } from '../events.ts'
import type { WebhookAction } from '../policy/settings.ts'

/** What is posted, in the form of Azure Container Registry ("webhook reference"). */
export interface WebhookEvent {
  id: string
  /** RFC 3339. */
  timestamp: string
  action: WebhookAction | 'ping'
  target?: {
    mediaType: string
    size?: number
    digest: string
    length?: number
    repository: string
    tag?: string
    name?: string
    version?: string
  }
  request?: { id: string; host: string; method: string; useragent: string }
}

/**
 * What webhooks are told of a change: of an image, and of a chart that it holds as well. Removing a tag is not told of, as with
 * Azure.
 */
export function webhookEvents(event: RegistryEvent): WebhookEvent[] {
  if (event.action === 'untag') return []
  const { action, chart } = event
  return [imageEvent(event, action), ...(chart ? [chartEvent(event, chart, `chart_${action}`)] : [])]
}

export function pingEvent(at: string): WebhookEvent {
  return { id: randomUUID(), timestamp: at, action: 'ping' }
}

function imageEvent(event: RegistryEvent, action: 'push' | 'delete'): WebhookEvent {
  const { at, mediaType, size, digest, repository, tag, origin } = event
  return {
    id: randomUUID(),
    timestamp: at,
    action,
    target: {
      mediaType,
      ...(action === 'push' && { size }),
      digest,
      ...(action === 'push' && { length: size }),
      repository,
      ...(action === 'push' && tag !== undefined && { tag }),
    },
    ...(origin.request && {
      request: {
        id: origin.request.id,
        host: origin.request.host,
        method: origin.request.method,
        useragent: origin.request.userAgent,
      },
    }),
  }
}

function chartEvent(
  { at, repository }: RegistryEvent,
  { name, version, digest, size }: NonNullable<RegistryEvent['chart']>,
  action: 'chart_push' | 'chart_delete',
): WebhookEvent {
  const namespace = repository.slice(0, Math.max(0, repository.lastIndexOf('/')))
  return {
    id: randomUUID(),
    timestamp: at,
    action,
    target: {
      mediaType: 'application/vnd.acr.helm.chart',
      size,
      digest,
      repository: namespace === 'helm' ? 'repo' : namespace,
      tag: `${name}-${version}.tgz`,
      name,
      version,
    },
  }
}

/**
 * Whether an event lies in a webhook's scope (Azure, "Using webhooks"): empty is everything, `web` is `web:latest`, `web:*` every
 * tag of it, `team/*` every repository that begins so.
 */
export function isInScope(scope: string, { action, target }: WebhookEvent): boolean {
  if (scope === '' || !target) return true
  if (scope.endsWith('*') && !scope.includes(':')) return target.repository.startsWith(scope.slice(0, -1))
  const colon = scope.indexOf(':')
  const repository = colon < 0 ? scope : scope.slice(0, colon)
  const tag = colon < 0 ? 'latest' : scope.slice(colon + 1)
  const isRepository = repository.endsWith('*')
    ? target.repository.startsWith(repository.slice(0, -1))
    : target.repository === repository
  // A deletion names no tag: it is about all that led to the manifest.
  const isTag = tag === '*' || target.tag === tag || (action === 'delete' && target.tag === undefined)
  return isRepository && isTag
}
