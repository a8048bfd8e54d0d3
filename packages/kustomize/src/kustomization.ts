import { UserError } from '@slipway/errors'
import { locate, parse } from '@slipway/go-yaml'
import { isObject } from '@slipway/kube-objects'
import { kustomizationFile, type Tree, textOf } from './tree.ts'

export interface GeneratorOptions {
  labels?: Record<string, string>
  annotations?: Record<string, string>
  disableNameSuffixHash?: boolean
  immutable?: boolean
}

export interface GeneratorArgs {
  name: string
  namespace?: string
  type?: string
  behavior?: 'create' | 'replace' | 'merge'
  literals?: string[]
  files?: string[]
  envs?: string[]
  env?: string
  options?: GeneratorOptions
}

export interface Target {
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
  target?: Target
  options?: { allowNameChange?: boolean; allowKindChange?: boolean }
}

export interface LabelArgs {
  pairs: Record<string, string>
  includeSelectors?: boolean
  includeTemplates?: boolean
}

export interface ImageArgs {
  name: string
  newName?: string
  newTag?: string
  tagSuffix?: string
  digest?: string
}

/** A kustomization file's fields that are supported. */
export interface Kustomization {
  resources?: string[]
  bases?: string[]
  components?: string[]
  namespace?: string
  namePrefix?: string
  nameSuffix?: string
  commonLabels?: Record<string, string>
  labels?: LabelArgs[]
  commonAnnotations?: Record<string, string>
  images?: ImageArgs[]
  replicas?: { name: string; count: number }[]
  patches?: PatchArgs[]
  patchesStrategicMerge?: string[]
  patchesJson6902?: PatchArgs[]
  configMapGenerator?: GeneratorArgs[]
  secretGenerator?: GeneratorArgs[]
  generatorOptions?: GeneratorOptions
  kind?: string
}

/** A kustomization with the places that its errors name. */
export interface KustomizationFile {
  readonly dir: string
  readonly path: string
  readonly spec: Kustomization
  /** The error about one of its fields, such as `resources[1]`. */
  fault(
    code: 'KUSTOMIZE_INVALID' | 'KUSTOMIZE_UNSUPPORTED',
    field: readonly (string | number)[],
    message: string,
    cause?: unknown,
  ): UserError
}

type Shape = 'text' | 'map' | 'list' | 'texts'

const FIELDS: Record<keyof Kustomization | 'apiVersion' | 'metadata', Shape> = {
  apiVersion: 'text',
  kind: 'text',
  metadata: 'map',
  resources: 'texts',
  bases: 'texts',
  components: 'texts',
  namespace: 'text',
  namePrefix: 'text',
  nameSuffix: 'text',
  commonLabels: 'map',
  labels: 'list',
  commonAnnotations: 'map',
  images: 'list',
  replicas: 'list',
  patches: 'list',
  patchesStrategicMerge: 'texts',
  patchesJson6902: 'list',
  configMapGenerator: 'list',
  secretGenerator: 'list',
  generatorOptions: 'map',
}

// Fields of kustomize that are known, so that the error can tell them from a typing mistake.
const UNSUPPORTED = new Set([
  'helmCharts',
  'helmGlobals',
  'helmChartInflationGenerator',
  'generators',
  'transformers',
  'validators',
  'configurations',
  'crds',
  'openapi',
  'vars',
  'replacements',
  'buildMetadata',
  'sortOptions',
  'inventory',
  'imageTags',
])

/** Reads the kustomization file of a folder. Throws UserError KUSTOMIZE_INVALID or KUSTOMIZE_UNSUPPORTED with file and line. */
export function readKustomization(tree: Tree, dir: string): KustomizationFile {
  const path = kustomizationFile(tree, dir)
  const content = path === undefined ? undefined : tree.files(path)
  if (path === undefined || content === undefined) {
    throw new UserError(
      'KUSTOMIZE_INVALID',
      `unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '${dir || '.'}'`,
      { at: { file: dir || '.' } },
    )
  }
  const text = textOf(content)
  const value = parse(text, { file: path })
  const fault: KustomizationFile['fault'] = (code, field, message, cause) => {
    const at = { file: path, ...(field.length > 0 ? locate(text, field) : { line: 1 }) }
    return new UserError(code, message, { at, ...(cause !== undefined && { cause }) })
  }
  if (!isObject(value)) throw fault('KUSTOMIZE_INVALID', [], 'kustomization file is empty or no map')
  for (const [field, child] of Object.entries(value)) checkField(field, child, fault)
  return { dir, path, spec: value as Kustomization, fault }
}

function checkField(field: string, value: unknown, fault: KustomizationFile['fault']): void {
  if (UNSUPPORTED.has(field)) throw fault('KUSTOMIZE_UNSUPPORTED', [field], `field "${field}" is not supported yet`)
  if (!Object.hasOwn(FIELDS, field)) throw fault('KUSTOMIZE_INVALID', [field], `unknown field "${field}"`)
  if (value === null) return
  const shape = FIELDS[field as keyof typeof FIELDS]
  const list = Array.isArray(value) ? (value as unknown[]) : undefined
  const right = {
    text: typeof value === 'string',
    map: isObject(value),
    list: list?.every(isObject) === true,
    texts: list?.every((item) => typeof item === 'string') === true,
  }[shape]
  const expected = { text: 'a string', map: 'a map', list: 'a list of maps', texts: 'a list of strings' }[shape]
  if (!right) throw fault('KUSTOMIZE_INVALID', [field], `field "${field}" must be ${expected}`)
}
