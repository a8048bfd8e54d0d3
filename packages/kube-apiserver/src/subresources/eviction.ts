import { type KubeObject, labelRequirements, matchesLabels } from '@slipway/kube-objects'
import type { ApiRequest } from '../api/request.ts'
import { badRequest, forbidden, StatusError, success, tooManyRequests } from '../api/status.ts'
import { disruptionConditions } from '../controllers/disruption-condition.ts'
import type { Spec } from '../defaults/spec.ts'
import type { Resource } from '../registry/resource.ts'
import type { ResourceRegistry } from '../registry/resource-registry.ts'
import { sendValue } from '../rest/answer.ts'
import { readMade } from '../rest/decode.ts'
import { checkPreconditions, remove } from '../rest/delete.ts'
import type { DeleteOptions } from '../rest/delete-options.ts'
import { writeOptionsOf } from '../rest/options.ts'
import type { WriteDeps } from '../rest/write.ts'
import { decodeEntry, viewEntry } from '../storage/codec.ts'
import { prefixOf } from '../storage/keys.ts'
import type { Address, ObjectService } from '../storage/object-service.ts'
import { timestamp } from '../storage/timestamp.ts'
import { systemWrite, type WriteOptions } from '../storage/write-options.ts'
import { withCondition } from './pod-condition.ts'

interface Eviction extends KubeObject {
  deleteOptions?: DeleteOptions & { dryRun?: string[] }
}

/** How often a pod that changes meanwhile is looked at again. */
const ATTEMPTS = 20
/** Evictions of one budget that its controller has not seen the end of. */
const MAX_DISRUPTED = 2000

/** pods/eviction: deletes a pod unless a PodDisruptionBudget forbids it now (k8s.io/kubernetes' EvictionREST). */
export async function evictPod(
  { objects, rules, registry }: WriteDeps & { registry: ResourceRegistry },
  request: ApiRequest,
): Promise<void> {
  const { resource, namespace, name = '' } = request
  const body: Eviction = await readMade(request, rules)
  const address = { resource, namespace, name }
  const options = writeOptionsOf(withDryRunOf(request, body), 'CreateOptions')
  const { deleteOptions = {} }: Eviction = await objects.admitAsked(address, body, options, ({ metadata }) => {
    if (metadata.name !== name) throw badRequest('name in URL does not match name in Eviction object')
  })
  const { subresource: _, ...write } = options
  const eviction = new PodEviction({ objects, registry }, address, { ...write, admitted: true })
  const refusal = await eviction.evict(deleteOptions)
  sendValue(request, 201, refusal ?? { ...success(), code: 201 })
}

/** The query says that nothing is to happen, or the options in the body do. */
function withDryRunOf(request: ApiRequest, { deleteOptions }: Eviction): ApiRequest {
  const [asked, inBody] = [request.query.getAll('dryRun'), deleteOptions?.dryRun ?? []]
  if (inBody.length === 0) return request
  if (asked.length > 0 && asked.join() !== inBody.join()) {
    const lists = `[${asked.join(' ')}] and [${inBody.join(' ')}]`
    throw new StatusError(500, '', `Non-matching dry-run options in request and content: ${lists}`)
  }
  const query = new URLSearchParams(request.query)
  query.delete('dryRun')
  for (const value of inBody) query.append('dryRun', value)
  return { ...request, query }
}

class PodEviction {
  readonly #objects: ObjectService
  readonly #registry: ResourceRegistry
  readonly #address: Address
  readonly #write: WriteOptions

  constructor(
    { objects, registry }: { objects: ObjectService; registry: ResourceRegistry },
    address: Address,
    write: WriteOptions,
  ) {
    this.#objects = objects
    this.#registry = registry
    this.#address = address
    this.#write = write
  }

  /** The answer where it is no plain success. Throws 404, 409, and 429 when a budget does not allow it. */
  async evict(asked: DeleteOptions): Promise<object | undefined> {
    for (let attempt = 1; ; attempt++) {
      const pod = decodeEntry(this.#objects.entry(this.#address), this.#address.resource)
      if (!isUnguarded(pod)) return await this.#evictGuarded(pod, asked)
      try {
        // One that is pending may become healthy meanwhile, and then a budget counts.
        const isFinal = pod.status?.phase !== 'Pending' || pod.metadata.deletionTimestamp !== undefined
        await this.#delete(isFinal ? asked : unlessChanged(pod, asked))
        return undefined
      } catch (error) {
        if (!isConflict(error) || asked.preconditions?.resourceVersion || attempt === ATTEMPTS) throw error
      }
    }
  }

  async #evictGuarded(pod: KubeObject, asked: DeleteOptions): Promise<object | undefined> {
    const [budget, ...more] = this.#budgetsOf(pod)
    if (more.length > 0) return TOO_MANY_BUDGETS
    if (!budget) await this.#delete(asked)
    else if (!isReady(pod) && allowsUnhealthy(budget)) await this.#evictUnhealthy(pod, asked, budget.metadata.name)
    else {
      await this.#takeFrom(budget)
      await this.#delete(asked)
    }
    return undefined
  }

