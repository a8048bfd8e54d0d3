import type { Spec } from '../../defaults/spec.ts'
import { isSchema, type JsonSchema } from '../schema-rules/json-schema.ts'

/** The field of Go's internal type, the field in JSON, and what Go writes for one that nobody set or, as a function, for one that is. */
type GoField = readonly [go: string, json: string, zero: unknown, form?: (value: never) => unknown]

const list =
  <T>(form: (value: T) => unknown) =>
  (values: readonly T[]): unknown =>
    values.map(form)
const map =
  <T>(form: (value: T) => unknown) =>
  (values: Readonly<Record<string, T>>): unknown =>
    Object.fromEntries(
      Object.entries(values)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, value]) => [key, form(value)]),
    )
const struct =
  (fields: () => readonly GoField[]) =>
  (value: Spec): unknown =>
    Object.fromEntries(
      fields().map(([go, json, zero, form]) => [
        go,
        value[json] === undefined ? zero : form ? form(value[json] as never) : value[json],
      ]),
    )

const schemaForm = struct(() => SCHEMA)
const schemaOrList = (value: JsonSchema | JsonSchema[]): unknown =>
  Array.isArray(value)
    ? { Schema: null, JSONSchemas: value.map(schemaForm) }
    : { Schema: schemaForm(value), JSONSchemas: null }
const schemaOrBool = (value: JsonSchema | boolean): unknown =>
  isSchema(value) ? { Allows: true, Schema: schemaForm(value) } : { Allows: value, Schema: null }
const schemaOrTexts = (value: JsonSchema | string[]): unknown =>
  isSchema(value) ? { Schema: schemaForm(value), Property: null } : { Schema: null, Property: value }

/** apiextensions.JSONSchemaProps, in the order of its fields. */
const SCHEMA: readonly GoField[] = [
  ['ID', 'id', ''],
  ['Schema', '$schema', ''],
  ['Ref', '$ref', null],
  ['Description', 'description', ''],
  ['Type', 'type', ''],
  ['Nullable', 'nullable', false],
  ['Format', 'format', ''],
  ['Title', 'title', ''],
  ['Default', 'default', null],
  ['Maximum', 'maximum', null],
  ['ExclusiveMaximum', 'exclusiveMaximum', false],
  ['Minimum', 'minimum', null],
  ['ExclusiveMinimum', 'exclusiveMinimum', false],
  ['MaxLength', 'maxLength', null],
  ['MinLength', 'minLength', null],
  ['Pattern', 'pattern', ''],
  ['MaxItems', 'maxItems', null],
  ['MinItems', 'minItems', null],
  ['UniqueItems', 'uniqueItems', false],
  ['MultipleOf', 'multipleOf', null],
  ['Enum', 'enum', null],
  ['MaxProperties', 'maxProperties', null],
  ['MinProperties', 'minProperties', null],
  ['Required', 'required', null],
  ['Items', 'items', null, schemaOrList],
  ['AllOf', 'allOf', null, list(schemaForm)],
  ['OneOf', 'oneOf', null, list(schemaForm)],
  ['AnyOf', 'anyOf', null, list(schemaForm)],
  ['Not', 'not', null, schemaForm],
  ['Properties', 'properties', null, map(schemaForm)],
  ['AdditionalProperties', 'additionalProperties', null, schemaOrBool],
  ['PatternProperties', 'patternProperties', null, map(schemaForm)],
  ['Dependencies', 'dependencies', null, map(schemaOrTexts)],
  ['AdditionalItems', 'additionalItems', null, schemaOrBool],
  ['Definitions', 'definitions', null, map(schemaForm)],
  [
    'ExternalDocs',
    'externalDocs',
    null,
    struct(() => [
      ['Description', 'description', ''],
      ['URL', 'url', ''],
    ]),
  ],
  ['Example', 'example', null],
  ['XPreserveUnknownFields', 'x-kubernetes-preserve-unknown-fields', null],
  ['XEmbeddedResource', 'x-kubernetes-embedded-resource', false],
  ['XIntOrString', 'x-kubernetes-int-or-string', false],
  ['XListMapKeys', 'x-kubernetes-list-map-keys', null],
  ['XListType', 'x-kubernetes-list-type', null],
  ['XMapType', 'x-kubernetes-map-type', null],
  ['XValidations', 'x-kubernetes-validations', null, list(struct(() => RULE))],
]

const RULE: readonly GoField[] = [
  ['Rule', 'rule', ''],
  ['Message', 'message', ''],
  ['MessageExpression', 'messageExpression', ''],
  ['Reason', 'reason', null],
  ['FieldPath', 'fieldPath', ''],
  ['OptionalOldSelf', 'optionalOldSelf', null],
]

const VERSION: readonly GoField[] = [
  ['Name', 'name', ''],
  ['Served', 'served', false],
  ['Storage', 'storage', false],
  ['Deprecated', 'deprecated', false],
  ['DeprecationWarning', 'deprecationWarning', null],
  ['Schema', 'schema', null, struct(() => [['OpenAPIV3Schema', 'openAPIV3Schema', null, schemaForm]])],
  [
    'Subresources',
    'subresources',
    null,
    struct(() => [
      ['Status', 'status', null],
      ['Scale', 'scale', null, struct(() => SCALE)],
    ]),
  ],
  ['AdditionalPrinterColumns', 'additionalPrinterColumns', null, list(struct(() => COLUMN))],
  ['SelectableFields', 'selectableFields', null, list(struct(() => [['JSONPath', 'jsonPath', '']]))],
]

const SCALE: readonly GoField[] = [
  ['SpecReplicasPath', 'specReplicasPath', ''],
  ['StatusReplicasPath', 'statusReplicasPath', ''],
  ['LabelSelectorPath', 'labelSelectorPath', null],
]

const COLUMN: readonly GoField[] = [
  ['Name', 'name', ''],
  ['Type', 'type', ''],
  ['Format', 'format', ''],
  ['Description', 'description', ''],
  ['Priority', 'priority', 0],
  ['JSONPath', 'jsonPath', ''],
]

/** A schema as Kubernetes shows it in messages: the JSON of a type that is not meant to be written. */
export const schemaInGo: (schema: JsonSchema) => unknown = schemaForm as (schema: JsonSchema) => unknown

/** The versions of a definition as Kubernetes shows them in messages. */
export const versionsInGo: (versions: readonly Spec[]) => unknown = list(struct(() => VERSION))

/** Go's names of the fields that a schema has, in Go's order. */
export const goFieldsOf = (schema: JsonSchema): string[] =>
  SCHEMA.filter(([, json]) => schema[json as keyof JsonSchema] !== undefined).map(([go]) => go)
