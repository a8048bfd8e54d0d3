import type { Manifest } from '@slipway/oci-format'

/** Digests of what a manifest needs: its config and layers, or the manifests that it lists. */
export function referencesOf(manifest: Manifest): string[] {
  const descriptors = manifest.kind === 'index' ? manifest.manifests : [manifest.config, ...manifest.layers]
  return [...new Set(descriptors.map(({ digest }) => digest))]
}
