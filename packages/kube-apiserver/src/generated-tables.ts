import { gunzipSync } from 'node:zlib'

/** A JSON value of the generated tables, whose shape the file that asks for it knows. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

const modules = {
  discovery: () => import('./generated/discovery-aggregated.ts'),
  openapiV2: () => import('./generated/openapi-v2.ts'),
  openapiV3Paths: () => import('./generated/openapi-v3-paths.ts'),
  openapiV3Schemas: () => import('./generated/openapi-v3-schemas.ts'),
  protobufFields: () => import('./generated/protobuf-fields.ts'),
  rbacBootstrap: () => import('./generated/rbac-bootstrap.ts'),
  tableColumns: () => import('./generated/table-columns.ts'),
}

const loaded = new Map<string, Promise<unknown>>()

/** A generated table, unpacked the first time someone asks for it: a server that only serves objects never pays for OpenAPI. */
export function loadTable<T>(name: keyof typeof modules): Promise<T> {
  const known = loaded.get(name)
  if (known) return known as Promise<T>
  const table = modules[name]().then(({ data }) => JSON.parse(gunzipSync(Buffer.from(data, 'base64')).toString()))
  loaded.set(name, table)
  return table
}
