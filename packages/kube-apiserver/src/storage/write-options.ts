import type { KubeObject } from '@slipway/kube-objects'
import type { User } from '../api/request.ts'
import type { Deadline } from '../api/request-timeout.ts'

/** Who writes, and how. */
export interface WriteOptions {
  user: User
  dryRun?: boolean
  /** `status`, or another subresource that writes only its part. */
  subresource?: string
  /** Is told what the client should know, besides the answer. */
  warn?: (text: string) => void
  /** What admission sees of the fields of metav1.CreateOptions, UpdateOptions or DeleteOptions. */
  asked?: Readonly<Record<string, unknown>>
  /** Writes down who manages which field. Absent = managedFields stay as they are. */
  track?: (next: KubeObject, current: KubeObject | undefined) => KubeObject
  /** After which nothing is stored any more. */
  deadline?: Deadline
  /** It follows from a request that admission let in, such as an Eviction: admission is not asked again. */
  admitted?: boolean
  /** The request's path names the object that it makes, which a POST's does not. */
  named?: boolean
  /** A PUT: the whole object, of the uid and version that it names. */
  replaces?: boolean
  /** Throws when the user may not make the object, where an update would. */
  beforeCreate?: () => void
  /** What admission sees and may change in place of the object: the Scale of a Deployment. */
  part?: { of(object: Readonly<KubeObject>): KubeObject; into(object: KubeObject, part: KubeObject): void }
}

const SYSTEM: User = { name: 'system:apiserver', groups: ['system:authenticated', 'system:masters'] }

/** What the server itself writes as. */
export const systemWrite: WriteOptions = { user: SYSTEM }

/** What the one of kube-controller-manager's controllers writes as that makes the others' ServiceAccounts usable, and so has none. */
export const managerWrite: WriteOptions = {
  user: { name: 'system:kube-controller-manager', groups: ['system:authenticated'] },
}

/**
 * What a controller writes as that is one of kube-controller-manager's elsewhere: webhooks and policies tell its work from that of people
 * by its ServiceAccount.
 */
export function controllerWrite(controller: string): WriteOptions {
  const groups = ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated']
  return { user: { name: `system:serviceaccount:kube-system:${controller}`, groups } }
}
