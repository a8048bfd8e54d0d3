import { UserError } from '@slipway/errors'
import { containerNamed, type PodAccess, type PodDirectory } from './pod-access.ts'

/** The container, or pod, that a request is about. */
export interface ContainerTarget {
  /** The first part of the path, such as `exec`. */
  kind: string
  access: PodAccess
  container: string | undefined
  query: URLSearchParams
}

/**
 * Reads `/{kind}/{namespace}/{pod}[/{uid}]/{container}`, and for ports the same without a container. Throws UserError POD_NOT_FOUND.
 * The words are the kubelet's (server/server.go).
 */
export function containerTarget(pods: Pick<PodDirectory, 'find'>, url: URL): ContainerTarget {
  const [kind = '', namespace = '', name = '', ...rest] = url.pathname.split('/').slice(1).map(decoded)
  const container = kind === 'portForward' ? undefined : rest.at(-1)
  const uid = rest[kind === 'portForward' || rest.length > 1 ? 0 : 1]
  const access = pods.find(namespace, name)
  if (!access || (uid && access.pod.metadata.uid !== uid)) {
    throw new UserError('POD_NOT_FOUND', `pod "${name}" does not exist`)
  }
  if (container && !containerNamed(access.pod, container)) {
    throw new UserError('POD_NOT_FOUND', `container "${container}" not found in pod "${name}"`)
  }
  return { kind, access, container, query: url.searchParams }
}

/** A part of a path, as it is when its escapes mean nothing. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

const STATUSES: Partial<Record<string, number>> = { POD_NOT_FOUND: 404, ENGINE_NOT_FOUND: 404 }

/** The HTTP status of an error. */
export function statusOfError(error: unknown): number {
  return error instanceof UserError ? (STATUSES[error.code] ?? 400) : 500
}
