import { messageOf, UserError } from '@slipway/errors'
import { isApiError, type KubeClient } from '@slipway/kube-client'
import { type KubeObject, schemaFor, threeWayPatch } from '@slipway/kube-objects'
import { identityOf, refOf } from './objects.ts'
import { sameError } from './same-error.ts'

/** Brings one object to the cluster; resolves to it as it is there now. */
export type Write = (object: KubeObject) => Promise<KubeObject>

/** Whether the server or the client brings objects together with what is there (`--server-side`), as releases record it. */
export type ApplyMethod = 'ssa' | 'csa'

/** Helm's field manager. */
export const FIELD_MANAGER = 'helm'

/** Helm 4's way: the server merges; `force` takes fields from other managers (`--force-conflicts`). */
export function serverSide(client: KubeClient, { force }: { force: boolean }): Write {
  return async (object) => {
    try {
      return await client.apply(object, { fieldManager: FIELD_MANAGER, force, fieldValidation: 'Strict' })
    } catch (error) {
      if (!isApiError(error, 'KUBE_CONFLICT')) throw error
      const { namespace = '', name } = object.metadata
      const what = `${namespace}/${name} ${gvkText(object)}`
      throw sameError(error, `conflict occurred while applying object ${what}: ${messageOf(error)}`)
    }
  }
}

/** schema.GroupVersionKind.String(). */
function gvkText({ apiVersion, kind }: KubeObject): string {
  return `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`
}

export interface ClientSideOptions {
  /** What the release said of its objects before. */
  originals: readonly KubeObject[]
  /** PUT in place of a patch (`--force-replace`). */
  replace: boolean
  /** Custom resources are compared with what is there, not only with what the release said before. */
  heals: boolean
}

/** Helm 3's way, and Helm 4's with `--server-side=false`: create, or patch by what the release said before. */
export function clientSide(client: KubeClient, { originals, replace, heals }: ClientSideOptions): Write {
  const before = new Map(originals.map((object) => [identityOf(object), object]))
  return async (object) => {
    // Nobody has named it yet, so it can only be made.
    const live = object.metadata.name ? await client.get<KubeObject>(refOf(object)) : undefined
    if (!live) return client.create(object, { fieldManager: FIELD_MANAGER })
    if (replace) return replaced(client, object, live)
    const known = before.get(identityOf(object))
    // What came from elsewhere, or in another version, has nothing that is to go.
    const original = known?.apiVersion === object.apiVersion ? known : object
    return patched(client, { original, modified: object, current: live }, heals)
  }
}

async function replaced(client: KubeClient, object: KubeObject, { metadata }: KubeObject): Promise<KubeObject> {
  const { resourceVersion } = metadata
  try {
    return await client.replace(
      { ...object, metadata: { ...object.metadata, ...(resourceVersion && { resourceVersion }) } },
      { fieldManager: FIELD_MANAGER, fieldValidation: 'Strict' },
    )
  } catch (error) {
    throw sameError(error, `failed to replace object: ${messageOf(error)}`)
  }
}

interface Versions {
  original: KubeObject
  modified: KubeObject
  current: KubeObject
}

/** Kinds with a Go type get a strategic merge patch, others a JSON merge patch, for which drift does not count (Helm's createPatch). */
async function patched(
  client: KubeClient,
  { original, modified, current }: Versions,
  heals: boolean,
): Promise<KubeObject> {
  const schema = isTyped(modified) ? schemaFor(modified) : undefined
  const patch = threeWayPatch({ original, modified, current: schema || heals ? current : original }, schema)
  if (Object.keys(patch).length === 0) return current
  try {
    return await client.patch(refOf(modified), schema ? 'strategic' : 'merge', patch, { fieldManager: FIELD_MANAGER })
  } catch (error) {
    const { kind, metadata } = modified
    throw sameError(error, `cannot patch "${metadata.name}" with kind ${kind}: ${messageOf(error)}`)
  }
}

/** client-go's scheme has all of Kubernetes' own types but those of the aggregator. */
const isTyped = ({ apiVersion }: KubeObject): boolean => !apiVersion.startsWith('apiregistration.k8s.io/')

/** What may be wanted together or not. */
export interface Forced {
  method: ApplyMethod
  force: boolean
  /** @default false */
  replace?: boolean
}

/** Throws UserError RELEASE_OPTIONS_INVALID, in Helm's words, for what can't be had together. */
export function checkForced({ method, force, replace = false }: Forced, during: 'create' | 'update'): void {
  const fault =
    method === 'csa' && force
      ? `invalid client ${during} option(s): forceConflicts enabled when serverSideApply disabled`
      : method === 'ssa' && replace
        ? 'invalid operation: cannot use server-side apply and force replace together'
        : undefined
  if (fault !== undefined) throw new UserError('RELEASE_OPTIONS_INVALID', fault)
}
