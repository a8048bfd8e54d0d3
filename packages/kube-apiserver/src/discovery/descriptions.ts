type Json = Record<string, unknown>

/** What `kubectl explain` says of a kind, or of the type of a field. */
export interface Description {
  description?: string
  /** By name; one that nothing is said of is not there. */
  fields: Record<string, string>
}

/** By model: `IoK8sApiAppsV1Deployment` is io.k8s.api.apps.v1.Deployment. */
export type Descriptions = Record<string, Description>

/** They are many, and clients that have read them keep them: whoever serves them reads them anew. */
export type ReadDescriptions = () => Promise<Descriptions>

const CONVENTIONS = 'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md'

/** Every kind has these (metav1.TypeMeta). */
export const TYPE_FIELDS = {
  apiVersion: `APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: ${CONVENTIONS}#resources`,
  kind: `Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: ${CONVENTIONS}#types-kinds`,
}

/** The schemas of Kubernetes' own types with what is said of them. */
export function described(schemas: Record<string, Json>, descriptions: Descriptions = {}): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, describedSchema(schema, descriptions[modelOf(name)])]),
  )
}

function describedSchema(schema: Json, said: Description | undefined): Json {
  if (!said) return schema
  const { description, fields } = said
  const texts: Record<string, string> = schema['x-kubernetes-group-version-kind']
    ? { ...TYPE_FIELDS, ...fields }
    : fields
  const properties = schema.properties as Record<string, Json> | undefined
  return {
    ...(description !== undefined && { description }),
    ...schema,
    ...(properties && { properties: describedFields(properties, texts) }),
  }
}

function describedFields(properties: Record<string, Json>, texts: Record<string, string>): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, field]) => {
      const description = Object.hasOwn(texts, name) ? texts[name] : undefined
      return [name, description === undefined ? field : { description, ...field }]
    }),
  )
}

const modelOf = (schema: string): string =>
  schema.replaceAll(/(?:^|[.-])(\w)/g, (_, letter: string) => letter.toUpperCase())
