import { parse } from '@slipway/go-yaml'
import { isObject, type JsonObject } from '@slipway/kube-objects'
import { KustomizeError } from '../fault.ts'
import { MERGE_SCHEMAS_JSON } from '../generated/merge-schemas.ts'

/** What the merge of a patch asks of a schema. A child may be the name of a definition. */
export interface MergeSchema {
  readonly fields?: Readonly<Record<string, MergeSchema | string>>
  /** Of fields that are not named. */
  readonly extra?: MergeSchema | string
  readonly items?: MergeSchema | string
  readonly strategy?: string
  readonly keys?: readonly string[]
}

interface Tables {
  definitions: Record<string, MergeSchema>
  kinds: Record<string, string>
  clusterScoped: Iterable<string>
}

let builtin: Tables | undefined
const BUILTIN_VERSION = 'v1.21.2'

/** The schemas of one build: kustomize's own (Kubernetes 1.21), or those of the first `openapi` field (kyaml/openapi). */
export class OpenApi {
  readonly #definitions = new Map<string, MergeSchema>()
  readonly #kinds = new Map<string, string>()
  readonly #clusterScoped: Set<string>
  #version = ''
  #custom: string | undefined
  /** Whether the built-in schemas are needed beside others, since they were asked for before those came. */
  #needsBuiltin = false
  #isLoaded = false

  constructor() {
    builtin ??= JSON.parse(MERGE_SCHEMAS_JSON) as Tables
    this.#clusterScoped = new Set(builtin.clusterScoped)
  }

  /** Obeys an `openapi` field; only the first one of a build counts. */
  use(field: Readonly<Record<string, string>> | undefined, schema: string | undefined): void {
    if (this.#version !== '' || this.#custom !== undefined) return
    const version = field?.version
    if (schema !== undefined) {
      if (version !== undefined) {
        throw new KustomizeError('KUSTOMIZE_INVALID', 'builtin version and custom schema provided, cannot use both')
      }
      this.#custom = schema
      this.#isLoaded = false
      return
    }
    if (!version) return
    if (version !== BUILTIN_VERSION)
      throw new KustomizeError('KUSTOMIZE_INVALID', 'the specified OpenAPI version is not built in')
    this.#version = version
  }

  /** The schema of a kind, if there is one. */
  schemaFor(apiVersion: string, kind: string): MergeSchema | undefined {
    this.#load()
    const name = this.#kinds.get(`${apiVersion} ${kind}`)
    return name === undefined ? undefined : this.#definitions.get(name)
  }

  isClusterScoped(apiVersion: string, kind: string): boolean {
    const key = `${apiVersion} ${kind}`
    if (this.#clusterScoped.has(key)) return true
    if (!this.#isLoaded) {
      if (this.#custom === undefined) this.#needsBuiltin = true
      else this.#load()
    }
    return this.#clusterScoped.has(key)
  }

  field(schema: MergeSchema | undefined, name: string): MergeSchema | undefined {
    const { fields, extra } = schema ?? {}
    return this.#resolve(fields && Object.hasOwn(fields, name) ? fields[name] : extra)
  }

  items(schema: MergeSchema | undefined): MergeSchema | undefined {
    return this.#resolve(schema?.items)
  }

  #resolve(schema: MergeSchema | string | undefined): MergeSchema | undefined {
    // A chain of references may be a circle.
    for (let steps = 0; typeof schema === 'string' && steps < 100; steps++) {
      schema = this.#definitions.get(schema) as MergeSchema | string | undefined
    }
    return typeof schema === 'string' ? undefined : schema
  }

  #load(): void {
    if (this.#isLoaded) return
    this.#isLoaded = true
    if (this.#custom !== undefined) this.#add(tablesOf(this.#custom))
    if (this.#custom === undefined || this.#needsBuiltin) this.#add(builtin)
  }

  #add(tables: Tables | undefined): void {
    if (!tables) return
    for (const [name, schema] of Object.entries(tables.definitions)) this.#definitions.set(name, schema)
    for (const [kind, name] of Object.entries(tables.kinds)) this.#kinds.set(kind, name)
    for (const kind of tables.clusterScoped) this.#clusterScoped.add(kind)
  }
}

/** An OpenAPI document that a kustomization brings. */
function tablesOf(text: string): Tables {
  const document = parse(text, { duplicateKeys: 'last' })
  const tables = { definitions: {} as Record<string, MergeSchema>, kinds: {} as Record<string, string> }
  const { definitions, paths } = isObject(document) ? document : ({} as JsonObject)
  for (const [name, definition] of Object.entries(isObject(definitions) ? definitions : {})) {
    if (!isObject(definition)) continue
    tables.definitions[shortName(name)] = schemaOf(definition) as MergeSchema
    const kinds = definition['x-kubernetes-group-version-kind']
    for (const gvk of Array.isArray(kinds) ? kinds : []) if (isObject(gvk)) tables.kinds[kindKey(gvk)] = shortName(name)
  }
  return { ...tables, clusterScoped: clusterScopedOf(isObject(paths) ? paths : {}) }
}

/** Kinds that can be read, but not below a namespace. */
function clusterScopedOf(paths: JsonObject): Set<string> {
  const scopes = new Map<string, boolean>()
  for (const [path, info] of Object.entries(paths)) {
    const get = isObject(info) ? info.get : undefined
    const gvk = isObject(get) ? get['x-kubernetes-group-version-kind'] : undefined
    if (!isObject(gvk)) continue
    const key = kindKey(gvk)
    scopes.set(key, scopes.get(key) === true || path.includes('namespaces/{namespace}'))
  }
  return new Set([...scopes].filter(([, isNamespaced]) => !isNamespaced).map(([key]) => key))
}

const kindKey = ({ group, version, kind }: JsonObject): string =>
  `${group ? `${String(group)}/` : ''}${String(version)} ${String(kind)}`

/** A definition's name as the built-in table has it: documents refer to definitions there. */
function shortName(name: string): string {
  return name.replace('io.k8s.api.', '~').replace('io.k8s.apimachinery.pkg.', '^').replace('io.k8s.', '%')
}

function schemaOf(schema: unknown): MergeSchema | string | undefined {
  if (!isObject(schema)) return undefined
  if (typeof schema.$ref === 'string') return shortName(schema.$ref.replace('#/definitions/', ''))
  const { properties, additionalProperties, items, type } = schema
  const keys = schema['x-kubernetes-list-map-keys'] ?? schema['x-kubernetes-patch-merge-key']
  const strategy = schema['x-kubernetes-patch-strategy']
  const extra = schemaOf(additionalProperties)
  const item = type === 'array' ? schemaOf(items) : undefined
  return {
    ...(isObject(properties) && {
      fields: Object.fromEntries(Object.entries(properties).map(([name, child]) => [name, schemaOf(child) ?? {}])),
    }),
    ...(extra && { extra }),
    ...(item && { items: item }),
    ...(typeof strategy === 'string' && {
      strategy,
      keys: (Array.isArray(keys) ? keys : [keys]).filter((key): key is string => typeof key === 'string'),
    }),
  }
}
