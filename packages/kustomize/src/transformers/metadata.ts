import { isObject } from '@slipway/kube-objects'
import { changeField, type FieldSpec } from '../field-path.ts'
import { COMMON_ANNOTATIONS, COMMON_LABELS, METADATA_LABELS, TEMPLATE_LABELS } from '../field-specs.ts'
import type { LabelArgs } from '../kustomization.ts'
import type { Resource } from '../resource.ts'

/** `commonLabels`: on objects, in their templates and in selectors. */
export function addCommonLabels(resources: readonly Resource[], labels: Record<string, string>): void {
  addPairs(resources, labels, COMMON_LABELS)
}

/** One entry of `labels`. */
export function addLabels(
  resources: readonly Resource[],
  { pairs, includeSelectors, includeTemplates }: LabelArgs,
): void {
  if (includeSelectors) addPairs(resources, pairs, COMMON_LABELS)
  else addPairs(resources, pairs, includeTemplates ? [METADATA_LABELS, ...TEMPLATE_LABELS] : [METADATA_LABELS])
}

/** `commonAnnotations`: on objects and in their templates. */
export function addCommonAnnotations(resources: readonly Resource[], annotations: Record<string, string>): void {
  addPairs(resources, annotations, COMMON_ANNOTATIONS)
}

function addPairs(resources: readonly Resource[], pairs: Record<string, string>, specs: readonly FieldSpec[]): void {
  for (const { object } of resources) {
    for (const spec of specs) {
      changeField(object, spec, (value) => ({ ...(isObject(value) ? value : {}), ...asText(pairs) }))
    }
  }
}

/** `"1"` and `1` are the same to authors, but labels are strings. */
function asText(pairs: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(pairs).map(([key, value]) => [key, String(value)]))
}
