import type { KubeObject } from '@slipway/kube-objects'
import type { AdmissionRequest } from './admission.ts'

type RequestOptions = Pick<AdmissionRequest, 'user'> &
  Partial<Pick<AdmissionRequest, 'dryRun' | 'subresource' | 'warn' | 'named' | 'asked' | 'admitted' | 'deadline'>>

/** A request to the plugins; what is made is named by its path only when it is said so. */
export function admissionRequest(
  operation: AdmissionRequest['operation'],
  { resource, namespace, name }: Pick<AdmissionRequest, 'resource' | 'namespace' | 'name'>,
  {
    user,
    dryRun = false,
    subresource,
    warn,
    named = operation !== 'CREATE',
    asked = {},
    admitted = false,
    deadline,
  }: RequestOptions,
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
    asked,
    admitted,
    ...(subresource && { subresource }),
    ...(deadline && { deadline }),
    object: objects.object,
    old: objects.old,
    warn: (text) => warn?.(text),
    settled: [],
  }
}

/** Tells all who wait for it that the write is over. */
export function settle({ settled }: AdmissionRequest): void {
  for (const tell of settled.splice(0)) tell()
}
