import { randomUUID } from 'node:crypto'
import type { KubeObject } from '@slipway/kube-objects'
import type { Entry, RevisionStore } from '@slipway/storage'
import type { AdmissionChain, AdmissionRequest } from '../admission/admission.ts'
import type { User } from '../api/request.ts'
import { alreadyExists, conflict, forbidden, invalid, notFound, StatusError, staleObject } from '../api/status.ts'
import { customStrategy } from '../custom/custom-strategy.ts'
import { apiVersionOf, type Resource, resourceKey } from '../registry/resource.ts'
import { countGeneration, dropRepeatedOwners, prepareForCreate, prepareForUpdate } from '../strategy/prepare.ts'
import type { Strategies, Strategy, WriteContext } from '../strategy/strategy.ts'
import { checkCreate, checkUpdate } from '../strategy/validate.ts'
import { invalidValue } from '../validation/field-errors.ts'
import { warningsOf } from '../warnings/warnings.ts'
import { decodeEntry, encodeObject, encodeStored, inVersion, isForeign } from './codec.ts'
import { keyOf } from './keys.ts'
import { timestamp } from './timestamp.ts'
import { unchanged } from './unchanged.ts'

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

export interface WriteOptions {
  user: User
  dryRun?: boolean
  /** `status`, or another subresource that writes only its part. */
  subresource?: string
  /** Is told what the client should know, besides the answer. */
  warn?: (text: string) => void
  /** Writes down who manages which field. Absent = managedFields stay as they are. */
  track?: (next: KubeObject, current: KubeObject | undefined) => KubeObject
  /** The request's path names the object that it makes, which a POST's does not. */
  named?: boolean
  /** A PUT: the whole object, of the uid and version that it names. */
  replaces?: boolean
  /** Throws when the user may not make the object, where an update would. */
  beforeCreate?: () => void
  /** What admission sees and may change in place of the object: the Scale of a Deployment. */
  part?: { of(object: Readonly<KubeObject>): KubeObject; into(object: KubeObject, part: KubeObject): void }
}

/** The current object, or undefined = it does not exist; returns the wanted one, or undefined = leave it. */
export type Change = (current: KubeObject | undefined) => KubeObject | undefined | Promise<KubeObject | undefined>

const DEFINITION_GOES = 'create not allowed while custom resource definition is terminating'

const SYSTEM: User = { name: 'system:apiserver', groups: ['system:masters'] }

