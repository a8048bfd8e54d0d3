import { stringify } from '@slipway/go-yaml'
import { isObject, type JsonObject } from '@slipway/kube-objects'
import { KustomizeError, prefixed } from './fault.ts'
import { configGenerator, type Generator } from './generators/config-map.ts'
import { iamPolicyGenerator } from './generators/iam-policy.ts'
import { describeGvk, describeId } from './identity.ts'
import type { Resource } from './resource.ts'
import { hashTransformer } from './transformers/hash.ts'
import { imageTransformer } from './transformers/images.ts'
import { annotationsTransformer, labelTransformer } from './transformers/labels.ts'
import { namespaceTransformer } from './transformers/namespace.ts'
import { json6902Transformer, patchTransformer, strategicMergeTransformer } from './transformers/patch.ts'
import { prefixTransformer, suffixTransformer } from './transformers/prefix.ts'
import { replacementTransformer } from './transformers/replacement.ts'
import { replicaTransformer } from './transformers/replicas.ts'
import type { Helpers, Transformer } from './transformers/transformer.ts'
import { valueAddTransformer } from './transformers/value-add.ts'
import { plain } from './values.ts'

type Make<T> = (config: never, helpers: Helpers, text: string) => T

/** The built-in transformers, by the names that configurations use. */
export const TRANSFORMERS = {
  AnnotationsTransformer: annotationsTransformer,
  HashTransformer: (_config: object, { factory }: Helpers) => hashTransformer(factory.sha256),
  ImageTagTransformer: imageTransformer,
  LabelTransformer: labelTransformer,
  NamespaceTransformer: namespaceTransformer,
  PatchJson6902Transformer: json6902Transformer,
  PatchStrategicMergeTransformer: strategicMergeTransformer,
  PatchTransformer: patchTransformer,
  PrefixSuffixTransformer: (config: object): Transformer => {
    const both = [prefixTransformer(config), suffixTransformer(config)]
    return (resources) => {
      for (const transform of both) transform(resources)
    }
  },
  PrefixTransformer: prefixTransformer,
  ReplacementTransformer: replacementTransformer,
  ReplicaCountTransformer: replicaTransformer,
  SuffixTransformer: suffixTransformer,
  ValueAddTransformer: valueAddTransformer,
} satisfies Record<string, Make<Transformer>>

export type TransformerName = keyof typeof TRANSFORMERS

/** A generator's arguments may have its name and namespace in their metadata. */
interface GeneratorConfig {
  name?: string
  namespace?: string
  metadata?: { name?: string; namespace?: string }
}

const configPlugin =
  (kind: 'ConfigMap' | 'Secret') =>
  (config: GeneratorConfig, helpers: Helpers): Generator => {
    const { metadata = {}, name = metadata.name, namespace = metadata.namespace } = config
    const args = { ...config, ...(name && { name }), ...(namespace && { namespace }) }
    return configGenerator(kind, args, helpers, { line: 1 })
  }

export const GENERATORS = {
  ConfigMapGenerator: configPlugin('ConfigMap'),
  HelmChartInflationGenerator: (): Generator => {
    throw new KustomizeError('KUSTOMIZE_UNSUPPORTED', 'Helm charts are not supported', {
      told: 'must specify --enable-helm',
    })
  },
  IAMPolicyGenerator: iamPolicyGenerator,
  SecretGenerator: configPlugin('Secret'),
} satisfies Record<string, Make<Generator>>

/** Makes a transformer of what a kustomization says. Errors quote the configuration as kustomize's do. */
export function configured<T>(name: string, config: object, make: (text: string) => T): T {
  const text = stringify(withoutNothing(config))
  return prefixed(`trouble configuring builtin ${name} with config: \`\n${text}\``, () => make(text))
}

/** Fields that Go leaves out. */
function withoutNothing(config: object): JsonObject {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined && value !== ''))
}

/** The plug-in that an object configures. */
export function pluginOf(resource: Resource, helpers: Helpers): { generate?: Generator; transform?: Transformer } {
  const { gvk, kind } = resource
  if (gvk.group !== '' || gvk.version !== 'builtin') {
    throw new KustomizeError(
      'KUSTOMIZE_UNSUPPORTED',
      `external plugins disabled; unable to load external plugin '${resource.originalId.kind}'`,
      {
        at: resource.source,
      },
    )
  }
  const config = plain(resource.object)
  const text = stringify(config)
  const data = (isObject(config) ? config : {}) as never
  const own = { ...helpers, file: resource.source.file }
  if (!Object.hasOwn(GENERATORS, kind) && !Object.hasOwn(TRANSFORMERS, kind)) {
    throw new KustomizeError('KUSTOMIZE_INVALID', `unable to load builtin ${describeGvk(gvk)}`, { at: resource.source })
  }
  return prefixed(
    `plugin ${describeId(resource.originalId)} fails configuration`,
    () => {
      if (Object.hasOwn(GENERATORS, kind)) return { generate: GENERATORS[kind as keyof typeof GENERATORS](data, own) }
      return { transform: TRANSFORMERS[kind as TransformerName](data, own, text) }
    },
    resource.source,
  )
}
