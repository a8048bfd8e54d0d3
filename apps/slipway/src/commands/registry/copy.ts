import { formatReference } from '@slipway/oci-format'
import { connectToRegistry, type RegistryFlags } from '../../registry/connection.ts'
import { copyImage } from '../../registry/copy-image.ts'
import { type OutputFlags, printResult } from '../../registry/output.ts'
import { formatBytes } from '../../table.ts'

interface Options extends RegistryFlags, OutputFlags {
  referrers?: boolean
}

/** Copies an image to another place, there under the same tag unless another is named. */
export async function run(options: Options, source: string, destination: string): Promise<void> {
  const { client, parse } = await connectToRegistry(options)
  const from = parse(source)
  const { host, repository, tag } = parse(destination)
  const isNamed = tag !== undefined && destination.endsWith(`:${tag}`)
  const name = isNamed ? tag : from.digest === undefined ? from.tag : undefined
  const to = { host, repository, ...(name !== undefined && { tag: name }) }
  const { digest, manifests, blobs, bytes } = await copyImage(client, {
    from,
    to,
    referrers: options.referrers ?? false,
  })
  const target = formatReference(name === undefined ? { ...to, digest } : to)
  printResult(options, { target, digest, manifests, blobs, bytes }, () => {
    return `${target}\n${digest}\nmanifests ${manifests}, blobs ${blobs}, sent ${formatBytes(bytes)}`
  })
}
