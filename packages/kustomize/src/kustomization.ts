import type { Place } from '@slipway/errors'
import { locate, parse } from '@slipway/go-yaml'
import { KustomizeError, retold } from './fault.ts'
import type { FieldSpec } from './field-spec.ts'
import { decodeStruct } from './go-struct.ts'
import { KUSTOMIZATION } from './kustomization-fields.ts'
import type { Loader } from './loader.ts'
import { FILE_NAMES, textOfFile } from './tree.ts'

export interface GeneratorOptions {
  labels?: Record<string, string>
  annotations?: Record<string, string>
  disableNameSuffixHash?: boolean
  immutable?: boolean
}

export interface GeneratorArgs {
  name?: string
  namespace?: string
  type?: string
  behavior?: string
  literals?: string[]
  files?: string[]
  envs?: string[]
  env?: string
  options?: GeneratorOptions
}

/** Which objects: regular expressions for patches, texts for replacements. */
export interface Selector {
  group?: string
  version?: string
  kind?: string
  name?: string
  namespace?: string
  labelSelector?: string
  annotationSelector?: string
}

export interface PatchArgs {
  path?: string
  patch?: string
  target?: Selector
  options?: Record<string, boolean>
}

export interface LabelArgs {
  pairs?: Record<string, string>
  includeSelectors?: boolean
  includeTemplates?: boolean
  fields?: FieldSpec[]
}

export interface ImageArgs {
  name?: string
  newName?: string
  newTag?: string
  tagSuffix?: string
  digest?: string
}

export interface FieldOptions {
  delimiter?: string
  index?: number
  create?: boolean
}

export interface Replacement {
  source?: Selector & { fieldPath?: string; options?: FieldOptions }
  sourceValue?: string
  targets?: { select?: Selector; reject?: Selector[]; fieldPaths?: string[]; options?: FieldOptions }[]
}

export interface VarArgs {
  name?: string
  objref?: { apiVersion?: string; group?: string; version?: string; kind?: string; name?: string; namespace?: string }
  fieldref?: { fieldPath?: string }
}

export interface SortOptions {
  order?: string
  legacySortOptions?: { orderFirst?: string[]; orderLast?: string[] }
}

/** A kustomization file's fields (types.Kustomization). */
export interface Kustomization {
  apiVersion?: string
  kind?: string
  openapi?: Record<string, string>
  namePrefix?: string
  nameSuffix?: string
  namespace?: string
  commonLabels?: Record<string, string>
  labels?: LabelArgs[]
  commonAnnotations?: Record<string, string>
  patchesStrategicMerge?: string[]
  patchesJson6902?: PatchArgs[]
  patches?: PatchArgs[]
  images?: ImageArgs[]
  imageTags?: ImageArgs[]
  replacements?: (Replacement & { path?: string })[]
  replicas?: { name?: string; count?: number }[]
  vars?: VarArgs[]
  sortOptions?: SortOptions
  resources?: string[]
  components?: string[]
  crds?: string[]
  bases?: string[]
  configMapGenerator?: GeneratorArgs[]
  secretGenerator?: GeneratorArgs[]
  helmGlobals?: Record<string, string>
  helmCharts?: Record<string, unknown>[]
  helmChartInflationGenerator?: Record<string, unknown>[]
  generatorOptions?: GeneratorOptions
  configurations?: string[]
  generators?: string[]
  transformers?: string[]
  validators?: string[]
  buildMetadata?: string[]
}

/** A kustomization with the places that its errors name. */
export interface KustomizationFile {
  readonly path: string
  readonly name: string
  readonly spec: Kustomization
  readonly warnings: readonly string[]
  /** Where one of its fields stands, such as `resources[1]`. */
  place(field: readonly (string | number)[]): Place
}

const WARNED: readonly [keyof Kustomization, string, string][] = [
  ['bases', 'resources', ''],
  ['commonLabels', 'labels', ''],
  ['imageTags', 'images', ''],
  ['patchesJson6902', 'patches', ''],
  ['patchesStrategicMerge', 'patches', ''],
  ['vars', 'replacements', '[EXPERIMENTAL] '],
]

