import type { RemoteSchemas } from '@slipway/helm-chart'
import { warnOfUrn } from './schemas.ts'

/** Runs what checks charts' schemas, with the documents that they refer to fetched. */
export async function completeSchemas<T>(run: (schemas: RemoteSchemas) => T): Promise<T> {
  const { SchemaDocuments } = await import('@slipway/helm-controller')
  return new SchemaDocuments(() => new Date(), warnOfUrn).complete(run)
}
