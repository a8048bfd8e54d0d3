import { arch } from 'node:process'
import { SlipwayError, UserError } from '@slipway/errors'
import type { ImageRegistry, RegistryCredentials } from '@slipway/kube-node'
import { parseReference } from '@slipway/oci-format'
import { RegistryClient } from '@slipway/registry-client'

/** How OCI names this machine's processor. */
const ARCHITECTURE = arch === 'x64' ? 'amd64' : arch

/** The registry side of pulls by the node: the host alias table decides where, the pod's pull secrets whether. */
export function imageRegistry(aliases: Record<string, string>): ImageRegistry {
  const clientFor = (credentials: RegistryCredentials | undefined): RegistryClient =>
    new RegistryClient({ resolveHost: (host) => aliases[host], credentials: () => credentials })
  return {
    isOwn: (reference) => parseReference(reference).host in aliases,
    async resolve(reference, credentials, signal) {
      const client = clientFor(credentials)
      try {
        let { manifest, digest } = await client.getManifest(reference, signal)
        const named = digest
        if (manifest.kind === 'index') {
          const entry = manifest.manifests.find(
            ({ platform }) => platform?.os === 'linux' && platform.architecture === ARCHITECTURE,
          )
          if (!entry) throw new UserError('IMAGE_NOT_FOUND', `${reference} has no image for linux/${ARCHITECTURE}`)
          const { host, repository } = parseReference(reference)
          manifest = (await client.getManifest({ host, repository, digest: entry.digest }, signal)).manifest
          digest = entry.digest
        }
        if (manifest.kind !== 'image') throw new UserError('IMAGE_NOT_FOUND', `${reference} is no image`)
        return { digest: named, config: manifest.config, layers: manifest.layers }
      } catch (error) {
        throw imageError(error, reference)
      }
    },
    blob: (reference, digest, { credentials, signal }) => clientFor(credentials).getBlob(reference, digest, signal),
  }
}

const CODES: Record<string, string> = {
  REGISTRY_NOT_FOUND: 'IMAGE_NOT_FOUND',
  REGISTRY_UNAUTHORIZED: 'IMAGE_UNAUTHORIZED',
  REGISTRY_DENIED: 'IMAGE_UNAUTHORIZED',
}

/** The client's refusals under the codes that the node knows. */
function imageError(error: unknown, reference: string): unknown {
  const code = error instanceof SlipwayError ? CODES[error.code] : undefined
  return code ? new UserError(code, `${reference}: ${(error as Error).message}`, { cause: error }) : error
}
