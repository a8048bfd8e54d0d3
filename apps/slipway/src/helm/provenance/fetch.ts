import { UserError } from '@slipway/errors'
import type { RemoteChart } from '../repository/chart-reference.ts'
import { verifyChart } from './verify.ts'

/** Checks a chart that was fetched by the provenance file beside it; the file, and what Helm prints. Throws UserError with Helm's text. */
export async function verifyRemote(
  chart: RemoteChart,
  archive: Uint8Array,
  keyring: string,
): Promise<{ readonly text: string; readonly provenance: Uint8Array }> {
  const provenance = await chart.fetchProvenance().catch((cause: unknown) => {
    throw new UserError('HELM_UNVERIFIED', `failed to fetch provenance "${chart.url}.prov"`, { cause })
  })
  const signed = { fileName: chart.fileName, archive, provenance: Buffer.from(provenance).toString('utf8') }
  return { text: await verifyChart(signed, keyring), provenance }
}
