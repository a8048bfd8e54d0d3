import { UserError } from '@slipway/errors'
import { parseDocuments } from '@slipway/go-yaml'
import { flattenList, isKubeObject, isObject, type KubeObject } from '@slipway/kube-objects'
import { describeId } from './describe-id.ts'
import { type KustomizationFile, readKustomization } from './kustomization.ts'
import { legacyOrder } from './order.ts'
import { identityKey, identityOf, newResource, type Resource } from './resource.ts'
import { runGenerators } from './transformers/generators.ts'
import { addHashes } from './transformers/hash.ts'
import { setImage } from './transformers/images.ts'
import { addCommonAnnotations, addCommonLabels, addLabels } from './transformers/metadata.ts'
import { fixNameReferences } from './transformers/name-references.ts'
import { addPrefix, addSuffix, setNamespace } from './transformers/names.ts'
import { applyPatchEntry, applyStrategicMerge } from './transformers/patches.ts'
import { setReplicas } from './transformers/replicas.ts'
import { kustomizationFile, resolvePath, type Tree, textOf } from './tree.ts'

/** An object of a build and where it came from. */
export interface BuiltObject {
  object: KubeObject
  /** The file with its resource; for a generated object the kustomization file. */
  file: string
  line: number
}

/**
 * Builds a kustomization as `kustomize build` does, in its order. Throws UserError with file and line:
 * KUSTOMIZE_INVALID, KUSTOMIZE_UNSUPPORTED (a field of kustomize that is not supported yet), YAML_INVALID.
 */
export function build(tree: Tree, dir: string): BuiltObject[] {
  const resources: Resource[] = []
  accumulate(tree, readKustomization(tree, dir), resources, [])
  addHashes(resources, tree.sha256)
  fixNameReferences(resources)
  return legacyOrder(resources).map(({ object, file, line }) => {
    dropEmpty(object.metadata)
    return { object, file, line }
  })
}

/** Kustomize prints no annotations that hold nothing, for it keeps notes there which it takes away at the end. */
function dropEmpty(metadata: KubeObject['metadata']): void {
  const value = metadata.annotations as object | null | undefined
  if (value === null || (value && Object.keys(value).length === 0)) delete metadata.annotations
}

/** Adds what a kustomization holds to the resources and changes them all. `above`: the kustomizations that led here. */
function accumulate(
  tree: Tree,
  kustomization: KustomizationFile,
  resources: Resource[],
  above: readonly string[],
): void {
  const { dir, spec } = kustomization
  const path = [...above, dir]
  const entries = [
    ...(spec.resources ?? []).map((entry, index) => ({ entry, field: ['resources', index] as const })),
    ...(spec.bases ?? []).map((entry, index) => ({ entry, field: ['bases', index] as const })),
  ]
  const registered = new Map(resources.map((resource) => [identityKey(identityOf(resource)), resource]))
  for (const { entry, field } of entries) {
    for (const resource of loadResources(tree, kustomization, entry, { field, path })) {
      const key = identityKey(identityOf(resource))
      const twin = registered.get(key)
      if (twin) {
        const id = describeId(resource.object)
        throw kustomization.fault(
          'KUSTOMIZE_INVALID',
          field,
          `may not add resource with an already registered id: ${id} (also in ${twin.file}:${twin.line})`,
        )
      }
      registered.set(key, resource)
      resources.push(resource)
    }
  }
  for (const [index, entry] of (spec.components ?? []).entries()) {
    const component = folder(tree, kustomization, entry, { field: ['components', index], path })
    accumulate(tree, component, resources, path)
  }
  runGenerators(resources, kustomization, tree)
  transform(tree, kustomization, resources)
}

