import { UserError } from '@slipway/errors'
import {
  crdSchema,
  fieldErrorText,
  fillDefaults,
  type KubeObject,
  prune,
  type SchemaNode,
  unknownFieldText,
  validate,
} from '@slipway/kube-objects'
import { isRepositoryName } from '@slipway/oci-format'
import { crds, GROUP_VERSION } from './kinds.ts'
import { invalid, type Part, READERS, type SecretSource } from './readers.ts'
import { NO_SETTINGS, type RegistrySettings } from './settings.ts'

/** An object that can't be used, and why. */
export interface SettingsFault {
  object: KubeObject
  error: UserError
}

const SCHEMAS = new Map<string, SchemaNode>(
  crds.map(({ spec }) => [spec.names.kind, crdSchema(spec.versions[0].schema.openAPIV3Schema)]),
)

/** The kinds of which a registry's settings are made. */
export const SETTINGS_KINDS: readonly { apiVersion: string; kind: string }[] = Object.keys(READERS).map((kind) => ({
  apiVersion: GROUP_VERSION,
  kind,
}))

/** The settings that the objects ask for together. One that can't be used is named and left out; the others count. */
export function readSettings(
  objects: readonly KubeObject[],
  secrets: SecretSource,
): { settings: RegistrySettings; faults: SettingsFault[] } {
  const faults: SettingsFault[] = []
  const parts = objects.flatMap((object): Part[] => {
    try {
      return [readSettingsObject(object, secrets)]
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      faults.push({ object, error })
      return []
    }
  })
  const settings = parts.reduce<RegistrySettings>(
    (all, { policies = [], upstreams = [], webhooks = [], tokens = [] }) => ({
      policies: [...all.policies, ...policies],
      upstreams: [...all.upstreams, ...upstreams],
      webhooks: [...all.webhooks, ...webhooks],
      tokens: [...all.tokens, ...tokens],
    }),
    NO_SETTINGS,
  )
  return { settings, faults }
}

/** What one object asks for. Throws UserError REGISTRY_OBJECT_INVALID or REGISTRY_SECRET_NOT_FOUND. */
export function readSettingsObject(object: KubeObject, secrets: SecretSource): Part {
  const read = object.apiVersion === GROUP_VERSION ? READERS[object.kind] : undefined
  const schema = SCHEMAS.get(object.kind)
  if (!read || !schema)
    throw invalid(object, `the kinds here are ${Object.keys(READERS).join(', ')} of ${GROUP_VERSION}`)
  const { value: complete, unknown } = prune(object, schema)
  fillDefaults(complete, schema)
  if (!isRepositoryName(object.metadata?.name ?? '')) {
    throw invalid(object, 'metadata.name must be lower-case letters and digits, with single . or - between')
  }
  const faults = [...unknown.map(unknownFieldText), ...validate(complete, schema).map(fieldErrorText)]
  if (faults.length > 0) throw invalid(object, faults.join('; '))
  return read(complete, secrets)
}
