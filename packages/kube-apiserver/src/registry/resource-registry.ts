import { loadTable } from '../generated-tables.ts'
import type { Resource, Subresource } from './resource.ts'

interface DiscoveredKind {
  group: string
  version: string
  kind: string
}

/** A resource as discovery tells of it (apidiscovery.k8s.io/v2, APIResourceDiscovery). */
export interface DiscoveredResource {
  resource: string
  responseKind: DiscoveredKind
  scope: 'Namespaced' | 'Cluster'
  singularResource: string
  verbs: string[]
  shortNames?: string[]
  categories?: string[]
  subresources?: { subresource: string; responseKind: DiscoveredKind; verbs: string[] }[]
}

interface DiscoveredGroup {
  metadata: { name?: string }
  versions: { version: string; resources: DiscoveredResource[] }[]
}

/** Versions of a group in order of preference. */
export interface Group {
  name: string
  versions: string[]
}

/** Every resource that the server serves now: Kubernetes' own from the generated tables, and those of CustomResourceDefinitions. */
export class ResourceRegistry {
  readonly #builtin: Resource[]
  readonly #custom = new Map<string, Resource[]>()
  #byPath = new Map<string, Resource>()
  #stored = new Map<string, Resource>()
  #revision = 0
  readonly #listeners = new Set<() => void>()

  static async load(): Promise<ResourceRegistry> {
    const table = await loadTable<{ api: { items: DiscoveredGroup[] }; apis: { items: DiscoveredGroup[] } }>(
      'discovery',
    )
    return new ResourceRegistry([...table.api.items, ...table.apis.items].flatMap(resourcesOf))
  }

  constructor(builtin: Resource[]) {
    this.#builtin = builtin
    this.#index()
  }

  /** The resource of `/apis/<group>/<version>/<plural>`. */
  find(group: string, version: string, plural: string): Resource | undefined {
    return this.#byPath.get(`${group}/${version}/${plural}`)
  }

  /** The resource of a kind, in the version named or, without one, in the preferred version. */
  byKind(group: string, kind: string, version?: string): Resource | undefined {
    return this.all().find(
      (resource) =>
        resource.group === group && resource.kind === kind && (version === undefined || resource.version === version),
    )
  }

  /** Whether a group is Kubernetes' own, and not only of CustomResourceDefinitions. */
  isBuiltin(group: string): boolean {
    return this.#builtin.some((resource) => resource.group === group)
  }

  all(): Resource[] {
    return [...this.#byPath.values()]
  }

  /** The stored type of a group and plural name, in its storage version. */
  storedType(group: string, plural: string): Resource | undefined {
    return this.#stored.get(`${group}/${plural}`)
  }

  /** Each stored type once, in its storage version. */
  stored(): Resource[] {
    return [...this.#stored.values()]
  }

  groups(): Group[] {
    const groups = new Map<string, Set<string>>()
    for (const { group, version } of this.all()) {
      const versions = groups.get(group) ?? new Set()
      groups.set(group, versions.add(version))
    }
    return [...groups].map(([name, versions]) => ({ name, versions: [...versions] }))
  }

  /** Serves these versions of a custom resource from now on; none = serves it no more. */
  setCustom(crdName: string, versions: Resource[]): void {
    if (versions.length > 0) this.#custom.set(crdName, versions)
    else this.#custom.delete(crdName)
    this.#index()
  }

  /** Tells when the set of resources has changed; returns how to stop it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Changes whenever the set of resources does. */
  revision(): number {
    return this.#revision
  }

  #index(): void {
    this.#revision++
    this.#byPath = new Map(
      [...this.#builtin, ...[...this.#custom.values()].flat()].map((resource) => [
        `${resource.group}/${resource.version}/${resource.plural}`,
        resource,
      ]),
    )
    const stored = this.all().filter(
      ({ version, storageVersion, verbs }) =>
        version === storageVersion && verbs.includes('create') && verbs.includes('list'),
    )
    this.#stored = new Map(stored.map((resource) => [`${resource.group}/${resource.plural}`, resource]))
    for (const listener of this.#listeners) listener()
  }
}

function resourcesOf(group: DiscoveredGroup): Resource[] {
  const name = group.metadata.name ?? ''
  // Discovery lists the preferred version first, and the tables hold the default-enabled, stable versions only.
  return group.versions.flatMap(({ version, resources }) =>
    resources.map((resource) => ({
      group: name,
      version,
      plural: resource.resource,
      singular: resource.singularResource,
      kind: resource.responseKind.kind,
      namespaced: resource.scope === 'Namespaced',
      verbs: resource.verbs,
      shortNames: resource.shortNames ?? [],
      categories: resource.categories ?? [],
      subresources: (resource.subresources ?? []).map(subresourceOf),
      storageVersion: storageVersion(group, resource.resource),
    })),
  )
}

function storageVersion(group: DiscoveredGroup, plural: string): string {
  return group.versions.find(({ resources }) => resources.some((one) => one.resource === plural))?.version ?? 'v1'
}

function subresourceOf(one: { subresource: string; responseKind: DiscoveredKind; verbs: string[] }): Subresource {
  return { name: one.subresource, kind: one.responseKind, verbs: one.verbs }
}
