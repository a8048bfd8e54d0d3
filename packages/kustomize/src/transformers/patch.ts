import { messageOf } from '@slipway/errors'
import { kyamlOfJson, parse } from '@slipway/go-yaml'
import { type JsonObject, jsonPatch } from '@slipway/kube-objects'
import { KustomizeError, prefixed } from '../fault.ts'
import { describeId, idKey } from '../identity.ts'
import type { PatchArgs, Selector } from '../kustomization.ts'
import { mergeStrategic } from '../merge.ts'
import type { ResMap } from '../res-map.ts'
import type { Resource } from '../resource.ts'
import { select } from '../selector.ts'
import { textOfFile } from '../tree.ts'
import { isNull, plain } from '../values.ts'
import type { Helpers, Transformer } from './transformer.ts'

/** One entry of `patches`: a strategic merge or a JSON patch, inline or a file (builtins/PatchTransformer). */
export function patchTransformer(args: PatchArgs, helpers: Helpers, config: string): Transformer {
  const { text, shown, file } = sourceOf(args, helpers, config)
  const merges = attempt(() => helpers.factory.fromText(text, file))
  const operations = attempt(() => operationsOf(text))
  if (merges.value && operations.value && merges.value.length > 0 && operations.value.length > 0) {
    throw new KustomizeError('KUSTOMIZE_INVALID', `illegally qualifies as both an SM and JSON patch: ${shown}`)
  }
  if (!merges.value && !operations.value) {
    const at = (merges.error as KustomizeError).at
    const told = `unable to parse SM or JSON patch from ${shown}`
    const reason = messageOf(merges.error)
    throw new KustomizeError('KUSTOMIZE_INVALID', reason, { told, cause: merges.error, ...(at && { at }) })
  }
  const { target, options = {} } = args
  if (merges.value && merges.value.length > 0) {
    const patches = merges.value.map((patch) => ({ patch, options: { ...options } }))
    return target ? mergeSelected(patches, target, shown) : mergeNamed(patches)
  }
  return (resMap) => {
    if (!target) throw new KustomizeError('KUSTOMIZE_INVALID', `must specify a target for JSON patch ${shown}`)
    for (const resource of select(resMap.resources, target)) {
      resource.storePreviousId()
      applyOperations(resource, operations.value ?? [])
    }
  }
}

interface MergePatch {
  patch: Resource
  options: Record<string, boolean>
}

function attempt<T>(run: () => T): { value?: T; error?: unknown } {
  try {
    return { value: run() }
  } catch (error) {
    return { error }
  }
}

function sourceOf(
  { patch = '', path = '' }: PatchArgs,
  { loader, file }: Helpers,
  config: string,
): { text: string; shown: string; file: string } {
  const inline = patch.trim()
  if (inline === '' && path === '')
    throw new KustomizeError('KUSTOMIZE_INVALID', `must specify one of patch and path in\n${config}`)
  if (inline !== '' && path !== '')
    throw new KustomizeError('KUSTOMIZE_INVALID', `patch and path can't be set at the same time\n${config}`)
  if (inline !== '') return { text: inline, shown: `[patch: ${JSON.stringify(inline)}]`, file }
  const loaded = prefixed(`failed to get the patch file from path(${path})`, () => loader.load(path))
  return { text: textOfFile(loaded.content), shown: `[path: ${JSON.stringify(path)}]`, file: loaded.path }
}

/** The operations of a JSON patch; throws for what is none. */
export function operationsOf(text: string): unknown[] {
  if (text === '') throw new KustomizeError('KUSTOMIZE_INVALID', 'empty json patch operations')
  // What begins as a JSON list has to be JSON.
  const value: unknown = text.startsWith('[') ? JSON.parse(text) : parse(text, { duplicateKeys: 'last' })
  if (isNull(value)) return []
  if (Array.isArray(value) && value.every((item) => typeof item === 'object' && item !== null && !Array.isArray(item)))
    return value
  throw new KustomizeError('KUSTOMIZE_INVALID', 'json: cannot unmarshal object into Go value of type jsonpatch.Patch')
}

/** Patches that name their object themselves. */
function mergeNamed(patches: readonly MergePatch[]): Transformer {
  return (resMap) => {
    for (const { patch, options } of patches) {
      const target = prefixed(
        `no resource matches strategic merge patch "${describeId(patch.originalId)}"`,
        () => resMap.target(patch.originalId),
        patch.source,
      )
      merge(target, patch, options)
    }
  }
}

function mergeSelected(patches: readonly MergePatch[], target: Selector, shown: string): Transformer {
  return (resMap) => {
    const [first, second] = patches
    if (!first || second) {
      throw new KustomizeError(
        'KUSTOMIZE_INVALID',
        `Multiple Strategic-Merge Patches in one \`patches\` entry is not allowed to set \`patches.target\` field: ${shown}`,
      )
    }
    mergeInto(resMap, select(resMap.resources, target), first)
  }
}

