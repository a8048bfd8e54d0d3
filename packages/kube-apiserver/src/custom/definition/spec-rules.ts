import { equalJson, rfc1035NameErrors, subdomainNameErrors } from '@slipway/kube-objects'
import type { FieldError } from '../../api/status.ts'
import type { Spec } from '../../defaults/spec.ts'
import { invalidValue, required } from '../../validation/field-errors.ts'
import { oneOf } from '../../validation/values.ts'
import { type JsonSchema, someSchema } from '../schema-rules/json-schema.ts'
import { schemaFaults } from '../schema-rules/schema-faults.ts'
import { type ConversionLeniency, conversionFaults } from './conversion-rules.ts'
import { versionsInGo } from './go-form.ts'
import { internalForm, type Shared } from './internal-form.ts'
import { missingNames, nameFaults } from './name-rules.ts'
import { selectableFieldFaults } from './selectable-fields.ts'
import { columnFaults, deprecationFaults, subresourceFaults } from './version-rules.ts'

const DEFAULTS_NEED_PRUNING = 'must be false in order to use defaults in the schema'

/** What is wrong with the spec of a definition (validateCustomResourceDefinitionSpec). */
export function specFaults(spec: Spec, lenient: ConversionLeniency, before?: Spec): FieldError[] {
  const { group, scope, names = {}, conversion, preserveUnknownFields } = spec
  // Go writes a list that is not there as null.
  const given: Spec[] = spec.versions ?? []
  const { shared, versions } = internalForm(given)
  const isPruned = preserveUnknownFields !== true
  const known = ((before?.versions ?? []) as Spec[]).map(({ schema }) => schema?.openAPIV3Schema)
  return [
    ...groupFaults(group),
    ...oneOf('spec.scope', scope, ['Cluster', 'Namespaced']),
    ...missingSchemas(given),
    ...(!isPruned && hasDefaults(given)
      ? [invalidValue('spec.preserveUnknownFields', true, DEFAULTS_NEED_PRUNING)]
      : []),
    ...versions.flatMap((version, index) => versionFaults(version, `spec.versions[${index}]`, shared, known)),
    ...versionListFaults(versions, spec.versions ? versionsInGo(versions) : null),
    ...missingNames(names, 'spec.names'),
    ...nameFaults(names, 'spec.names'),
    ...sharedFaults(shared, versions, known),
    ...(!isPruned && conversion && conversion.strategy !== 'None'
      ? [
          invalidValue(
            'spec.conversion.strategy',
            conversion.strategy,
            'must be None if spec.preserveUnknownFields is true',
          ),
        ]
      : []),
    ...(conversion ? conversionFaults(conversion, 'spec.conversion', lenient) : []),
  ]
}

function groupFaults(group: string | undefined): FieldError[] {
  if (!group) return [required('spec.group')]
  const errors = subdomainNameErrors(group)
  if (errors.length > 0) return [invalidValue('spec.group', group, errors.join(','))]
  return group.includes('.') ? [] : [invalidValue('spec.group', group, 'should be a domain with at least one dot')]
}

function missingSchemas(versions: Spec[]): FieldError[] {
  return versions.flatMap(({ schema }, index) =>
    schema?.openAPIV3Schema ? [] : [required(`spec.versions[${index}].schema.openAPIV3Schema`)],
  )
}

const hasDefaults = (versions: Spec[]): boolean =>
  versions.some(({ schema }) => someSchema(schema?.openAPIV3Schema ?? {}, (one) => one.default !== undefined))

function versionFaults(version: Spec, path: string, shared: Shared, known: JsonSchema[]): FieldError[] {
  const { name = '', schema, subresources, additionalPrinterColumns = [], selectableFields } = version
  const errors = rfc1035NameErrors(name)
  const hasStatus = (subresources ?? shared.subresources)?.status !== undefined
  return [
    ...(errors.length > 0 ? [invalidValue(`${path}.name`, name, errors.join(','))] : []),
    ...deprecationFaults(version, path),
    ...ofSchema(schema, `${path}.schema`, hasStatus, known),
    ...(subresources ? subresourceFaults(subresources, `${path}.subresources`) : []),
    ...additionalPrinterColumns.flatMap((column: Spec, index: number) =>
      columnFaults(column, `${path}.additionalPrinterColumns[${index}]`),
    ),
    ...selectable(
      selectableFields,
      schema,
      path,
      'may only be set when `version.schema.openAPIV3Schema` is not included',
    ),
  ]
}

/** What all versions have in common, of the versions only what more than one of them can get wrong. */
function sharedFaults(shared: Shared, versions: Spec[], known: JsonSchema[]): FieldError[] {
  const { schema, subresources, additionalPrinterColumns = [], selectableFields } = shared
  const hasStatus = [shared, ...versions].some((one) => one.subresources?.status !== undefined)
  return [
    ...ofSchema(schema, 'spec.validation', hasStatus, known),
    ...(subresources ? subresourceFaults(subresources, 'spec.subresources') : []),
    ...additionalPrinterColumns.flatMap((column: Spec, index: number) =>
      columnFaults(column, `spec.additionalPrinterColumns[${index}]`),
    ),
    ...selectable(selectableFields, schema, 'spec', 'may only be set when validations.schema is included'),
  ]
}

function ofSchema(given: Spec | undefined, path: string, hasStatus: boolean, known: JsonSchema[]): FieldError[] {
  const schema: JsonSchema | undefined = given?.openAPIV3Schema
  if (!schema) return []
  return schemaFaults(schema, path, { hasStatus, isKnown: known.some((one) => equalJson(one, schema)) })
}

function selectable(fields: Spec[] | undefined, schema: Spec | undefined, path: string, alone: string): FieldError[] {
  if (!fields) return []
  const at = `${path}.selectableFields`
  if (!schema?.openAPIV3Schema) return [invalidValue(at, '', alone)]
  return selectableFieldFaults(fields, schema.openAPIV3Schema, at)
}

/** `shown` is how Kubernetes shows the versions. */
function versionListFaults(versions: Spec[], shown: unknown): FieldError[] {
  const fault = (why: string): FieldError => invalidValue('spec.versions', shown, why)
  const faults: FieldError[] = []
  if (new Set(versions.map(({ name }) => name)).size < versions.length) {
    faults.push(fault('must contain unique version names'))
  }
  if (versions.filter(({ storage }) => storage).length !== 1) {
    faults.push(fault('must have exactly one version marked as storage version'))
  }
  const [first] = versions
  const errors = rfc1035NameErrors(first?.name ?? '')
  if (first?.name && errors.length > 0) faults.push(invalidValue('spec.version', first.name, errors.join(',')))
  return faults
}
