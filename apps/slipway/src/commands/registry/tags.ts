import { connectToRegistry, type RegistryFlags } from '../../registry/connection.ts'
import { type OutputFlags, printResult } from '../../registry/output.ts'
import { formatTable } from '../../table.ts'

interface Options extends RegistryFlags, OutputFlags {
  digests?: boolean
}

/** Prints the tags of a repository; with --digests what each leads to. */
export async function run(options: Options, name: string): Promise<void> {
  const { client, parse } = await connectToRegistry(options)
  const { host, repository } = parse(name)
  const names = await client.listTags({ host, repository })
  if (!options.digests) return printResult(options, { tags: names }, () => names.join('\n'))
  const tags = await Promise.all(
    names.map(async (tag) => ({ tag, digest: (await client.headManifest({ host, repository, tag }))?.digest ?? '' })),
  )
  printResult(options, { tags }, () =>
    formatTable(
      ['tag', 'digest'],
      tags.map(({ tag, digest }) => [tag, digest]),
    ),
  )
}