/** Reads the kustomization file of a folder. Throws KustomizeError with file and line. */
export function readKustomization(loader: Loader): KustomizationFile {
  const { path, name, text } = findFile(loader)
  const place: KustomizationFile['place'] = (field) => ({
    file: path,
    ...(field.length > 0 ? locate(text, field) : { line: 1 }),
  })
  const data = parsed(text, path)
  const decoded = decodeStruct<Kustomization | undefined>(data, KUSTOMIZATION, (field, message, told) => {
    return new KustomizeError('KUSTOMIZE_INVALID', message, {
      at: place(field),
      told: `invalid Kustomization: ${told}`,
    })
  })
  const spec = decoded ?? {}
  const warnings = WARNED.filter(([field]) => spec[field] !== undefined).map(
    ([field, better, note]) =>
      `# Warning: '${field}' is deprecated. Please use '${better}' instead. ${note}Run 'kustomize edit fix' to update your Kustomization automatically.`,
  )
  const fixed = withoutOldFields(spec)
  const { apiVersion, kind, ...rest } = fixed
  const isBlank = Object.values(rest).every((value) => value === '' || value === undefined)
  if (isBlank) {
    throw new KustomizeError('KUSTOMIZE_INVALID', 'kustomization file is empty or no map', {
      at: place([]),
      told: 'kustomization.yaml is empty',
    })
  }
  enforce(apiVersion, kind, loader, place)
  return { path, name, spec: fixed, warnings, place }
}

function findFile(loader: Loader): { path: string; name: string; text: string } {
  const found = FILE_NAMES.flatMap((name) => {
    try {
      const { path, content } = loader.load(name)
      return [{ path, name, text: textOfFile(content) }]
    } catch {
      return []
    }
  })
  const [file] = found
  const dir = loader.shown(loader.dir)
  const at = { file: loader.dir || '.' }
  if (!file) {
    const names = `'kustomization.yaml', 'kustomization.yml' or 'Kustomization'`
    throw new KustomizeError('KUSTOMIZE_INVALID', `unable to find one of ${names} in directory '${dir}'`, { at })
  }
  if (found.length > 1)
    throw new KustomizeError('KUSTOMIZE_INVALID', `Found multiple kustomization files under: ${dir}\n`, { at })
  return file
}

function parsed(text: string, file: string): unknown {
  try {
    return parse(text, { file, duplicateKeys: 'last' })
  } catch (error) {
    const { message, at } = error as Error & { at?: Place }
    const problem = new KustomizeError('YAML_INVALID', message, {
      told: message.replace(/^error converting YAML to JSON: /, ''),
      cause: error,
      ...(at && { at }),
    })
    throw retold(problem, (told) => `invalid Kustomization: ${told}`)
  }
}

/** Old fields under their present names (FixKustomization). */
function withoutOldFields({ bases, imageTags, helmChartInflationGenerator, ...spec }: Kustomization): Kustomization {
  const fixed = { ...spec }
  if (bases) fixed.resources = [...(spec.resources ?? []), ...bases]
  if (imageTags) fixed.images = [...(spec.images ?? []), ...imageTags]
  if (helmChartInflationGenerator) {
    const charts = helmChartInflationGenerator.map(presentChart)
    fixed.helmCharts = [...(spec.helmCharts ?? []), ...charts]
  }
  for (const field of ['configMapGenerator', 'secretGenerator'] as const) {
    const generators = spec[field]?.map(({ env, ...args }) =>
      env ? { ...args, envs: [...(args.envs ?? []), env] } : args,
    )
    if (generators) fixed[field] = generators
  }
  return fixed
}

function presentChart(old: Record<string, unknown>): Record<string, unknown> {
  const names = {
    name: 'chartName',
    version: 'chartVersion',
    repo: 'chartRepoUrl',
    releaseName: 'releaseName',
    valuesFile: 'values',
    valuesInline: 'valuesLocal',
    valuesMerge: 'valuesMerge',
  }
  const fields = Object.entries(names).filter(([, name]) => old[name] !== undefined)
  return Object.fromEntries(fields.map(([present, name]) => [present, old[name]]))
}

function enforce(
  apiVersion: string | undefined,
  kind: string | undefined,
  loader: Loader,
  place: KustomizationFile['place'],
): void {
  const faults: [field: string, fault: string][] = []
  const isComponent = kind === 'Component'
  if (kind && kind !== 'Kustomization' && !isComponent) {
    faults.push(['kind', 'kind should be Kustomization or Component'])
  }
  const wanted = `kustomize.config.k8s.io/${isComponent ? 'v1alpha1' : 'v1beta1'}`
  if (apiVersion && apiVersion !== wanted) {
    faults.push(['apiVersion', `apiVersion for ${kind || 'Kustomization'} should be ${wanted}`])
  }
  const [first] = faults
  if (!first) return
  const told = faults.map(([, fault]) => fault).join('\n')
  throw new KustomizeError('KUSTOMIZE_INVALID', first[1], {
    at: place([first[0]]),
    told: `Failed to read kustomization file under ${loader.shown(loader.dir)}:\n${told}`,
  })
}
