import { connectToRegistry, type RegistryFlags } from '../../registry/connection.ts'
import { type OutputFlags, printResult } from '../../registry/output.ts'
import { formatBytes } from '../../table.ts'

interface Options extends RegistryFlags, OutputFlags {}

interface Damage {
  digest: string
  repositories: string[]
}

interface Report {
  blobs: number
  bytes: number
  spoilt: Damage[]
  missing: Damage[]
}

/** Has a registry of ours read all that it stores and compare it with its digests. Damage makes the command fail, so that scripts see it. */
export async function run(options: Options, hostName?: string): Promise<void> {
  const { client, host } = await connectToRegistry(options)
  const path = '/v2/_slipway/scrub'
  const report = await client.askJson<Report>(host(hostName), { path, method: 'POST', scope: 'registry:care:*' })
  printResult(options, report, () =>
    [
      `blobs read          ${report.blobs} (${formatBytes(report.bytes)})`,
      ...report.spoilt.map((blob) => `spoilt, set aside   ${damageText(blob)}`),
      ...report.missing.map((blob) => `missing             ${damageText(blob)}`),
    ].join('\n'),
  )
  if (report.spoilt.length + report.missing.length > 0) process.exitCode = 1
}

function damageText({ digest, repositories }: Damage): string {
  return `${digest} of ${repositories.join(', ') || 'no repository'}; push it again`
}
