import { STATUS_CODES } from 'node:http'
import { messageOf, SlipwayError, UserError } from '@slipway/errors'
import { bodyFault, connectionFault } from '@slipway/registry-client'
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
  const digest = action === 'pull' ? blobOf(error, reference) : undefined
  const prefix = action === 'tags' ? '' : `failed to perform ${placeOf(action, digest, error)}: `
  if (error.code === 'REGISTRY_NOT_FOUND' && action === 'pull') return `${prefix}${reference}: not found`
  if (error.code === 'REGISTRY_BROKEN_OFF' && action === 'pull') return `${prefix}read failed: ${bodyFault(error)}`
  const mayPass = error.code === 'REGISTRY_UNAVAILABLE' || error.code === 'REGISTRY_TOO_MANY_REQUESTS'
  const status = mayPass ? /answered (\d{3})$/.exec(error.message)?.[1] : undefined
  if (error.code !== 'REGISTRY_UNREACHABLE' && (status === undefined || action === 'push')) return error.message
  const [, host, name, tag] = /^([^/]+)\/(.+?)(?::([^:/]+))?$/.exec(reference) ?? []
  const method = action === 'push' ? 'Head' : 'Get'
  const path = action === 'tags' ? 'tags/list' : digest ? `blobs/${digest}` : `manifests/${tag}`
  const url = `"${plainHttp ? 'http' : 'https'}://${host}/v2/${name}/${path}"`
  if (status === undefined) return `${prefix}${method} ${url}: ${connectionFault(error)}`
  return `${prefix}GET ${url}: response status code ${status}: ${STATUS_CODES[status]}`
}

/** The blob that the error is about, in a pull of a chart by its manifest. */
function blobOf({ message }: SlipwayError, reference: string): string | undefined {
  const [, digest] = /@(sha\d+:[0-9a-f]+): /.exec(message) ?? []
  return digest && !reference.endsWith(digest) ? digest : undefined
}

/** What Helm was doing (oras-go, copy.go). */
function placeOf(action: RegistryAction, digest: string | undefined, { code }: SlipwayError): string {
  if (action === 'push') return '"Exists" on destination'
  if (code === 'REGISTRY_BROKEN_OFF') return digest ? '"Push" on destination' : '"Successors" on source'
  return digest ? '"Fetch" on source' : '"FetchReference" on source'
}