/** In the order of kustomize's target (kusttarget_configplugin.go). */
function transform(tree: Tree, kustomization: KustomizationFile, resources: Resource[]): void {
  const { spec } = kustomization
  for (const [index, entry] of (spec.patchesStrategicMerge ?? []).entries()) {
    applyStrategicMerge(resources, entry, kustomization, { tree, field: ['patchesStrategicMerge', index] })
  }
  for (const [index, args] of (spec.patches ?? []).entries()) {
    applyPatchEntry(resources, args, kustomization, { tree, field: ['patches', index] })
  }
  if (spec.namespace) moveTo(spec.namespace, resources, kustomization)
  if (spec.namePrefix) addPrefix(resources, spec.namePrefix)
  if (spec.nameSuffix) addSuffix(resources, spec.nameSuffix)
  for (const args of spec.labels ?? []) addLabels(resources, args)
  if (spec.commonLabels) addCommonLabels(resources, spec.commonLabels)
  if (spec.commonAnnotations) addCommonAnnotations(resources, spec.commonAnnotations)
  for (const [index, args] of (spec.patchesJson6902 ?? []).entries()) {
    applyPatchEntry(resources, args, kustomization, { tree, field: ['patchesJson6902', index] })
  }
  for (const [index, args] of (spec.replicas ?? []).entries()) {
    if (!setReplicas(resources, args)) {
      throw kustomization.fault(
        'KUSTOMIZE_INVALID',
        ['replicas', index],
        `resource with name ${args.name} does not match a config with the following GVK [Deployment ReplicationController ReplicaSet StatefulSet]`,
      )
    }
  }
  for (const args of spec.images ?? []) setImage(resources, args)
}

/** Throws where objects of several namespaces become one. */
function moveTo(namespace: string, resources: Resource[], kustomization: KustomizationFile): void {
  setNamespace(resources, namespace)
  const seen = new Set<string>()
  const twin = resources.find((resource) => {
    const key = identityKey(identityOf(resource))
    return seen.has(key) || !seen.add(key)
  })
  if (!twin) return
  const id = describeId(twin.object)
  throw kustomization.fault('KUSTOMIZE_INVALID', ['namespace'], `namespace transformation produces ID conflict: ${id}`)
}

type Field = readonly (string | number)[]

interface Origin {
  field: Field
  /** Folders of the kustomizations from the outermost to the one that names the entry. */
  path: readonly string[]
}

function loadResources(tree: Tree, kustomization: KustomizationFile, entry: string, origin: Origin): Resource[] {
  const file = resolvePath(kustomization.dir, entry)
  const content = file === undefined ? undefined : tree.files(file)
  if (file !== undefined && content !== undefined) return parseResources(textOf(content), file)
  const resources: Resource[] = []
  accumulate(tree, folder(tree, kustomization, entry, origin), resources, origin.path)
  return resources
}

function folder(
  tree: Tree,
  kustomization: KustomizationFile,
  entry: string,
  { field, path }: Origin,
): KustomizationFile {
  if (/^(https?|ssh|git|file):|^git@|^github\.com\//.test(entry)) {
    throw kustomization.fault('KUSTOMIZE_UNSUPPORTED', field, `remote resource "${entry}" is not supported`)
  }
  const dir = resolvePath(kustomization.dir, entry)
  if (dir === undefined)
    throw kustomization.fault('KUSTOMIZE_INVALID', field, `"${entry}" is outside of the repository`)
  if (path.includes(dir)) {
    throw kustomization.fault(
      'KUSTOMIZE_INVALID',
      field,
      `cycle detected: ${[...path, dir].map((part) => part || '.').join(' -> ')}`,
    )
  }
  if (kustomizationFile(tree, dir) === undefined) {
    const problem = tree.list(dir).length > 0 ? 'holds no kustomization file' : 'does not exist'
    throw kustomization.fault('KUSTOMIZE_INVALID', field, `"${entry}" ${problem}`)
  }
  return readKustomization(tree, dir)
}

function parseResources(text: string, file: string): Resource[] {
  return parseDocuments(text, { file }).flatMap(({ value, error, line }) => {
    if (error) throw error
    if (!isObject(value) || !(isKubeObject(value) || Array.isArray(value.items))) {
      throw new UserError('KUSTOMIZE_INVALID', 'a resource needs apiVersion, kind and metadata.name', {
        at: { file, line },
      })
    }
    return flattenList(value as KubeObject).map((object) => newResource(structuredClone(object), file, line))
  })
}
