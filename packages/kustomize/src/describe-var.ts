import { describeGvk, parseGroupVersion } from './identity.ts'
import type { VarArgs } from './kustomization.ts'

/** A var as Go shows it: of its object no more than the kind. */
export function describeVar({ name = '', objref = {}, fieldref = {} }: VarArgs): string {
  const { group = '', version = '', kind = '' } = objref
  return `{${name} ${describeGvk({ group, version, kind })} {${fieldref.fieldPath ?? ''}}}`
}

/** A var with the group and version of its apiVersion, and the field that is meant when none is named. */
export function withDefaults(variable: VarArgs): VarArgs {
  const { objref = {}, fieldref = {} } = variable
  const fieldPath = fieldref.fieldPath || 'metadata.name'
  return { ...variable, objref: { ...objref, ...gvOf(objref) }, fieldref: { fieldPath } }
}

/** What a reference to an object says of group and version, in either way. */
export function gvOf({ apiVersion, group = '', version = '' }: NonNullable<VarArgs['objref']>): {
  group: string
  version: string
} {
  return apiVersion ? parseGroupVersion(apiVersion) : { group, version }
}
