import type { KubeObject } from '@slipway/kube-objects'

import { Loader } from './loader.ts'
import { dropNotes } from './origin.ts'
import { print } from './print.ts'
import type { ResMap } from './res-map.ts'
import type { Resource } from './resource.ts'
import { ResourceFactory } from './resource-factory.ts'
import { OpenApi } from './schema/openapi.ts'
import { type BuildContext, Target } from './target.ts'
import { hashTransformer } from './transformers/hash.ts'
import { labelTransformer } from './transformers/labels.ts'
import { nameReferenceTransformer } from './transformers/name-reference.ts'
import { sortOrderTransformer } from './transformers/sort-order.ts'
import { variableTransformer } from './transformers/variables.ts'
import type { Tree } from './tree.ts'
import { plain } from './values.ts'

/** An object of a build and where it came from. */
export interface BuiltObject {
  object: KubeObject
  /** The file with its resource; for a generated object the kustomization file. */
  file: string
  line: number
}

export interface BuildOptions {
  /** Whether kustomizations may name files that are not below their own folder. @default 'none' */
  loadRestrictor?: 'none' | 'rootOnly'
  /** Adds the label that says that kustomize made it. */
  managedByLabel?: boolean
  /** Is told of old fields, and of vars that nothing asks for. */
  warn?: (message: string) => void
}

/**
 * Builds a kustomization as `kustomize build` does, in its order. Throws UserError with file and line: KUSTOMIZE_INVALID,
 * KUSTOMIZE_UNSUPPORTED (what kustomize fetches or runs), YAML_INVALID.
 */
export function build(tree: Tree, dir: string, options: BuildOptions = {}): BuiltObject[] {
  return resourcesOf(tree, dir, options).map((resource) => {
    print(resource)
    return { object: plain(resource.object) as unknown as KubeObject, ...resource.source }
  })
}

/** What `kustomize build` prints for a kustomization. Throws as {@link build}; {@link toldOf} is what it says then. */
export function buildText(tree: Tree, dir: string, options: BuildOptions = {}): string {
  return resourcesOf(tree, dir, options).map(print).join('---\n')
}

function resourcesOf(tree: Tree, dir: string, options: BuildOptions): readonly Resource[] {
  const { loadRestrictor = 'none', warn = () => undefined } = options
  const factory = new ResourceFactory(new OpenApi(), tree.sha256)
  const context: BuildContext = { factory, warn, buildMetadata: [] }
  const target = new Target(Loader.at(tree, dir, loadRestrictor === 'rootOnly'), context)
  const { spec } = target.file
  context.buildMetadata = spec.buildMetadata ?? []
  target.useOpenApi()
  const { resMap, config, vars } = target.accumulate()
  hashTransformer(tree.sha256)(resMap)
  nameReferenceTransformer(config.nameReference)(resMap)
  variableTransformer([...vars.values()], config.varReference, warn)(resMap)
  dropLocal(resMap)
  sortOrderTransformer(spec.sortOptions)(resMap)
  if (options.managedByLabel || context.buildMetadata.includes('managedByLabel')) labelManaged(resMap)
  dropNotes(resMap.resources, context.buildMetadata)
  return resMap.resources
}

const LOCAL = 'config.kubernetes.io/local-config'

/** Objects that are only for tools. */
function dropLocal(resMap: ResMap): void {
  const isLocal = (resource: Resource): boolean => (resource.texts('annotations')[LOCAL] ?? 'false') !== 'false'
  if (resMap.resources.some(isLocal)) resMap.replaceAll(resMap.resources.filter((resource) => !isLocal(resource)))
}

/** The version is that of the kustomize in kubectl 1.34. */
const MANAGED_BY = { 'app.kubernetes.io/managed-by': 'kustomize-v5.7.1' }

function labelManaged(resMap: ResMap): void {
  labelTransformer({ labels: MANAGED_BY, fieldSpecs: [{ path: 'metadata/labels', create: true }] })(resMap)
}
