import { KustomizeError } from './fault.ts'
import { describeId, goSyntaxOf, idKey, type ResId } from './identity.ts'
import type { Resource } from './resource.ts'
import { emptyMap, isMap, textOf } from './values.ts'

/** The objects of a build, in order; no two have the same identity (api/resmap). */
export class ResMap {
  #resources: Resource[]

  constructor(resources: Iterable<Resource> = []) {
    this.#resources = []
    this.appendAll(resources)
  }

  get resources(): readonly Resource[] {
    return this.#resources
  }

  /** Adds objects. Throws where one is there already. */
  appendAll(added: Iterable<Resource>): void {
    const list = [...added]
    if (list.length === 0) return
    const known = new Map(this.#resources.map((resource) => [idKey(resource.id), resource]))
    for (const resource of list) {
      const id = resource.id
      const key = idKey(id)
      const twin = known.get(key)
      if (twin) {
        const told = `may not add resource with an already registered id: ${describeId(id)}`
        throw new KustomizeError('KUSTOMIZE_INVALID', `${told} (also in ${twin.source.file}:${twin.source.line})`, {
          told,
        })
      }
      known.set(key, resource)
      this.#resources.push(resource)
    }
  }

  /** Puts objects in the place of all that are there. Throws where two are the same. */
  replaceAll(resources: Iterable<Resource>): void {
    const list = [...resources]
    this.#resources = []
    this.appendAll(list)
  }

  dropEmpty(): void {
    if (this.#resources.some(({ object }) => isGone(object))) {
      this.#resources = this.#resources.filter(({ object }) => !isGone(object))
    }
  }

  /** What is or was called so. */
  byAnyId(matches: (id: ResId) => boolean): Resource[] {
    return this.#resources.filter(
      (resource) => !isGone(resource.object) && (matches(resource.id) || resource.previousIds.some(matches)),
    )
  }

  /** What is or was called so, in the same namespace. */
  #called(id: ResId): Resource[] {
    const key = idKey(id)
    // Names are looked at first: to make identities of all objects, for each patch, takes long.
    const named = this.#resources.filter(
      ({ object, name, previous }) =>
        !isGone(object) && (name === id.name || previous.some((one) => one.name === id.name)),
    )
    return named.filter((one) => idKey(one.id) === key || one.previousIds.some((other) => idKey(other) === key))
  }

  /** The one object that is or was called so, for a patch. */
  target(id: ResId): Resource {
    const matches = this.#called(id)
    const [match] = matches
    if (match && matches.length === 1) return match
    const found = matches.length === 0 ? 'no matches' : 'multiple matches'
    throw new KustomizeError(
      'KUSTOMIZE_INVALID',
      `${found} for Id ${describeId(id)}; failed to find unique target for patch ${describeId(id)}`,
    )
  }

  /** Adds what generators made, or has it change what is there already (AbsorbAll). */
  absorb(generated: Resource): void {
    const id = generated.id
    const matches = this.#called(id)
    const [existing] = matches
    const changes = generated.behavior === 'merge' || generated.behavior === 'replace'
    if (matches.length > 1) {
      throw new KustomizeError(
        'KUSTOMIZE_INVALID',
        `found multiple objects [${matches.join(' ')}] that could accept merge of ${describeId(id)}`,
      )
    }
    if (!existing) {
      if (changes) {
        throw new KustomizeError('KUSTOMIZE_INVALID', `id ${describeId(id)} does not exist; cannot merge or replace`, {
          told: `id ${goSyntaxOf(id)} does not exist; cannot merge or replace`,
        })
      }
      this.appendAll([generated])
      return
    }
    if (!changes) {
      throw new KustomizeError(
        'KUSTOMIZE_INVALID',
        `behavior must be merge or replace: id ${describeId(id)} exists already`,
        {
          told: `id ${goSyntaxOf(id)} exists; behavior must be merge or replace`,
        },
      )
    }
    inherit(generated, existing)
    this.#resources[this.#resources.indexOf(existing)] = generated
  }

  copy(): ResMap {
    const twin = new ResMap()
    twin.#resources = this.#resources.map((resource) => resource.copy())
    return twin
  }
}

const isGone = (object: object | undefined): boolean => object === undefined || Object.keys(object).length === 0

/** What was there gives its name, its notes, and labels and annotations; `merge` also its data (CopyMergeMetaDataFieldsFrom). */
function inherit(generated: Resource, existing: Resource): void {
  const isMerge = generated.behavior === 'merge'
  const origin = existing.texts('annotations')[ORIGIN]
  for (const field of ['labels', 'annotations'] as const) {
    generated.setTexts(field, { ...existing.texts(field), ...generated.texts(field) })
  }
  generated.name = existing.name
  generated.namespace = existing.namespace
  generated.previous = [...existing.previous]
  generated.prefixes = [...existing.prefixes]
  generated.suffixes = [...existing.suffixes]
  // Only what was generated has a hash, unless any of its generators is without.
  generated.needsHash &&= existing.needsHash
  generated.behavior = existing.behavior
  generated.varNames = [...existing.varNames]
  if (!isMerge) return
  mergeData(generated, existing)
  if (origin !== undefined) {
    generated.setTexts('annotations', { ...generated.texts('annotations'), [ORIGIN]: origin })
  }
}

/** The annotation that says where an object comes from. */
export const ORIGIN = 'config.kubernetes.io/origin'

function mergeData({ object }: Resource, existing: Resource): void {
  if (!object) return
  for (const field of ['data', 'binaryData'] as const) {
    const data = { ...textsOf(existing.object?.[field]), ...textsOf(object[field]) }
    if (Object.keys(data).length > 0) object[field] = Object.assign(emptyMap(), data)
    else delete object[field]
  }
}

function textsOf(map: unknown): Record<string, string> {
  if (!isMap(map)) return {}
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, textOf(value)]))
}
