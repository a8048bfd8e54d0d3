import type { Catalog } from '../metadata/catalog.ts'
import type { Attributes } from '../metadata/changes.ts'
import type { Repository } from '../metadata/repository.ts'
import type { RegistrySettings } from '../policy/settings.ts'
import { Refusal } from '../refusal.ts'

export const ALL_ENABLED: Attributes = { deleteEnabled: true, writeEnabled: true, listEnabled: true, readEnabled: true }

/** What must not be done to content, whoever asks: locks that somebody set on it, and tags that a policy makes immutable. */
export class Rules {
  readonly #catalog: Catalog
  readonly #settings: () => RegistrySettings

  constructor(catalog: Catalog, settings: () => RegistrySettings) {
    this.#catalog = catalog
    this.#settings = settings
  }

  /** Throws Refusal unless everything named may be read. */
  requireReadable(repository: string, ...references: string[]): void {
    require(this.isReadable(repository, ...references))
  }

  isReadable(repository: string, ...references: string[]): boolean {
    return this.#attributes(repository, references).every(({ readEnabled }) => readEnabled)
  }

  /** Throws Refusal unless a manifest may be pushed to the repository, under this tag where there is one. */
  requireWritable(repository: string, digest: string, tag?: string): void {
    const upstream = this.#settings().upstreams.find(({ name }) => repository.startsWith(`${name}/`))
    if (upstream) throw new Refusal('UNSUPPORTED', `${repository} stands for a repository of ${upstream.host}`)
    const references = tag === undefined ? [] : [tag]
    require(this.#attributes(repository, references).every(({ writeEnabled }) => writeEnabled))
    if (tag === undefined) return
    const known = this.#catalog.repository(repository)?.tags.get(tag)
    if (!known || known.digest === digest) return
    const policy = this.immutableBy(repository, tag)
    if (policy === undefined) return
    throw new Refusal(
      'DENIED',
      `the tag ${tag} of ${repository} is immutable (policy ${policy}): push under another one`,
    )
  }

  /** Throws Refusal unless everything named may be deleted. */
  requireDeletable(repository: string, ...references: string[]): void {
    require(this.isDeletable(repository, ...references))
  }

  /** Throws Refusal unless the repository as a whole may be deleted. */
  requireRepositoryDeletable({ name, attributes, tags, manifests }: Repository): void {
    require(attributes?.deleteEnabled !== false)
    this.requireDeletable(name, ...tags.keys(), ...manifests.keys())
  }

  /** Whether the repository, and what is named of it, is shown in lists. */
  isListed(repository: string, ...references: string[]): boolean {
    return this.#attributes(repository, references).every(({ listEnabled }) => listEnabled)
  }

  /**
   * Whether what is named may be deleted. What must not be written must not be deleted either; a repository's own deleteEnabled
   * is about the repository as a whole (Azure, "Lock a container image").
   */
  isDeletable(repository: string, ...references: string[]): boolean {
    const [whole, named] = [this.#attributes(repository, []), this.#attributes(repository, references)]
    return named.every(
      (attributes) => attributes.writeEnabled && (whole.includes(attributes) || attributes.deleteEnabled),
    )
  }

  /** Name of the policy that makes a tag immutable; undefined when none does. */
  immutableBy(repository: string, tag: string): string | undefined {
    const policies = this.#settings().policies
    return policies.find(({ covers, immutableTags }) => immutableTags?.(tag) && covers(repository))?.name
  }

  /** Those of the repository and of everything named, as far as any were set. */
  #attributes(name: string, references: string[]): Attributes[] {
    const repository = this.#catalog.repository(name)
    if (!repository) return []
    const records = references.map((reference) => repository.tags.get(reference) ?? repository.manifests.get(reference))
    return [repository, ...records].flatMap((record) => record?.attributes ?? [])
  }
}

/** Azure's own code and words. */
function require(isAllowed: boolean): void {
  if (isAllowed) return
  throw new Refusal(
    'REGISTRY_DISALLOWED_OPERATION',
    'the operation is disallowed on this registry, repository or image',
  )
}
