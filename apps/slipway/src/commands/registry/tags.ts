import { connectToRegistry, type RegistryFlags } from '../../registry/connection.ts'
import { inParallel } from '../../registry/in-parallel.ts'
import { type OutputFlags, printResult } from '../../registry/output.ts'
import { formatTable } from '../../table.ts'

/** Questions at once: registries count them, and there may be thousands of tags. */
const PARALLEL = 8

interface Options extends RegistryFlags, OutputFlags {
  digests?: boolean
}

/** Prints the tags of a repository; with --digests what each leads to. */
export async function run(options: Options, name: string): Promise<void> {
  const { client, parse } = await connectToRegistry(options)
  const { host, repository } = parse(name)
  const names = await client.listTags({ host, repository })
  if (!options.digests) return printResult(options, { tags: names }, () => names.join('\n'))
  const tags = await inParallel(names, PARALLEL, async (tag) => ({
    tag,
    digest: (await client.headManifest({ host, repository, tag }))?.digest ?? '',
  }))
  printResult(options, { tags }, () =>
    formatTable(
      ['tag', 'digest'],
      tags.map(({ tag, digest }) => [tag, digest]),
    ),
  )
}
