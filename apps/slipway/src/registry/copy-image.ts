import type { Descriptor, Manifest, Reference } from '@slipway/oci-format'
import type { RegistryClient } from '@slipway/registry-client'
import { inParallel } from './in-parallel.ts'

export interface CopyReport {
  digest: string
  manifests: number
  blobs: number
  /** Of the blobs that had to travel. */
  bytes: number
}

/** Blobs on their way at once. */
const PARALLEL = 4

/**
 * Copies an image, index or other artifact with everything that it lists, byte for byte; with `referrers` what is about it too.
 * Within one registry blobs are mounted; what the destination has already stays. The tag comes last, so nobody sees a half.
 */
export async function copyImage(
  client: RegistryClient,
  { from, to, referrers }: { from: Reference; to: Reference; referrers: boolean },
): Promise<CopyReport> {
  const report: CopyReport = { digest: '', manifests: 0, blobs: 0, bytes: 0 }
  const copied = new Set<string>()
  const copy = async (source: Reference, target: Reference): Promise<string> => {
    const { manifest, bytes, mediaType, digest } = await client.getManifest(source)
    if (copied.has(digest) && target.tag === undefined) return digest
    copied.add(digest)
    await copyParts(manifest)
    const { host, repository, tag } = target
    await client.putManifest({ host, repository, ...(tag === undefined ? { digest } : { tag }) }, bytes, mediaType)
    report.manifests += 1
    if (referrers) {
      const about = await client.listReferrers({ host: source.host, repository: source.repository, digest })
      for (const { digest: found } of about) await copy(at(from, found), at(to, found))
    }
    return digest
  }
  const copyParts = async (manifest: Manifest): Promise<void> => {
    if (manifest.kind === 'index') {
      for (const { digest } of manifest.manifests) await copy(at(from, digest), at(to, digest))
      return
    }
    const blobs = [manifest.config, ...manifest.layers].filter(({ urls }) => !urls?.length)
    await inParallel(blobs, PARALLEL, (blob) => copyBlob(client, { from, to, blob, report }))
  }
  report.digest = await copy(from, to)
  return report
}

function at({ host, repository }: Reference, digest: string): Reference & { digest: string } {
  return { host, repository, digest }
}

async function copyBlob(
  client: RegistryClient,
  { from, to, blob, report }: { from: Reference; to: Reference; blob: Descriptor; report: CopyReport },
): Promise<void> {
  const { digest, size } = blob
  report.blobs += 1
  if ((await client.headBlob(to, digest)) !== undefined) return
  if (from.host === to.host && (await client.mountBlob(to, { digest, from: from.repository }))) return
  const { body } = await client.openBlob(from, digest)
  await client.uploadBlob(to, { digest, size, body })
  report.bytes += size
}
