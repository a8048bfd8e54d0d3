import type { KubeObject } from '@slipway/kube-objects'
import type { AdmissionRequest } from '../admission/admission.ts'
import { badRequest, conflict, StatusError } from '../api/status.ts'
import { isCore } from '../strategy/validate-metadata.ts'
import type { Address } from './object-service.ts'

/** Throws 409 when what is stored is another object of the name, another version of it, or nothing (storage.Preconditions). */
export function checkStored(
  { resource, namespace, name }: Address,
  { uid, resourceVersion }: { uid?: string | undefined; resourceVersion?: string | undefined },
  current: KubeObject | undefined,
): void {
  const { uid: storedUid = '', resourceVersion: storedVersion = '' } = current?.metadata ?? {}
  let failed = ''
  if (uid && uid !== storedUid) failed = `UID in precondition: ${uid}, UID in object meta: ${storedUid}`
  else if (resourceVersion && resourceVersion !== storedVersion) {
    failed = `ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${storedVersion}`
  }
  if (!failed) return
  // Only extensions are stored below their group.
  const group = isCore(resource) ? '' : resource.group
  const path = [group, resource.plural, resource.namespaced && namespace, name].filter(Boolean).join('/')
  const more = `Precondition failed: ${failed}`
  const why = `StorageError: invalid object, Code: 4, Key: /registry/${path}, ResourceVersion: 0, AdditionalErrorMsg: ${more}`
  throw conflict(resource, name, why)
}

/** Puts an object back that admission took out of its namespace. Throws 400 where it moved it to another. */
export function checkNamespace({ metadata }: KubeObject, { resource, namespace }: AdmissionRequest): void {
  if (!resource.namespaced) return
  if (namespace !== undefined) metadata.namespace ||= namespace
  if (metadata.namespace === namespace) return
  throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
}

/** The version that an update is of; 0 is none, as in a request without it. Throws 500 for a text that is no number. */
export function versionOf({ metadata }: KubeObject): number | undefined {
  const { resourceVersion: text = '' } = metadata
  if (!/^\d*$/.test(text)) {
    throw new StatusError(500, '', `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`)
  }
  return Number(text) || undefined
}

/** What is to be made has no version yet; 0, and a text that is no number, is none (etcd3's store.Create). */
export function checkUnversioned({ metadata }: KubeObject): void {
  if (/^0*[1-9]\d*$/.test(metadata.resourceVersion ?? '')) {
    throw new StatusError(500, '', 'resourceVersion should not be set on objects to be created')
  }
}
