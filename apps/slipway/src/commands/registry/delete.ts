import { UserError } from '@slipway/errors'
import { formatReference } from '@slipway/oci-format'
import { connectToRegistry, type RegistryFlags } from '../../registry/connection.ts'

/** Removes a tag, or by its digest a manifest with all its tags. */
export async function run(options: RegistryFlags, image: string): Promise<void> {
  const { client, parse } = await connectToRegistry(options)
  const reference = parse(image)
  if (reference.digest === undefined && !image.endsWith(`:${reference.tag}`)) {
    throw new UserError('OPTION_INVALID', `"${image}" names no tag and no digest`, {
      hint: 'write REPOSITORY:TAG or REPOSITORY@DIGEST; az acr repository delete removes a whole repository',
    })
  }
  await client.deleteManifest(reference)
  console.log(`deleted ${formatReference(reference)}`)
}
