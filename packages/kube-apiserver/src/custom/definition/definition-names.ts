import type { KubeObject } from '@slipway/kube-objects'
import type { Spec } from '../../defaults/spec.ts'
import { caBundleFault } from '../../validation/webhook-client.ts'
import { type DefinitionCondition, isTrue, setCondition } from './conditions.ts'

interface Given {
  group: string
  names: Spec
  /** Every name that it has, or had when it was last stored. */
  held: string[]
}

/** Who has which name: within a group no two definitions share one (apiextensions' naming and establishing controllers). */
export class DefinitionNames {
  /** By the definition's uid. */
  readonly #given = new Map<string, Given>()
  readonly #listeners = new Set<(group: string) => void>()

  constructor(existing: Iterable<Readonly<KubeObject>>) {
    for (const crd of existing) this.#given.set(uidOf(crd), givenTo(crd))
  }

  /** Calls back when names of a group may be free again. */
  onRelease(listener: (group: string) => void): void {
    this.#listeners.add(listener)
  }

  /** Gives a definition the names that it wants and nobody has, and says in its status which. */
  settle(crd: KubeObject, now: string): void {
    const { group, names: wanted = {} } = crd.spec as Spec
    const { names: own, held } = this.#given.get(uidOf(crd)) ?? { names: {}, held: [] }
    const { names, conflict } = assign(wanted, own, this.#taken(crd))
    this.#given.set(uidOf(crd), { group, names, held: [...held, ...listOf(names)] })
    crd.status = { ...crd.status, acceptedNames: { plural: '', kind: '', ...names } }
    setCondition(crd, conflict ?? NO_CONFLICTS, now)
    if (!isTrue(crd, 'Established')) setCondition(crd, conflict ? NOT_ACCEPTED : establishment(crd), now)
  }

  /** Takes back what an attempt took and the definition, as it is stored now, does not have. */
  restore(stored: Readonly<KubeObject>): void {
    const before = this.#given.get(uidOf(stored))
    if (!before) return
    const now = givenTo(stored)
    this.#given.set(uidOf(stored), now)
    if (before.held.some((name) => !now.held.includes(name))) this.#tell(stored)
  }

  /** Takes back everything. */
  release(crd: Readonly<KubeObject>): void {
    if (this.#given.delete(uidOf(crd))) this.#tell(crd)
  }

  #tell({ spec }: Readonly<KubeObject>): void {
    for (const listener of this.#listeners) listener(spec?.group ?? '')
  }

  /** What the other definitions of the group have. */
  #taken(crd: Readonly<KubeObject>): Taken {
    const taken: Taken = { resources: new Set(), kinds: new Set() }
    for (const [uid, { group, names }] of this.#given) {
      if (group !== crd.spec.group || uid === uidOf(crd)) continue
      for (const name of [names.plural, names.singular, ...(names.shortNames ?? [])]) taken.resources.add(name)
      for (const name of [names.kind, names.listKind]) taken.kinds.add(name)
    }
    return taken
  }
}

const uidOf = ({ metadata }: Readonly<KubeObject>): string => metadata.uid ?? ''

function givenTo({ spec, status }: Readonly<KubeObject>): Given {
  const names = status?.acceptedNames ?? {}
  return { group: spec?.group ?? '', names, held: listOf(names) }
}

const listOf = (names: Spec): string[] => NAMES.flatMap(([field]) => names[field] ?? [])

interface Taken {
  resources: Set<string>
  kinds: Set<string>
}

const NAMES = [
  ['plural', 'PluralConflict', 'resources'],
  ['singular', 'SingularConflict', 'resources'],
  ['shortNames', 'ShortNamesConflict', 'resources'],
  ['kind', 'KindConflict', 'kinds'],
  ['listKind', 'ListKindConflict', 'kinds'],
] as const

/** The names that a definition gets, and of the conflicts that there are, the last. */
function assign(wanted: Spec, own: Spec, taken: Taken): { names: Spec; conflict?: DefinitionCondition } {
  let names: Spec = { ...own }
  let conflict: DefinitionCondition | undefined
  for (const [field, reason, kind] of NAMES) {
    const texts: string[] = [wanted[field] ?? []].flat()
    const known: string[] = [own[field] ?? []].flat()
    const used = texts.filter((text) => !known.includes(text) && taken[kind].has(text))
    if (used.length === 0) names = { ...names, [field]: wanted[field] }
    else conflict = { type: 'NamesAccepted', status: 'False', reason, message: inUse(used) }
  }
  const { categories } = wanted
  return { names: withoutUndefined({ ...names, categories }), ...(conflict && { conflict }) }
}

const withoutUndefined = (names: Spec): Spec =>
  Object.fromEntries(Object.entries(names).filter(([, value]) => value !== undefined))

function inUse(names: string[]): string {
  const texts = [...new Set(names.map((name) => `${JSON.stringify(name)} is already in use`))]
  return texts.length === 1 ? (texts[0] as string) : `[${texts.join(', ')}]`
}

const NO_CONFLICTS: DefinitionCondition = {
  type: 'NamesAccepted',
  status: 'True',
  reason: 'NoConflicts',
  message: 'no conflicts found',
}
const NOT_ACCEPTED: DefinitionCondition = {
  type: 'Established',
  status: 'False',
  reason: 'NotAccepted',
  message: 'not all names are accepted',
}
const ESTABLISHED: DefinitionCondition = {
  type: 'Established',
  status: 'True',
  reason: 'InitialNamesAccepted',
  message: 'the initial names have been accepted',
}
const INVALID_BUNDLE: DefinitionCondition = {
  type: 'Established',
  status: 'False',
  reason: 'InvalidCABundle',
  message: 'The conversion webhook CABundle is invalid',
}

/** It is served from the moment that it has its names, unless nobody could trust its conversion webhook. */
function establishment({ spec }: Readonly<KubeObject>): DefinitionCondition {
  const { caBundle } = (spec.conversion?.webhook?.clientConfig ?? {}) as Spec
  return caBundle && caBundleFault(caBundle) !== undefined ? INVALID_BUNDLE : ESTABLISHED
}
