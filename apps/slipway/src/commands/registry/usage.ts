import { connectToRegistry, type RegistryFlags } from '../../registry/connection.ts'
import { type OutputFlags, printResult } from '../../registry/output.ts'
import { registryUsage } from '../../registry/registry-usage.ts'
import { formatBytes, formatTable } from '../../table.ts'

/** Prints what a registry holds, the largest repositories first. */
export async function run(options: RegistryFlags & OutputFlags, hostName?: string): Promise<void> {
  const { client, host } = await connectToRegistry(options)
  const usage = await registryUsage(client, host(hostName))
  const rows = usage.repositories
    .sort((a, b) => b.size - a.size)
    .map(({ name, size, tags, manifests, quota }) => [
      name,
      formatBytes(size),
      quota === undefined ? '' : formatBytes(quota),
      String(tags),
      String(manifests),
    ])
  printResult(options, usage, () => {
    const total = `${formatBytes(usage.size)} in all; what repositories share is counted once`
    return `${formatTable(['repository', 'size', 'quota', 'tags', 'manifests'], rows)}\n\n${total}`
  })
}
