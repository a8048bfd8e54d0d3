type Table = Readonly<Record<string, unknown>>

const isTable = (value: unknown): value is Table => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Whether it holds other objects, such as a ConfigMapList. */
export function isList(value: unknown): value is { items: unknown[] } {
  return isTable(value) && typeof value.kind === 'string' && value.kind.endsWith('List') && Array.isArray(value.items)
}

/** Why a document is no object, in the words of the builder of resources that kubectl and Helm share; undefined when it is one. */
export function shapeFault(value: unknown): string | undefined {
  if (!isTable(value)) return `unable to decode "": ${mismatch(value, 'value', 'map[string]interface {}')}`
  const missing = ['apiVersion', 'kind'].filter((field) => !value[field]).map((field) => `${field} not set`)
  if (missing.length > 0) {
    return `error validating "": error validating data: ${missing.length === 1 ? missing[0] : `[${missing.join(', ')}]`}`
  }
  const fault = metadataFault(value.metadata)
  return fault === undefined ? undefined : `unable to decode "": ${fault}`
}

/** Go's decoder reads the metadata before anything is sent. */
function metadataFault(metadata: unknown): string | undefined {
  if (metadata === undefined || metadata === null) return undefined
  if (!isTable(metadata)) return mismatch(metadata, 'struct field .metadata', 'v1.ObjectMeta')
  for (const field of ['name', 'namespace', 'generateName']) {
    if (!isText(metadata[field])) return mismatch(metadata[field], fieldOf(field), 'string')
  }
  for (const field of ['labels', 'annotations']) {
    const table = metadata[field]
    if (table === undefined || table === null) continue
    if (!isTable(table)) return mismatch(table, fieldOf(field), 'map[string]string')
    const wrong = Object.values(table).find((one) => !isText(one))
    if (wrong !== undefined) return mismatch(wrong, fieldOf(field), 'string')
  }
  return undefined
}

const isText = (value: unknown): boolean => value === undefined || value === null || typeof value === 'string'

const fieldOf = (field: string): string => `struct field ObjectMeta.metadata.${field}`

/** As encoding/json says it. */
function mismatch(value: unknown, where: string, type: string): string {
  const given = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
  return `json: cannot unmarshal ${given} into Go ${where} of type ${type}`
}