  async #evictUnhealthy(pod: KubeObject, asked: DeleteOptions, budget: string): Promise<void> {
    try {
      await this.#delete(unlessChanged(pod, asked))
    } catch (error) {
      throw isConflict(error) && !asked.preconditions?.resourceVersion ? stillProcessed(budget) : error
    }
  }

  #budgetsOf({ metadata }: KubeObject): Readonly<KubeObject>[] {
    const { entries } = this.#objects.store.list(prefixOf(this.#budgets, metadata.namespace))
    return entries
      .map((entry) => viewEntry(entry))
      .filter(({ spec }) => spec?.selector && matchesLabels(metadata.labels, labelRequirements(spec.selector)))
  }

  get #budgets(): Resource {
    return this.#registry.storedType('policy', 'poddisruptionbudgets') as Resource
  }

  /** Counts the pod as disrupted before it goes, so that no other eviction takes the same leave. */
  async #takeFrom({ metadata }: Readonly<KubeObject>): Promise<void> {
    const { name, namespace } = metadata
    const address = { resource: this.#budgets, namespace, name }
    const options = { ...systemWrite, subresource: 'status', ...(this.#write.dryRun && { dryRun: true }) }
    await this.#objects.update(address, (budget) => budget && this.#lessOne(budget), options)
  }

  #lessOne(budget: KubeObject): KubeObject {
    const { metadata } = budget
    const status = (budget.status ?? {}) as Spec
    const { disruptionsAllowed = 0, disruptedPods = {} } = status
    if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) throw stillProcessed(metadata.name)
    if (Object.keys(disruptedPods).length > MAX_DISRUPTED) {
      const why = 'DisruptedPods map too big - too many evictions not confirmed by PDB controller'
      throw forbidden({ group: 'policy', plural: 'poddisruptionbudget' }, metadata.name, why)
    }
    if (disruptionsAllowed < 1) throw usedUp(budget)
    const now = new Date()
    const left = disruptionsAllowed - 1
    const disrupted = { ...disruptedPods, [this.#address.name]: timestamp(now) }
    const conditions = left === 0 ? disruptionConditions(budget, left, now) : status.conditions
    return { ...budget, status: { ...status, disruptionsAllowed: left, disruptedPods: disrupted, conditions } }
  }

  /** Whoever counts failures of pods has to see that this one was not its own. */
  async #delete(options: DeleteOptions): Promise<void> {
    if (this.#write.dryRun) {
      await remove(this.#objects, this.#address, options, this.#write)
      return
    }
    const disrupted = (pod: KubeObject | undefined): KubeObject | undefined => {
      if (pod) checkPreconditions(this.#address, pod, options)
      return pod && withCondition(pod, DISRUPTION)
    }
    const { revision } = await this.#objects.update(this.#address, disrupted, { ...this.#write, subresource: 'status' })
    const { preconditions } = options
    const renewed = preconditions?.resourceVersion && {
      preconditions: { ...preconditions, resourceVersion: String(revision) },
    }
    await remove(this.#objects, this.#address, { ...options, ...renewed }, this.#write)
  }
}

const DISRUPTION = { type: 'DisruptionTarget', reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' }

/** What Kubernetes answers with the status of a success; clients go by what it says. */
const TOO_MANY_BUDGETS = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
  code: 500,
}

/** Has ended, goes, or has not begun: no budget counts it. */
function isUnguarded({ metadata, status }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined || ['Succeeded', 'Failed', 'Pending'].includes(status?.phase)
}

const isReady = ({ status }: KubeObject): boolean =>
  (status?.conditions ?? []).some(({ type, status: value }: Spec) => type === 'Ready' && value === 'True')

/** A pod that is not ready may go where the others are enough without it. */
function allowsUnhealthy({ spec, status }: Readonly<KubeObject>): boolean {
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {}
  return spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow' || (currentHealthy >= desiredHealthy && desiredHealthy > 0)
}

function unlessChanged({ metadata }: KubeObject, asked: DeleteOptions): DeleteOptions {
  const { resourceVersion = '' } = metadata
  return { ...asked, preconditions: { resourceVersion, ...asked.preconditions } }
}

const isConflict = (error: unknown): boolean => error instanceof StatusError && error.status.code === 409

const VIOLATION = "Cannot evict pod as it would violate the pod's disruption budget."

function usedUp({ metadata, status }: KubeObject): StatusError {
  const { desiredHealthy = 0, currentHealthy = 0 } = status ?? {}
  const message = `The disruption budget ${metadata.name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`
  return tooManyRequests(VIOLATION, { causes: [{ reason: 'DisruptionBudget', message }] })
}

function stillProcessed(name: string): StatusError {
  const message = `The disruption budget ${name} is still being processed by the server.`
  return tooManyRequests(VIOLATION, { retryAfterSeconds: 10, causes: [{ reason: 'DisruptionBudget', message }] })
}
