export { applyConfiguration } from './apply/last-applied.ts'
export type { ManagedFieldsEntry } from './apply/managed-fields.ts'
export { type ApplyInput, conflictMessage, type FieldConflict, serverSideApply } from './apply/server-side-apply.ts'
export { trackUpdate, type UpdateInput } from './apply/track-update.ts'
export { typedFaults } from './apply/typed-faults.ts'
export { diff, type FieldChange } from './diff.ts'
export { goJson, goText } from './go-text.ts'
export { type Health, healthOf } from './health.ts'
export { groupVersionOf, gvkOf, isKubeObject, keyOf, objectId, refString, versionOf } from './identity.ts'
export { equalJson, isObject, type JsonObject, setField, withoutNulls, withSortedKeys } from './json.ts'
export { evaluateJsonPath, isJsonPath } from './json-path/evaluate.ts'
export { PathFault } from './json-path/parse.ts'
export { JsonPathTemplate } from './json-path/template.ts'
export { parseLabelSelector } from './label-selector-text.ts'
export {
  labelNameErrors,
  labelValueErrors,
  qualifiedNameErrors,
  rfc1035NameErrors,
  subdomainNameErrors,
} from './names.ts'
export type { Condition, GroupVersionKind, KubeObject, ObjectKey, ObjectMeta, OwnerReference } from './object.ts'
export { applyStages, compareForApply, flattenList, sortForApply, sortForDelete } from './order.ts'
export { jsonPatch } from './patch/json-patch.ts'
export { mergePatch } from './patch/merge-patch.ts'
export { strategicMergePatch } from './patch/strategic-merge-patch.ts'
export { type ThreeWay, threeWayPatch } from './patch/three-way-patch.ts'
export { canonicalQuantity, parseQuantity, quantityValue } from './quantity.ts'
export { builtinKinds, isNamespaced, objectMetaSchema, schemaFor } from './schema/builtin.ts'
export { conditionsSchema } from './schema/conditions.ts'
export {
  ageColumn,
  type CustomKind,
  customResourceDefinition,
  type PrinterColumn,
  readyColumn,
} from './schema/custom-resource.ts'
export { fillDefaults, type TypeDefaults, zeroValue } from './schema/defaults.ts'
export { earlierItems } from './schema/earlier-items.ts'
export { isKnownFormat } from './schema/formats.ts'
export { listTypeFaults } from './schema/list-types.ts'
export { ANY, fieldNode, type SchemaConstraints, type SchemaNode } from './schema/node.ts'
export { crdSchema, schemaFromOpenApi } from './schema/openapi.ts'
export { prune, unknownFieldText } from './schema/prune.ts'
export { type Typed, typedForm } from './schema/typed-form.ts'
export { type FieldError, fieldErrorText, validate } from './schema/validate.ts'
export {
  type FieldRequirement,
  type LabelRequirement,
  type LabelSelector,
  labelRequirements,
  matchesLabels,
  parseFieldSelector,
  printedSelector,
} from './selectors.ts'
