import type { RemoteSchemas } from '@slipway/helm-chart'

/** Runs what checks charts' schemas until all documents are known that they refer to. */
export type CompleteSchemas = <T>(run: (schemas: RemoteSchemas) => T) => Promise<T>

/** Runs what checks charts' schemas; a promise only when they refer to documents of other places, which are fetched then. */
export function withSchemas<T>(run: (schemas: RemoteSchemas) => T, complete: CompleteSchemas): T | Promise<T> {
  let isMissing = false
  const find = () => {
    isMissing = true
    return undefined
  }
  try {
    const result = run({ find, ignore: warnOfUrn })
    if (!isMissing) return result
  } catch (error) {
    if (!isMissing) throw error
  }
  return complete(run)
}

const warned = new Set<string>()

/** As Helm does, once for each. */
export function warnOfUrn(urn: string): void {
  if (warned.has(urn)) return
  warned.add(urn)
  process.stderr.write(`level=WARN msg="unresolved URN reference ignored; using permissive schema" urn=${urn}\n`)
}
