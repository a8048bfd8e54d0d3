import type { AddressesOf, RemoteSchemas } from '@slipway/helm-chart'
import { completeSchemas } from './fetched-schemas.ts'
import { warnOfUrn, withSchemas } from './schemas.ts'

type Render<T> = (schemas: RemoteSchemas, addressesOf?: AddressesOf) => T

/** Runs what renders a chart without a cluster until all is known that its schemas, and with `enableDns` its templates, ask for. */
export async function renderLocally<T>(run: Render<T>, { enableDns }: { enableDns: boolean }): Promise<T> {
  if (!enableDns) return withSchemas(run, completeSchemas)
  const { hostAddresses, renderInRounds, SchemaDocuments } = await import('@slipway/helm-controller')
  const { answers, schemas } = new SchemaDocuments(() => new Date(), warnOfUrn).forRendering()
  const hosts = hostAddresses()
  return renderInRounds([answers, hosts], () => run(schemas, (host) => hosts.find(host)))
}
