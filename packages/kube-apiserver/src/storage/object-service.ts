import { randomUUID } from 'node:crypto'
import type { KubeObject } from '@slipway/kube-objects'
import type { Entry, RevisionStore } from '@slipway/storage'
import type { AdmissionChain, AdmissionRequest } from '../admission/admission.ts'
import { admissionRequest, settle } from '../admission/new-request.ts'
import { checkDeadline } from '../api/request-timeout.ts'
import { alreadyExists, forbidden, invalid, notFound, type StatusError, staleObject } from '../api/status.ts'
import { customStrategy } from '../custom/custom-strategy.ts'
import { apiVersionOf, type Resource, resourceKey } from '../registry/resource.ts'
import {
  countGeneration,
  dropRepeatedOwners,
  identify,
  keepManagers,
  prepareForCreate,
  prepareForUpdate,
  wipeSystemFields,
} from '../strategy/prepare.ts'
import type { Strategies, Strategy, WriteContext } from '../strategy/strategy.ts'
import { checkCreate, checkUpdate } from '../strategy/validate.ts'
import { invalidValue } from '../validation/field-errors.ts'
import { warningsOf } from '../warnings/warnings.ts'
import { decodeEntry, encodeObject, encodeStored, inVersion, isForeign } from './codec.ts'
import { type Departure, depart } from './departure.ts'
import { isFinished } from './finished.ts'
import { keyOf } from './keys.ts'
import { checkNamespace, checkStored, checkUnversioned, versionOf } from './preconditions.ts'
import { timestamp } from './timestamp.ts'
import { unchanged } from './unchanged.ts'
import type { WriteOptions } from './write-options.ts'

/** An object as it is stored now, as text; `revision` 0 = a dry run's. */
export interface StoredObject {
  value: string
  revision: number
  /** Only of writes that made the object. */
  created?: boolean
}

/** Which object a write is about. */
export interface Address {
  resource: Resource
  namespace: string | undefined
  name: string
}

/** The current object, or undefined = it does not exist; returns the wanted one, or undefined = leave it. */
export type Change = (current: KubeObject | undefined) => KubeObject | undefined | Promise<KubeObject | undefined>

const DEFINITION_GOES = 'create not allowed while custom resource definition is terminating'

/** How many generated names are tried. */
const MAX_NAMES = 8

/** Objects in the store: the rules of metadata, of each type, and of concurrent writers. Used by requests and by the server's own controllers. */
export class ObjectService {
  readonly #store: RevisionStore
  readonly #strategies: Strategies
  readonly #now: () => Date
  readonly #admission: AdmissionChain

  constructor(store: RevisionStore, strategies: Strategies, now: () => Date, admission: AdmissionChain) {
    this.#store = store
    this.#strategies = strategies
    this.#now = now
    this.#admission = admission
  }

  get store(): RevisionStore {
    return this.#store
  }

  strategy(resource: Resource): Strategy {
    return this.#strategies.get(resourceKey(resource)) ?? (resource.custom ? customStrategy : {})
  }

  /** The stored entry. Throws 404. */
  entry({ resource, namespace, name }: Address): Entry {
    const entry = this.#store.get(keyOf(resource, namespace, name))
    if (!entry) throw notFound(resource, name)
    return entry
  }

  find({ resource, namespace, name }: Address): KubeObject | undefined {
    const entry = this.#store.get(keyOf(resource, namespace, name))
    return entry && decodeEntry(entry, resource)
  }

  /** Throws 409 AlreadyExists, 422 Invalid, and what admission throws. */
  async create(resource: Resource, wanted: KubeObject, options: WriteOptions): Promise<StoredObject> {
    const made = await this.#make(resource, wanted, options)
    if (typeof made !== 'string') return made
    throw this.#taken({ resource, namespace: wanted.metadata.namespace, name: made }, wanted)
  }

