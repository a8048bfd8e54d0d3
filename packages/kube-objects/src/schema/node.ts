/**
 * The structure of a value, for merging, defaulting and validation: one model for built-in kinds and for CRDs.
 * Absent `properties`, `items` and `additional` of an `any` node mean that nothing is known below it.
 */
export interface SchemaNode {
  /** The Go type of a built-in struct, such as `apps/v1.DeploymentSpec`: what code knows of types goes by it. */
  typeName?: string
  /** `quantity`: a string or number such as `100m`. `any`: nothing is known. */
  type: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'int-or-string' | 'quantity' | 'any'
  format?: string
  /** Named fields of an object. */
  properties?: Record<string, SchemaNode>
  /** Values of a map's other keys. */
  additional?: SchemaNode
  items?: SchemaNode
  required?: string[]
  enum?: unknown[]
  default?: unknown
  nullable?: boolean
  /** Fields that the schema does not name are kept. */
  preserveUnknown?: boolean
  /** Of `any`: no field is kept, for none is named. */
  closed?: boolean
  /** A Kubernetes object inside: apiVersion, kind and metadata belong to it. */
  embeddedResource?: boolean
  listType?: 'atomic' | 'set' | 'map'
  listMapKeys?: string[]
  mapType?: 'atomic' | 'granular'
  patchStrategy?: ('merge' | 'replace' | 'retainKeys')[]
  patchMergeKey?: string
  /** What Go writes for a field of a built-in struct that nobody set; absent = it leaves the field out. */
  zero?: unknown
  /** The same for a struct inside, which is written with the zeros of its own fields. */
  zeroStruct?: boolean
  /** Go leaves the field out when it holds `""`, 0, false, `[]` or `{}` (`omitempty` on what is no pointer). */
  omitEmpty?: boolean
  /** Of `any`: what an object here is read as, by a decoder of its own; so are the objects of a list. */
  objectForm?: SchemaNode
  /** What only CRDs use. */
  constraints?: SchemaConstraints
  /** Also only of CRDs: what more the value has to be, of the same structure. */
  combined?: CombinedSchemas
}

/** Schemas of which a value has to match each, one at least, exactly one, and none. */
export interface CombinedSchemas {
  allOf?: SchemaNode[]
  anyOf?: SchemaNode[]
  oneOf?: SchemaNode[]
  not?: SchemaNode
}

/** OpenAPI v3 value constraints of a CRD's schema. */
export interface SchemaConstraints {
  pattern?: string
  minimum?: number
  maximum?: number
  exclusiveMinimum?: boolean
  exclusiveMaximum?: boolean
  multipleOf?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
  minProperties?: number
  maxProperties?: number
}

/** A node of which nothing is known. */
export const ANY: SchemaNode = { type: 'any', preserveUnknown: true }

/** A node that a CRD says nothing of: objects there are kept, but nothing that is in them. */
export const CLOSED: SchemaNode = { type: 'any', closed: true }

/** The node of an object's field or a map's value; {@link ANY} when the schema does not tell. */
export function fieldNode(node: SchemaNode | undefined, field: string): SchemaNode {
  const { properties } = node ?? {}
  return (properties && Object.hasOwn(properties, field) ? properties[field] : undefined) ?? node?.additional ?? ANY
}
