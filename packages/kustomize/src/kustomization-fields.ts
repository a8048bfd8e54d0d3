import { type GoStruct, list, map, struct } from './go-struct.ts'

// The fields of kustomization files (api/types). What is read is typed in kustomization.ts.

const gvk = struct('Gvk', { group: 'string', version: 'string', kind: 'string' })
const resId = struct('ResId', { name: 'string', namespace: 'string' }, { Gvk: gvk })

const selector = struct('Selector', { annotationSelector: 'string', labelSelector: 'string' }, { ResId: resId })
const fieldSpec = struct('FieldSpec', { path: 'string', create: 'bool' }, { Gvk: gvk })

const patch = struct('Patch', { path: 'string', patch: 'string', target: selector, options: map('bool') })

const options = struct('GeneratorOptions', {
  labels: map('string'),
  annotations: map('string'),
  disableNameSuffixHash: 'bool',
  immutable: 'bool',
})
const sources = struct('KvPairSources', {
  literals: list('string'),
  files: list('string'),
  envs: list('string'),
  env: 'string',
})
const generator = struct(
  'GeneratorArgs',
  { namespace: 'string', name: 'string', behavior: 'string', options },
  { KvPairSources: sources },
)

const image = struct('Image', {
  name: 'string',
  newName: 'string',
  tagSuffix: 'string',
  newTag: 'string',
  digest: 'string',
})

const fieldOptions = struct('FieldOptions', {
  delimiter: 'string',
  index: 'int64',
  encoding: 'string',
  create: 'bool',
})
const target = struct('TargetSelector', {
  select: selector,
  reject: list(selector),
  fieldPaths: list('string'),
  options: fieldOptions,
})
export const REPLACEMENT = struct('Replacement', {
  source: struct('SourceSelector', { fieldPath: 'string', options: fieldOptions }, { ResId: resId }),
  targets: list(target),
  sourceValue: 'string',
})

const variable = struct('Var', {
  name: 'string',
  objref: struct('Target', { apiVersion: 'string', name: 'string', namespace: 'string' }, { Gvk: gvk }),
  fieldref: struct('FieldSelector', { fieldPath: 'string' }),
})

const chart = struct('HelmChart', {
  name: 'string',
  version: 'string',
  repo: 'string',
  releaseName: 'string',
  namespace: 'string',
  additionalValuesFiles: list('string'),
  valuesFile: 'string',
  valuesInline: map('any'),
  valuesMerge: 'string',
  includeCRDs: 'bool',
  skipHooks: 'bool',
  apiVersions: list('string'),
  kubeVersion: 'string',
  nameTemplate: 'string',
  skipTests: 'bool',
  debug: 'bool',
  devel: 'bool',
})
const oldChart = struct('HelmChartArgs', {
  chartName: 'string',
  chartVersion: 'string',
  chartRepoUrl: 'string',
  chartHome: 'string',
  chartRepoName: 'string',
  helmBin: 'string',
  helmHome: 'string',
  values: 'string',
  valuesLocal: map('any'),
  valuesMerge: 'string',
  releaseName: 'string',
  releaseNamespace: 'string',
  extraArgs: list('string'),
})

export const KUSTOMIZATION: GoStruct = struct(
  'Kustomization',
  {
    metadata: struct('ObjectMeta', {
      name: 'string',
      namespace: 'string',
      labels: map('string'),
      annotations: map('string'),
    }),
    openapi: map('string'),
    namePrefix: 'string',
    nameSuffix: 'string',
    namespace: 'string',
    commonLabels: map('string'),
    labels: list(
      struct('Label', {
        pairs: map('string'),
        includeSelectors: 'bool',
        includeTemplates: 'bool',
        fields: list(fieldSpec),
      }),
    ),
    commonAnnotations: map('string'),
    patchesStrategicMerge: list('string'),
    patchesJson6902: list(patch),
    patches: list(patch),
    images: list(image),
    imageTags: list(image),
    replacements: list(struct('ReplacementField', { path: 'string' }, { Replacement: REPLACEMENT })),
    replicas: list(struct('Replica', { name: 'string', count: 'int64' })),
    vars: list(variable),
    sortOptions: struct('SortOptions', {
      order: 'string',
      legacySortOptions: struct('LegacySortOptions', { orderFirst: list('string'), orderLast: list('string') }),
    }),
    resources: list('string'),
    components: list('string'),
    crds: list('string'),
    bases: list('string'),
    configMapGenerator: list(struct('ConfigMapArgs', {}, { GeneratorArgs: generator })),
    secretGenerator: list(struct('SecretArgs', { type: 'string' }, { GeneratorArgs: generator })),
    helmGlobals: struct('HelmGlobals', { chartHome: 'string', configHome: 'string' }),
    helmCharts: list(chart),
    helmChartInflationGenerator: list(oldChart),
    generatorOptions: options,
    configurations: list('string'),
    generators: list('string'),
    transformers: list('string'),
    validators: list('string'),
    buildMetadata: list('string'),
  },
  { TypeMeta: struct('TypeMeta', { apiVersion: 'string', kind: 'string' }) },
)

const references = struct('NameBackReferences', { fieldSpecs: list(fieldSpec) }, { Gvk: gvk })

/** The files that `configurations` name (builtinconfig.TransformerConfig). */
export const TRANSFORMER_CONFIG: GoStruct = struct('TransformerConfig', {
  ...Object.fromEntries(
    [
      'namePrefix',
      'nameSuffix',
      'namespace',
      'commonLabels',
      'labels',
      'templateLabels',
      'commonAnnotations',
      'varReference',
      'images',
      'replicas',
    ].map((name) => [name, list(fieldSpec)]),
  ),
  nameReference: list(references),
})