/** Merges a patch into objects, each with a copy for its own kind (ResMap.ApplySmPatch). */
function mergeInto(resMap: ResMap, targets: readonly Resource[], { patch, options }: MergePatch): void {
  const selected = new Set(targets.map((target) => idKey(target.id)))
  for (const resource of resMap.resources) {
    if (!selected.has(idKey(resource.id))) continue
    const own = patch.copy()
    for (const field of ['labels', 'annotations'] as const) own.setTexts(field, own.texts(field))
    own.namespace = patch.namespace
    if (own.object) own.object.apiVersion = resource.apiVersion
    merge(resource, own, options)
  }
  resMap.dropEmpty()
  resMap.replaceAll(resMap.resources)
}

/** A patch says whom it is for with kind, name and namespace; it changes them only when allowed to. */
function merge(target: Resource, patch: Resource, options: Record<string, boolean>): void {
  const { name, namespace, kind } = target
  const { allowNameChange = false, allowKindChange = false } = options
  if (allowNameChange || allowKindChange) target.storePreviousId()
  if (allowNameChange) target.allowed.add('allowNameChange')
  if (allowKindChange) target.allowed.add('allowKindChange')
  if (!target.object || !patch.object) return
  const isKept = target.withNotes(() => mergeStrategic(target.object ?? {}, patch.object ?? {}, target.openApi))
  if (!isKept) target.object = undefined
  if (!target.object) return
  if (!allowKindChange) target.object.kind = kind
  if (!allowNameChange) target.name = name
  target.namespace = namespace
}

/** `patchesStrategicMerge`: files, or the patches themselves. */
export function strategicMergeTransformer(
  config: { paths?: string[]; patches?: string },
  helpers: Helpers,
): Transformer {
  const { paths = [], patches: inline = '' } = config
  if (paths.length === 0 && inline === '')
    throw new KustomizeError('KUSTOMIZE_INVALID', 'empty file path and empty patch content')
  const { factory, loader, file } = helpers
  const patches = paths.flatMap((path) => {
    const own = attempt(() => factory.fromText(path, file))
    return own.value ?? factory.fromFile(loader, path)
  })
  if (inline !== '') patches.push(...factory.fromText(inline, file))
  if (patches.length === 0) {
    throw new KustomizeError(
      'KUSTOMIZE_INVALID',
      `patch appears to be empty; files=[${paths.join(' ')}], Patch=${inline}`,
    )
  }
  return (resMap) => {
    for (const patch of patches) {
      const id = patch.originalId
      mergeInto(resMap, [prefixedTarget(resMap, patch, id)], { patch, options: {} })
    }
  }
}

function prefixedTarget(resMap: ResMap, patch: Resource, id: Resource['id']): Resource {
  try {
    return resMap.target(id)
  } catch (error) {
    const { message, told } = error as KustomizeError
    const { file, line } = patch.source
    throw new KustomizeError('KUSTOMIZE_INVALID', `${message} (${file}:${line})`, { told, cause: error })
  }
}

/** One entry of `patchesJson6902`. */
export function json6902Transformer(
  { target, path = '', jsonOp = '' }: { target?: Selector; path?: string; jsonOp?: string },
  { loader }: Helpers,
): Transformer {
  if (!target?.name) throw new KustomizeError('KUSTOMIZE_INVALID', 'must specify the target name')
  if (path === '' && jsonOp === '') throw new KustomizeError('KUSTOMIZE_INVALID', 'empty file path and empty jsonOp')
  if (path !== '' && jsonOp !== '')
    throw new KustomizeError('KUSTOMIZE_INVALID', 'must specify a file path or jsonOp, not both')
  const text = path === '' ? jsonOp : loader.text(path)
  if (text === '') throw new KustomizeError('KUSTOMIZE_INVALID', `patch file '${path}' empty seems to be empty`)
  const operations = prefixed(`decoding ${text}`, () => operationsOf(text))
  if (operations.length === 0)
    throw new KustomizeError('KUSTOMIZE_INVALID', `patch appears to be empty; file=${path}, JsonOp=${text}`)
  return (resMap) => {
    for (const resource of select(resMap.resources, target)) applyOperations(resource, operations)
  }
}

/** Kustomize keeps notes in the annotations, so that operations find some where there are none to be seen. */
function applyOperations(resource: Resource, operations: unknown[]): void {
  const object = plain(resource.object) as JsonObject
  const metadata = object.metadata as JsonObject | undefined
  if (resource.hasNotes && metadata && isNull(metadata.annotations)) metadata.annotations = {}
  try {
    resource.object = kyamlOfJson(jsonPatch(object, operations)) as JsonObject
  } catch (error) {
    const told = messageOf(error)
    throw new KustomizeError('KUSTOMIZE_INVALID', `${describeId(resource.id)}: ${told}`, { told, cause: error })
  }
  resource.setTexts('annotations', resource.texts('annotations'))
}
