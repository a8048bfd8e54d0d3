import type { Place } from '@slipway/errors'
import type { JsonObject } from '@slipway/kube-objects'
import { KustomizeError } from '../fault.ts'
import type { GeneratorArgs, GeneratorOptions } from '../kustomization.ts'
import { type Behavior, Resource } from '../resource.ts'
import type { Helpers } from '../transformers/transformer.ts'
import { emptyMap } from '../values.ts'
import { base64, type Content, keyValues } from './key-values.ts'

/** Makes objects. */
export type Generator = () => Resource[]

type Kind = 'ConfigMap' | 'Secret'

/** One entry of `configMapGenerator` or `secretGenerator`. */
export function configGenerator(kind: Kind, args: GeneratorArgs, helpers: Helpers, at: Place): Generator {
  const { name, namespace, options = {} } = args
  return () => {
    if (!name) throw new KustomizeError('KUSTOMIZE_INVALID', 'a configmap must have a name')
    const { labels, annotations } = options
    const content = keyValues(args, helpers.loader, kind === 'Secret')
    const object: JsonObject = Object.assign(emptyMap(), {
      apiVersion: 'v1',
      kind,
      metadata: Object.assign(emptyMap(), {
        name,
        ...(namespace && { namespace }),
        ...mapOf('labels', labels),
        ...mapOf('annotations', annotations),
      }),
      ...(kind === 'Secret' ? { type: args.type || 'Opaque', data: secretData(content) } : configData(content)),
      ...(options.immutable && { immutable: true }),
    })
    const source = { file: helpers.file, line: at.line ?? 1 }
    const resource = new Resource(object, source, helpers.factory.openApi)
    resource.needsHash = !options.disableNameSuffixHash
    resource.behavior = behaviorOf(args.behavior)
    return [resource]
  }
}

/** All generators' options, and one's own: what is switched on for all can't be switched off (MergeGlobalOptionsIntoLocal). */
export function mergedOptions(
  common: GeneratorOptions | undefined,
  own: GeneratorOptions | undefined,
): GeneratorOptions | undefined {
  if (!common) return own
  const both: GeneratorOptions = { ...own }
  for (const field of ['labels', 'annotations'] as const) {
    if (common[field] || own?.[field]) both[field] = { ...common[field], ...own?.[field] }
  }
  if (common.disableNameSuffixHash) both.disableNameSuffixHash = true
  if (common.immutable) both.immutable = true
  return both
}

function behaviorOf(text = ''): Behavior {
  return text === 'create' || text === 'replace' || text === 'merge' ? text : 'unspecified'
}

function mapOf(field: string, texts: Record<string, string> | undefined): JsonObject {
  return texts && Object.keys(texts).length > 0 ? { [field]: Object.assign(emptyMap(), texts) } : {}
}

function secretData(content: ReadonlyMap<string, Content>): JsonObject {
  const data = emptyMap()
  for (const [key, value] of content) data[key] = base64(value)
  return data
}

function configData(content: ReadonlyMap<string, Content>): { data?: JsonObject; binaryData?: JsonObject } {
  const [data, binaryData] = [emptyMap(), emptyMap()]
  for (const [key, value] of content) {
    if (typeof value === 'string') data[key] = value
    else binaryData[key] = base64(value)
  }
  return {
    ...(Object.keys(data).length > 0 && { data }),
    ...(Object.keys(binaryData).length > 0 && { binaryData }),
  }
}
