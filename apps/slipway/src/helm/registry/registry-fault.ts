import { messageOf, SlipwayError, UserError } from '@slipway/errors'
import { connectionFault } from '@slipway/registry-client'
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
  const place = action === 'push' ? '"Exists" on destination' : '"FetchReference" on source'
  const prefix = action === 'tags' ? '' : `failed to perform ${place}: `
  if (error.code === 'REGISTRY_NOT_FOUND' && action === 'pull') return `${prefix}${reference}: not found`
  if (error.code !== 'REGISTRY_UNREACHABLE') return error.message
  const [, host, name, tag] = /^([^/]+)\/(.+?)(?::([^:/]+))?$/.exec(reference) ?? []
  const method = action === 'push' ? 'Head' : 'Get'
  const path = action === 'tags' ? 'tags/list' : `manifests/${tag}`
  const scheme = plainHttp ? 'http' : 'https'
  return `${prefix}${method} "${scheme}://${host}/v2/${name}/${path}": ${connectionFault(error)}`
}
