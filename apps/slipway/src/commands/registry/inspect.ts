import { readPublicKey } from '@slipway/registry-client'
import { readOptionFile } from '../../option-file.ts'
import { connectToRegistry, type RegistryFlags } from '../../registry/connection.ts'
import { describeImage } from '../../registry/describe-image.ts'
import { descriptionText } from '../../registry/description-text.ts'
import { type OutputFlags, printResult } from '../../registry/output.ts'

interface Options extends RegistryFlags, OutputFlags {
  raw?: boolean
  key: string[]
}

/** Prints what an image, chart or other artifact is; with --raw its manifest as it stands. */
export async function run(options: Options, image: string): Promise<void> {
  const { client, parse } = await connectToRegistry(options)
  const reference = parse(image)
  if (options.raw) {
    process.stdout.write((await client.getManifest(reference)).bytes)
    return
  }
  const keys = options.key.map((file) => readPublicKey(readOptionFile(file), file))
  const description = await describeImage(client, reference, keys)
  printResult(options, description, () => descriptionText(description))
}
