import { messageOf, SlipwayError, UserError } from '@slipway/errors'
import { bodyFault, connectionFault, RefusedRequest } from '@slipway/registry-client'
import type { ConnectionFlags } from '../flags.ts'

/** What was done to a reference, `HOST/NAME:TAG`, or with `tags` to a repository, `HOST/NAME`. */
type RegistryAction = 'pull' | 'push' | 'tags'

/** What went wrong with a registry, in Helm's words where it has its own. */
export function registryFault(
  action: RegistryAction,
  reference: string,
  flags: ConnectionFlags,
  error: unknown,
): UserError {
  return new UserError('HELM_REGISTRY_FAILED', words(action, reference, flags, error), { cause: error })
}

function words(action: RegistryAction, reference: string, { plainHttp }: ConnectionFlags, error: unknown): string {
  if (!(error instanceof SlipwayError)) return messageOf(error)
  const digest = action === 'tags' ? undefined : digestOf(error, reference)
  const prefix = action === 'tags' ? '' : `failed to perform ${placeOf(action, digest, error)}: `
  if (error.code === 'REGISTRY_NOT_FOUND' && action === 'pull') return `${prefix}${reference}: not found`
  if (error.code === 'REGISTRY_BROKEN_OFF' && action === 'pull') return `${prefix}read failed: ${bodyFault(error)}`
  if (error.cause instanceof RefusedRequest) return prefix + error.cause.message
  if (error.code !== 'REGISTRY_UNREACHABLE') return error.message
  const [, host, name, tag] = /^([^/]+)\/(.+?)(?::([^:/]+))?$/.exec(reference) ?? []
  const [method, path] = {
    pull: ['Get', digest ? `blobs/${digest}` : `manifests/${tag}`],
    // The first thing that is asked is whether the manifest is there.
    push: ['Head', `manifests/${digest ?? tag}`],
    tags: ['Get', 'tags/list'],
  }[action]
  return `${prefix}${method} "${plainHttp ? 'http' : 'https'}://${host}/v2/${name}/${path}": ${connectionFault(error)}`
}

/** What the error is about, where that is not what was asked for: the blob of a chart that is pulled, the manifest that is pushed. */
function digestOf({ message }: SlipwayError, reference: string): string | undefined {
  const [, digest] = /@(sha\d+:[0-9a-f]+): /.exec(message) ?? []
  return digest && !reference.endsWith(digest) ? digest : undefined
}

/** What Helm was doing (oras-go, copy.go). */
function placeOf(action: RegistryAction, digest: string | undefined, { code, cause }: SlipwayError): string {
  if (action === 'push') {
    return cause instanceof RefusedRequest && cause.method !== 'HEAD'
      ? '"Push" on destination'
      : '"Exists" on destination'
  }
  if (code === 'REGISTRY_BROKEN_OFF') return digest ? '"Push" on destination' : '"Successors" on source'
  return digest ? '"Fetch" on source' : '"FetchReference" on source'
}
