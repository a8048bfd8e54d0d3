import { connectToRegistry, type RegistryFlags } from '../../registry/connection.ts'
import { type OutputFlags, printResult } from '../../registry/output.ts'
import { formatBytes } from '../../table.ts'

interface Options extends RegistryFlags, OutputFlags {
  dryRun?: boolean
  deleteUntagged?: boolean
  grace?: string
}

interface Report {
  retention: { tags: number; manifests: number; faults: string[] }
  garbage: { links: number; blobs: number; bytes: number; uploads: number }
}

/** Has a registry of ours remove now what its policies do not keep and what nothing needs; pushes go on meanwhile. */
export async function run(options: Options, hostName?: string): Promise<void> {
  const { client, host } = await connectToRegistry(options)
  const query = new URLSearchParams({
    ...(options.dryRun && { dryRun: 'true' }),
    ...(options.deleteUntagged && { deleteUntagged: 'true' }),
    ...(options.grace !== undefined && { grace: options.grace }),
  })
  const path = `/v2/_slipway/gc?${query}`
  const report = await client.askJson<Report>(host(hostName), { path, method: 'POST', scope: 'registry:care:*' })
  const { retention, garbage } = report
  printResult(options, report, () =>
    [
      `tags removed        ${retention.tags}`,
      `manifests removed   ${retention.manifests}`,
      `blobs removed       ${garbage.blobs} (${formatBytes(garbage.bytes)})`,
      `uploads given up    ${garbage.uploads}`,
      ...(options.dryRun ? ['(dry run: nothing was removed)'] : []),
      ...retention.faults.map((fault) => `left alone: ${fault}`),
    ].join('\n'),
  )
}
