import { goJson, type JsonObject } from '@slipway/kube-objects'
import { effectiveNamespace, type Gvk, parseGroupVersion, type ResId } from './identity.ts'
import type { OpenApi } from './schema/openapi.ts'
import { copy, emptyMap, isMap, plain, textOf } from './values.ts'

/** Where an object comes from. */
export interface Source {
  /** The file that it stands in; for a generated object the kustomization file. */
  readonly file: string
  readonly line: number
}

export type Behavior = 'unspecified' | 'create' | 'replace' | 'merge'

interface PreviousId {
  readonly kind: string
  readonly name: string
  readonly namespace: string
}

/**
 * An object on its way through a build, and what kustomize notes about it. Kustomize keeps these notes in annotations and takes
 * them away at the end; here they are fields.
 */
export class Resource {
  /** Undefined once a patch has deleted it. Transformers change it in place: it is this build's own. */
  object: JsonObject | undefined
  readonly source: Source
  /** What it was called before each change of name, namespace or kind, oldest first. */
  previous: PreviousId[] = []
  prefixes: string[] = []
  suffixes: string[] = []
  needsHash = false
  behavior: Behavior | undefined
  /** What patches were allowed to change; only messages tell. */
  readonly allowed = new Set<'allowNameChange' | 'allowKindChange'>()
  /** Vars whose values are in it. */
  varNames: string[] = []
  /** What Go says when it is printed, where it can't be. */
  readonly unprintable: string | undefined
  readonly openApi: OpenApi

  constructor(object: JsonObject, source: Source, openApi: OpenApi, unprintable?: string) {
    this.object = object
    this.source = source
    this.openApi = openApi
    this.unprintable = unprintable
  }

  copy(): Resource {
    const twin = new Resource(copy(this.object ?? emptyMap()), this.source, this.openApi, this.unprintable)
    return Object.assign(twin, {
      previous: [...this.previous],
      prefixes: [...this.prefixes],
      suffixes: [...this.suffixes],
      needsHash: this.needsHash,
      behavior: this.behavior,
      varNames: [...this.varNames],
    })
  }

  get kind(): string {
    return textOf(this.object?.kind)
  }

  get apiVersion(): string {
    return textOf(this.object?.apiVersion)
  }

  get name(): string {
    return textOf(this.#metadata?.name)
  }

  set name(name: string) {
    this.metadata().name = name
  }

  get namespace(): string {
    return textOf(this.#metadata?.namespace)
  }

  set namespace(namespace: string) {
    if (namespace === '') delete this.#metadata?.namespace
    else this.metadata().namespace = namespace
  }

  get gvk(): Gvk {
    return { ...parseGroupVersion(this.apiVersion), kind: this.kind }
  }

  get isClusterScoped(): boolean {
    return this.openApi.isClusterScoped(this.apiVersion, this.kind)
  }

  /** What it is called now. */
  get id(): ResId {
    const { name, namespace, isClusterScoped } = this
    return { ...this.gvk, name, namespace, isClusterScoped }
  }

  /** What it was called before, with the group and version that it has now. */
  get previousIds(): ResId[] {
    const gv = parseGroupVersion(this.apiVersion)
    return this.previous.map((id) => ({ ...gv, ...id, isClusterScoped: false }))
  }

  get originalId(): ResId {
    return this.previousIds[0] ?? this.id
  }

  storePreviousId(): void {
    const { kind, name } = this
    this.previous.push({ kind, name, namespace: effectiveNamespace(this) })
  }

  /** Whether kustomize would have annotations of its own in it at this moment. */
  get hasNotes(): boolean {
    return this.previous.length > 0 || this.needsHash || this.behavior !== undefined
  }

  /** Runs what changes its annotations: kustomize forgets its notes together with them. */
  withNotes<T>(change: () => T): T {
    if (!this.hasNotes) return change()
    const before = this.metadata()
    const annotations = isMap(before.annotations) ? before.annotations : emptyMap()
    before.annotations = annotations
    annotations[NOTES] = ''
    const result = change()
    const after = this.#metadata?.annotations
    if (isMap(after) && NOTES in after) {
      delete after[NOTES]
      return result
    }
    this.previous = []
    this.prefixes = []
    this.suffixes = []
    this.needsHash = false
    this.behavior = undefined
    return result
  }

  get #metadata(): JsonObject | undefined {
    const metadata = this.object?.metadata
    return isMap(metadata) ? metadata : undefined
  }

  /** Its metadata, made where there is none. */
  metadata(): JsonObject {
    const metadata = this.#metadata
    if (metadata) return metadata
    const made = emptyMap()
    if (this.object) this.object.metadata = made
    return made
  }

  /** The texts of its labels or annotations. */
  texts(field: 'labels' | 'annotations'): Record<string, string> {
    const result = emptyMap() as Record<string, string>
    const map = this.#metadata?.[field]
    if (isMap(map)) for (const key in map) result[key] = textOf(map[key])
    return result
  }

  /** Sets labels or annotations; there is no field for none. */
  setTexts(field: 'labels' | 'annotations', texts: Record<string, string>): void {
    const metadata = this.metadata()
    if (Object.keys(texts).length > 0) metadata[field] = Object.assign(emptyMap(), texts)
    else delete metadata[field]
  }

  /** As kustomize prints it inside messages: JSON with all its notes. */
  toString(): string {
    return goJson(this.annotated())
  }

  /** The object with kustomize's notes in its annotations. */
  annotated(): JsonObject {
    const notes: Record<string, string> = {}
    const note = (name: string, values: readonly string[]): void => {
      if (values.length > 0) notes[`internal.config.kubernetes.io/${name}`] = values.join(',')
    }
    note(
      'previousKinds',
      this.previous.map(({ kind }) => kind),
    )
    note(
      'previousNames',
      this.previous.map(({ name }) => name),
    )
    note(
      'previousNamespaces',
      this.previous.map(({ namespace }) => namespace),
    )
    note('prefixes', this.prefixes)
    note('suffixes', this.suffixes)
    note('generatorBehavior', this.behavior ? [this.behavior] : [])
    note('needsHashSuffix', this.needsHash ? ['enabled'] : [])
    for (const name of this.allowed) note(name, ['enabled'])
    const twin = this.copy()
    if (Object.keys(notes).length > 0) twin.setTexts('annotations', { ...twin.texts('annotations'), ...notes })
    return plain(twin.object) as JsonObject
  }
}

/** Stands for kustomize's own annotations, where it matters that they are there. */
const NOTES = 'internal.config.kubernetes.io/notes'
