import type { Place } from '@slipway/errors'
import { located, prefixed } from './fault.ts'
import { configGenerator, type Generator, mergedOptions } from './generators/config-map.ts'
import type { KustomizationFile, LabelArgs } from './kustomization.ts'
import { type Origin, originPath } from './origin.ts'
import { configured, GENERATORS, TRANSFORMERS, type TransformerName } from './plugins.ts'
import { mergeSpecs, type TransformerConfig } from './transformer-config.ts'
import type { Helpers, Transformer } from './transformers/transformer.ts'

/** One thing to do for a kustomization, who does it, and where it was said. */
export interface Step<T> {
  readonly run: T
  readonly origin: Origin | undefined
  readonly place: () => Place
}

/** The generators that the fields of a kustomization stand for, in kustomize's order. */
export function builtinGenerators(file: KustomizationFile, helpers: Helpers, path: string): Step<Generator>[] {
  const { spec } = file
  const steps: Step<Generator>[] = []
  for (const [field, kind] of [
    ['configMapGenerator', 'ConfigMap'],
    ['secretGenerator', 'Secret'],
  ] as const) {
    for (const [index, args] of (spec[field] ?? []).entries()) {
      const place = (): Place => file.place([field, index])
      const options = mergedOptions(spec.generatorOptions, args.options)
      const run = configGenerator(kind, { ...args, ...(options && { options }) }, helpers, place())
      steps.push({ run, origin: originOf(file, path, `${kind}Generator`), place })
    }
  }
  for (const [index, chart] of (spec.helmCharts ?? []).entries()) {
    const config = { ...spec.helmGlobals, ...chart }
    located(
      () => file.place([spec.helmCharts ? 'helmCharts' : 'helmChartInflationGenerator', index]),
      () => configured('HelmChartInflationGenerator', config, GENERATORS.HelmChartInflationGenerator),
    )
  }
  return steps
}

function originOf({ name }: KustomizationFile, path: string, kind: string): Origin {
  return { configuredIn: originPath(path, name), configuredBy: { apiVersion: 'builtin', kind } }
}

interface Call {
  name: TransformerName
  config: object
  field: (string | number)[]
}

/** The transformers that the fields of a kustomization stand for, in kustomize's order (kusttarget_configplugin.go). */
export function builtinTransformers(
  file: KustomizationFile,
  specs: TransformerConfig,
  helpers: Helpers,
  path: string,
): Step<Transformer>[] {
  const calls = [...callsBeforeLabels(file, specs), ...labelCalls(file, specs), ...callsAfterLabels(file, specs)]
  return calls.map(({ name, config, field }) => {
    const place = (): Place => file.place(field)
    const run = located(place, () =>
      configured(name, quotedConfig(config), (text) => TRANSFORMERS[name](config as never, helpers, text)),
    )
    return { run, origin: originOf(file, path, name), place }
  })
}

/** Field specs are many, and nothing goes wrong where they are. */
const quotedConfig = ({ fieldSpecs: _, ...config }: { fieldSpecs?: unknown }): object =>
  'replacements' in config ? { Replacements: config.replacements } : config

function callsBeforeLabels({ spec }: KustomizationFile, specs: TransformerConfig): Call[] {
  const { patchesStrategicMerge = [], patches = [], namespace, namePrefix, nameSuffix } = spec
  const calls: Call[] = []
  if (patchesStrategicMerge.length > 0) {
    const config = { paths: patchesStrategicMerge }
    calls.push({ name: 'PatchStrategicMergeTransformer', config, field: ['patchesStrategicMerge'] })
  }
  for (const [index, config] of patches.entries()) {
    calls.push({ name: 'PatchTransformer', config, field: ['patches', index] })
  }
  if (namespace) {
    const config = { metadata: { namespace }, fieldSpecs: specs.namespace }
    calls.push({ name: 'NamespaceTransformer', config, field: ['namespace'] })
  }
  if (namePrefix) {
    const config = { prefix: namePrefix, fieldSpecs: specs.namePrefix }
    calls.push({ name: 'PrefixTransformer', config, field: ['namePrefix'] })
  }
  if (nameSuffix) {
    const config = { suffix: nameSuffix, fieldSpecs: specs.nameSuffix }
    calls.push({ name: 'SuffixTransformer', config, field: ['nameSuffix'] })
  }
  return calls
}

function labelCalls({ spec, place }: KustomizationFile, specs: TransformerConfig): Call[] {
  const { labels = [], commonLabels = {}, commonAnnotations = {} } = spec
  const calls: Call[] = labels.map((args, index) => {
    const fieldSpecs = located(
      () => place(['labels', index]),
      () => prefixed('failed to merge labels', () => labelSpecs(args, specs)),
    )
    return { name: 'LabelTransformer', config: { labels: args.pairs, fieldSpecs }, field: ['labels', index] }
  })
  if (labels.length > 0 || Object.keys(commonLabels).length > 0) {
    const config = { labels: commonLabels, fieldSpecs: specs.commonLabels }
    calls.push({ name: 'LabelTransformer', config, field: ['commonLabels'] })
  }
  if (Object.keys(commonAnnotations).length > 0) {
    const config = { annotations: commonAnnotations, fieldSpecs: specs.commonAnnotations }
    calls.push({ name: 'AnnotationsTransformer', config, field: ['commonAnnotations'] })
  }
  return calls
}

function labelSpecs(args: LabelArgs, specs: TransformerConfig): TransformerConfig['labels'] {
  const own = mergeSpecs(args.fields ?? [], specs.labels)
  if (args.includeSelectors) return mergeSpecs(own, specs.commonLabels)
  const withTemplates = args.includeTemplates ? mergeSpecs(own, specs.templateLabels) : own
  return mergeSpecs(withTemplates, [{ path: 'metadata/labels', create: true }])
}

function callsAfterLabels({ spec }: KustomizationFile, specs: TransformerConfig): Call[] {
  const { patchesJson6902 = [], replicas = [], images = [], replacements = [] } = spec
  const calls: Call[] = patchesJson6902.map(({ target, path, patch }, index) => ({
    name: 'PatchJson6902Transformer',
    config: { target, path, jsonOp: patch },
    field: ['patchesJson6902', index],
  }))
  for (const [index, replica] of replicas.entries()) {
    const config = { replica, fieldSpecs: specs.replicas }
    calls.push({ name: 'ReplicaCountTransformer', config, field: ['replicas', index] })
  }
  for (const [index, imageTag] of images.entries()) {
    const config = { imageTag, fieldSpecs: specs.images }
    calls.push({ name: 'ImageTagTransformer', config, field: ['images', index] })
  }
  if (replacements.length > 0) {
    calls.push({ name: 'ReplacementTransformer', config: { replacements }, field: ['replacements'] })
  }
  return calls
}
