import { isKnownFormat, type KubeObject } from '@slipway/kube-objects'
import { someSchema } from '../custom/schema-rules/json-schema.ts'
import type { Spec } from '../defaults/spec.ts'

/** Formats of texts that no Kubernetes checks and that were not there before. */
export function definitionWarnings(definition: KubeObject, old: KubeObject | undefined): string[] {
  const known = unknownFormats(old)
  return [...unknownFormats(definition)]
    .filter((format) => !known.has(format))
    .toSorted()
    .map((format) => `unrecognized format ${JSON.stringify(format)}`)
}

function unknownFormats(definition: KubeObject | undefined): Set<string> {
  const unknown = new Set<string>()
  for (const { schema } of (definition?.spec?.versions ?? []) as Spec[]) {
    someSchema(schema?.openAPIV3Schema ?? {}, ({ type, format }) => {
      if (type === 'string' && format && !isKnownFormat(format)) unknown.add(format)
      return false
    })
  }
  return unknown
}