  /** The object that was made, or the name that another has. */
  async #make(resource: Resource, wanted: KubeObject, options: WriteOptions): Promise<StoredObject | string> {
    const context = this.#context(resource, options)
    const strategy = this.strategy(resource)
    dropRepeatedOwners(wanted, options.warn)
    wipeSystemFields(wanted, context)
    const object = options.track?.(wanted, undefined) ?? wanted
    const { name = '', namespace, generateName } = object.metadata
    if (resource.custom?.isTerminating) throw forbidden(resource, name, DEFINITION_GOES)
    const request = admissionRequest('CREATE', { resource, namespace, name }, options, { object })
    try {
      const admitted = await this.#mutated(request, options)
      if (admitted !== object) wipeSystemFields(admitted, context)
      prepareForCreate(admitted, context)
      if (name || !generateName) return await this.#insert(request, context, strategy)
      return await this.#insertNamed(request, context, strategy)
    } finally {
      settle(request)
    }
  }

  /** What admission makes of the new object. */
  async #mutated(request: AdmissionRequest, { warn }: WriteOptions): Promise<KubeObject> {
    const { managedFields } = (request.object as KubeObject).metadata
    await this.#admission.mutate(request)
    const object = request.object as KubeObject
    keepManagers(object, managedFields, warn)
    dropRepeatedOwners(object, warn, ' after mutating admission happens')
    return object
  }

  /** With a name of our own making, and another one when somebody has it (apiserver's createWithGenerateNameRetry). */
  async #insertNamed(
    request: AdmissionRequest,
    context: WriteContext,
    strategy: Strategy,
  ): Promise<StoredObject | string> {
    const unnamed = request.object
    for (let attempt = 1; ; attempt++) {
      request.object = structuredClone(unnamed)
      const made = await this.#insert(request, context, strategy)
      if (typeof made !== 'string' || attempt === MAX_NAMES) return made
      settle(request)
    }
  }

  /** Only what is valid and admitted is told that its name is taken, as the store is asked last (apiserver's Store.Create). */
  async #insert(request: AdmissionRequest, context: WriteContext, strategy: Strategy): Promise<StoredObject | string> {
    const { resource, namespace } = request
    const object = request.object as KubeObject
    identify(object, context, randomUUID(), strategy)
    checkNamespace(object, request)
    request.name = object.metadata.name
    try {
      strategy.prepareCreate?.(object, context)
      checkCreate(object, context, strategy)
      for (const warning of warningsOf(context, object)) request.warn(warning)
      await this.#admission.validate(request)
      checkDeadline(request.deadline)
      const { name } = object.metadata
      const key = keyOf(resource, namespace, name)
      const value = await encodeStored(object, resource)
      if (context.dryRun) {
        strategy.abandoned?.(object)
        return this.#store.get(key) ? name : { value, revision: 0, created: true }
      }
      checkUnversioned(object)
      const entry = await this.#store.create(key, value)
      if (entry) return { value: entry.value, revision: entry.modRevision, created: true }
      strategy.abandoned?.(object)
      return name
    } catch (error) {
      strategy.abandoned?.(object)
      throw error
    }
  }

  #taken(address: Address, { metadata }: KubeObject): StatusError {
    const { resource, name } = address
    const goes = this.find(address)?.metadata.deletionTimestamp !== undefined
    return alreadyExists(resource, name, { goes, generated: Boolean(metadata.generateName) })
  }

  /**
   * Reads, changes and writes one object, again when another writer came in between and the change named no
   * resourceVersion. A change that changes nothing writes nothing. Throws 404 unless the change makes the object.
   */
  async update(address: Address, change: Change, options: WriteOptions): Promise<StoredObject> {
    const { resource, name } = address
    const context = this.#context(resource, options)
    const key = keyOf(resource, address.namespace, name)
    for (;;) {
      const entry = this.#store.get(key)
      const shown = entry && isForeign(entry.value, resource) ? await inVersion(entry, resource) : entry
      const current = shown && decodeEntry(shown, resource)
      // Read twice, which is faster than a copy: the change may do with its own what it likes.
      const next = await change(shown && decodeEntry(shown, resource))
      if (!current || !entry) {
        if (!next) throw notFound(resource, name)
        options.beforeCreate?.()
        if (options.replaces) checkStored(address, { uid: next.metadata.uid }, undefined)
        delete next.metadata.resourceVersion
        const made = await this.#make(resource, next, { ...options, named: true })
        if (typeof made !== 'string') return made
        // Another writer made it meanwhile.
        continue
      }
      if (!next) return { value: entry.value, revision: entry.modRevision }
      if (options.replaces) checkStored(address, { uid: next.metadata.uid }, current)
      dropRepeatedOwners(next, options.warn)
      // Fields that the strategy sets belong to no manager, as in Kubernetes.
      const object = options.track?.(next, current) ?? next
      const { part } = options
      const seen = part ? { object: part.of(object), old: part.of(current) } : { object, old: current }
      const request = admissionRequest('UPDATE', address, options, seen)
      try {
        const admitted = await this.#mutated(request, options)
        if (part) part.into(object, admitted)
        const wanted = part ? object : admitted
        this.#checkVersion(address, wanted, current)
        prepareForUpdate(wanted, current, context, this.strategy(resource))
        const stored = await this.#replace(entry, { current, next: wanted }, request, context)
        if (stored) return stored
      } finally {
        settle(request)
      }
    }
  }

  /** Throws 409 when the update is about another version of the object, and 422 when it must say which. */
  #checkVersion({ resource, name }: Address, next: KubeObject, current: KubeObject): void {
    const asked = versionOf(next)
    if (asked === undefined && (resource.custom || this.strategy(resource).needsVersion)) {
      const unnamed = invalidValue('metadata.resourceVersion', 0, 'must be specified for an update')
      // Where others name the kind, the store names the resource.
      throw invalid({ group: resource.group, kind: resource.plural }, name, [unnamed])
    }
    if (asked !== undefined && asked !== Number(current.metadata.resourceVersion)) throw staleObject(resource, name)
  }

  /** Undefined = another writer came in between. */
  async #replace(
    entry: Entry,
    { current, next }: { current: KubeObject; next: KubeObject },
    request: AdmissionRequest,
    context: WriteContext,
  ): Promise<StoredObject | undefined> {
    const strategy = this.strategy(context.resource)
    let stored: KubeObject = current
    try {
      strategy.prepareUpdate?.(next, current, context)
      countGeneration(next, current, context, strategy)
      checkUpdate(next, current, context, strategy)
      for (const warning of warningsOf(context, next, current)) request.warn(warning)
      await this.#admission.validate(request)
      checkDeadline(request.deadline)
      if (unchanged(next, current)) return { value: entry.value, revision: entry.modRevision }
      if (isFinished(next)) return await this.#erase(entry, next, context)
      const value = await encodeStored(next, context.resource)
      if (context.dryRun) return { value, revision: entry.modRevision }
      const written = await this.#store.update(entry.key, value, entry.modRevision)
      if (written) stored = next
      return written && { value: written.value, revision: written.modRevision }
    } finally {
      strategy.settled?.(stored, { next, current })
    }
  }

  /** Throws what admission has against the removal. */
  async admitDelete(address: Address, old: Readonly<KubeObject>, options: WriteOptions): Promise<void> {
    const request = admissionRequest('DELETE', address, options, { old })
    await this.#admission.mutate(request)
    await this.#admission.validate(request)
    checkDeadline(request.deadline)
  }

  /** Throws what admission has against reaching into an object, such as a pod's exec; `object` holds its options. */
  async admitConnect(address: Address, object: KubeObject, options: WriteOptions): Promise<void> {
    const request = admissionRequest('CONNECT', address, options, { object })
    await this.#admission.mutate(request)
    await this.#admission.validate(request)
  }

  /** What admission makes of something that is asked of an object and not stored, such as a pod's Eviction; `check` comes before it may refuse. */
  async admitAsked(
    address: Address,
    object: KubeObject,
    options: WriteOptions,
    check: (object: KubeObject) => void,
  ): Promise<KubeObject> {
    const request = admissionRequest('CREATE', address, { ...options, named: true }, { object })
    const admitted = await this.#mutated(request, options)
    check(admitted)
    await this.#admission.validate(request)
    return admitted
  }

  /** Writes down that the object is to go, and what holds it; undefined when another writer came first. */
  async markDeleted(
    entry: Entry,
    { resource }: Address,
    departure: Departure,
    { dryRun }: WriteOptions,
  ): Promise<StoredObject | undefined> {
    const object = decodeEntry(entry, resource)
    const now = this.#now()
    if (depart(object, departure, now)) this.strategy(resource).prepareDelete?.(object, timestamp(now))
    const value = encodeObject(object, resource)
    if (dryRun || value === entry.value) return { value, revision: entry.modRevision }
    const written = await this.#store.update(entry.key, value, entry.modRevision)
    return written && { value: written.value, revision: written.modRevision }
  }

  /** Takes the entry out of the store, when it is still this one. */
  async erase(address: Address, entry: Entry, options: WriteOptions): Promise<boolean> {
    const object = decodeEntry(entry, address.resource)
    return (await this.#erase(entry, object, this.#context(address.resource, options))) !== undefined
  }

  async #erase(entry: Entry, last: KubeObject, context: WriteContext): Promise<StoredObject | undefined> {
    const value = encodeObject(last, context.resource)
    if (context.dryRun) return { value, revision: entry.modRevision }
    const revision = await this.#store.delete(entry.key, entry.modRevision)
    if (revision === undefined) return undefined
    this.strategy(context.resource).released?.(last)
    return { value, revision }
  }

  #context(resource: Resource, options: WriteOptions): WriteContext {
    return {
      resource,
      user: options.user,
      now: timestamp(this.#now()),
      dryRun: options.dryRun ?? false,
      ...(options.subresource && { subresource: options.subresource }),
      warn: (text) => options.warn?.(text),
    }
  }
}

/** What every object of the resource says of itself. */
export function typeMeta(resource: Resource): { apiVersion: string; kind: string } {
  return { apiVersion: apiVersionOf(resource), kind: resource.kind }
}
