import type { KubeObject } from '@slipway/kube-objects'
import type { User } from '../api/request.ts'
import type { Deadline } from '../api/request-timeout.ts'
import { forbidden, type StatusError } from '../api/status.ts'
import type { Resource } from '../registry/resource.ts'

/** What is about to happen to an object, as admission sees it. */
export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'
  readonly resource: Resource
  readonly subresource?: string
  readonly namespace: string | undefined
  /** Empty until one is generated, which is after mutation. */
  name: string
  /** Whether the request's path has the name; a POST's has none, so that rights to single objects do not count. */
  readonly named: boolean
  /** The new object, which mutating plugins change or replace; undefined when something is deleted. */
  object: KubeObject | undefined
  /** The object as it is stored; undefined for a create. */
  readonly old: Readonly<KubeObject> | undefined
  readonly user: User
  readonly dryRun: boolean
  /** Fields of metav1.CreateOptions, UpdateOptions or DeleteOptions, as the client set them. */
  readonly asked: Readonly<Record<string, unknown>>
  /** When it must be over; absent = webhooks have their own time. */
  readonly deadline?: Deadline
  /** What is done follows from a request that had its turn: nobody is asked again. */
  readonly admitted: boolean
  /** Tells the client something that does not stop it. */
  warn(text: string): void
  /** Called when the write is over, whether it was done or not. */
  settled: (() => void)[]
}

/** One rule of who may write what; both parts throw a StatusError to refuse. */
export interface AdmissionPlugin {
  mutate?(request: AdmissionRequest): void | Promise<void>
  validate?(request: AdmissionRequest): void | Promise<void>
}

/** All plugins in their order: first each may change the object, then each may refuse it. */
export class AdmissionChain {
  readonly #plugins: AdmissionPlugin[]

  constructor(plugins: AdmissionPlugin[]) {
    this.#plugins = plugins
  }

  async mutate(request: AdmissionRequest): Promise<void> {
    if (request.admitted) return
    for (const plugin of this.#plugins) {
      const pending = plugin.mutate?.(request)
      if (pending) await pending
    }
  }

  async validate(request: AdmissionRequest): Promise<void> {
    if (request.admitted) return
    for (const plugin of this.#plugins) {
      const pending = plugin.validate?.(request)
      if (pending) await pending
    }
  }
}

/** The refusal of a request, with the beginning of a name that is to be generated (apiserver's admission.NewForbidden). */
export function refused({ resource, name, object }: AdmissionRequest, why: string): StatusError {
  return forbidden(resource, name || (object?.metadata.generateName ?? ''), why)
}

/** A Namespace is inside of itself, as in the path of requests about it (apiserver's createHandler and RequestInfo). */
export function enclosingNamespace({ resource, namespace, name }: AdmissionRequest): string | undefined {
  const isNamespace = resource.group === '' && resource.plural === 'namespaces'
  return namespace || (isNamespace && name ? name : undefined)
}

/** `/pods`-like test for plugins that look at one type only, and not at its parts. */
export function concerns({ resource, subresource }: AdmissionRequest, group: string, plural: string): boolean {
  return subresource === undefined && resource.group === group && resource.plural === plural
}

/** Whether the resources of a pod that runs are to change. */
export function resizesPod({ operation, resource, subresource }: AdmissionRequest): boolean {
  return operation === 'UPDATE' && subresource === 'resize' && resource.group === '' && resource.plural === 'pods'
}