/** What the server's own controllers write as. */
export const systemWrite: WriteOptions = { user: SYSTEM }

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
    const context = this.#context(resource, options)
    const strategy = this.strategy(resource)
    dropRepeatedOwners(wanted, options.warn)
    prepareForCreate(wanted, context, randomUUID(), strategy)
    const object = options.track?.(wanted, undefined) ?? wanted
    const { name, namespace } = object.metadata
    if (resource.custom?.isTerminating) throw forbidden(resource, name, DEFINITION_GOES)
    const request = admissionRequest('CREATE', { resource, namespace, name }, options, { object })
    try {
      await this.#admission.mutate(request)
      return await this.#insert(request, context, strategy)
    } finally {
      for (const settled of request.settled) settled()
    }
  }

  /** Only what is valid and admitted is told that its name is taken, as the store is asked last (apiserver's Store.Create). */
  async #insert(request: AdmissionRequest, context: WriteContext, strategy: Strategy): Promise<StoredObject> {
    const { resource } = context
    const object = request.object as KubeObject
    strategy.prepareCreate?.(object, context)
    try {
      checkCreate(object, context, strategy)
      for (const warning of warningsOf(context, object)) request.warn(warning)
      await this.#admission.validate(request)
      const { name, namespace } = object.metadata
      const key = keyOf(resource, namespace, name)
      const value = await encodeStored(object, resource)
      if (context.dryRun) {
        if (this.#store.get(key)) throw this.#taken(key, resource, name)
        strategy.released?.(object)
        return { value, revision: 0, created: true }
      }
      checkUnversioned(object)
      const entry = await this.#store.create(key, value)
      if (!entry) throw this.#taken(key, resource, name)
      return { value: entry.value, revision: entry.modRevision, created: true }
    } catch (error) {
      strategy.released?.(object)
      throw error
    }
  }

  #taken(key: string, resource: Resource, name: string): StatusError {
    const holder = this.#store.get(key)
    const goes = holder && decodeEntry(holder, resource).metadata.deletionTimestamp !== undefined
    return alreadyExists(resource, name, goes)
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
        delete next.metadata.resourceVersion
        return await this.create(resource, next, { ...options, named: true })
      }
      if (!next) return { value: entry.value, revision: entry.modRevision }
      this.#checkVersion(address, next, current, options)
      dropRepeatedOwners(next, options.warn)
      prepareForUpdate(next, current, context)
      // Fields that the strategy sets belong to no manager, as in Kubernetes.
      const object = options.track?.(next, current) ?? next
      const { part } = options
      const seen = part ? { object: part.of(object), old: part.of(current) } : { object, old: current }
      const request = admissionRequest('UPDATE', address, options, seen)
      try {
        await this.#admission.mutate(request)
        const admitted = request.object as KubeObject
        if (part) part.into(object, admitted)
        const stored = await this.#replace(entry, { current, next: part ? object : admitted }, request, context)
        if (stored) return stored
      } finally {
        for (const settled of request.settled) settled()
      }
    }
  }

  /** Throws 409 when the update is about another version or another object of the name. */
  #checkVersion(address: Address, next: KubeObject, current: KubeObject, { replaces }: WriteOptions): void {
    const { resource, name } = address
    const asked = next.metadata.resourceVersion
    if (asked && !/^\d+$/.test(asked)) {
      throw new StatusError(500, '', `strconv.ParseUint: parsing ${JSON.stringify(asked)}: invalid syntax`)
    }
    if (!asked && replaces && (resource.custom || this.strategy(resource).needsVersion)) {
      const shown = resource.custom ? 0 : ''
      throw invalid(resource, name, [
        invalidValue('metadata.resourceVersion', shown, 'must be specified for an update'),
      ])
    }
    if (replaces) checkUid(address, next, current)
    if (asked && asked !== current.metadata.resourceVersion) throw staleObject(resource, name)
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
      if (unchanged(next, current)) return { value: entry.value, revision: entry.modRevision }
      if (isFinished(next)) return await this.#erase(entry, next, context)
      const value = await encodeStored(next, context.resource)
      if (context.dryRun) return { value, revision: entry.modRevision }
      const written = await this.#store.update(entry.key, value, entry.modRevision)
      if (written) stored = next
      return written && { value: written.value, revision: written.modRevision }
    } finally {
      strategy.settled?.(stored)
    }
  }

  /** Throws what admission has against the removal. */
  async admitDelete(address: Address, old: Readonly<KubeObject>, options: WriteOptions): Promise<void> {
    await this.#admission.validate(admissionRequest('DELETE', address, options, { old }))
  }

  /** Throws what admission has against reaching into an object, such as a pod's exec; `object` holds its options. */
  async admitConnect(address: Address, object: KubeObject, options: WriteOptions): Promise<void> {
    const request = admissionRequest('CONNECT', address, options, { object })
    await this.#admission.mutate(request)
    await this.#admission.validate(request)
  }

  /** Writes down that the object is to go, and what holds it; undefined when another writer came first. */
  async markDeleted(
    entry: Entry,
    { resource }: Address,
    { finalizers, grace }: { finalizers: string[]; grace: number },
  ): Promise<StoredObject | undefined> {
    const object = decodeEntry(entry, resource)
    const { metadata } = object
    if (finalizers.length > 0) metadata.finalizers = finalizers
    const end = this.#now().getTime() + grace * 1000
    const first = metadata.deletionTimestamp === undefined
    // A later delete can only shorten the wait.
    if (first || grace < (metadata.deletionGracePeriodSeconds ?? 0)) {
      metadata.deletionTimestamp = timestamp(new Date(end))
      metadata.deletionGracePeriodSeconds = grace
    }
    if (first && metadata.generation) metadata.generation++
    if (first) this.strategy(resource).prepareDelete?.(object, timestamp(this.#now()))
    if (object.apiVersion === 'v1' && object.kind === 'Namespace')
      object.status = { ...object.status, phase: 'Terminating' }
    const value = encodeObject(object, resource)
    if (value === entry.value) return { value, revision: entry.modRevision }
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
      ...subresourceOf(options),
      warn: (text) => options.warn?.(text),
    }
  }
}

function admissionRequest(
  operation: AdmissionRequest['operation'],
  { resource, namespace, name }: Address,
  { user, dryRun = false, subresource, warn, named = operation !== 'CREATE' }: WriteOptions,
  objects: { object?: KubeObject; old?: Readonly<KubeObject> },
): AdmissionRequest {
  return {
    operation,
    resource,
    namespace,
    name,
    named,
    user,
    dryRun,
    ...(subresource && { subresource }),
    object: objects.object,
    old: objects.old,
    warn: (text) => warn?.(text),
    settled: [],
  }
}

/** The last finalizer of an object that is being deleted has gone, and nothing waits for a grace period. */
function isFinished(object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata
  if (!deletionTimestamp || finalizers?.length) return false
  if (object.kind === 'Namespace' && object.apiVersion === 'v1' && object.spec?.finalizers?.length) return false
  return (deletionGracePeriodSeconds ?? 0) === 0
}

function checkUid({ resource, name }: Address, next: KubeObject, current: KubeObject): void {
  const { uid } = next.metadata
  if (!uid || uid === current.metadata.uid) return
  const key = `/registry/${resource.group ? `${resource.group}/` : ''}${resource.plural}/${[current.metadata.namespace, name].filter(Boolean).join('/')}`
  const failed = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid}`
  throw conflict(
    resource,
    name,
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${failed}`,
  )
}

/** What is to be made has no version yet; 0, and a text that is no number, is none (etcd3's store.Create). */
function checkUnversioned({ metadata }: KubeObject): void {
  if (/^0*[1-9]\d*$/.test(metadata.resourceVersion ?? '')) {
    throw new StatusError(500, '', 'resourceVersion should not be set on objects to be created')
  }
}

function subresourceOf({ subresource }: WriteOptions): { subresource?: string } {
  return subresource ? { subresource } : {}
}

/** What every object of the resource says of itself. */
export function typeMeta(resource: Resource): { apiVersion: string; kind: string } {
  return { apiVersion: apiVersionOf(resource), kind: resource.kind }
}
