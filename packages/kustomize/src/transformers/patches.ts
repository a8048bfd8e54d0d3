import { messageOf } from '@slipway/errors'
import { locate, parse, parseDocuments } from '@slipway/go-yaml'
import {
  groupVersionOf,
  isObject,
  type JsonObject,
  jsonPatch,
  type KubeObject,
  matchesLabels,
  parseLabelSelector,
  schemaFor,
} from '@slipway/kube-objects'
import { RE2JS } from 're2js'
import { describeId } from '../describe-id.ts'
import type { KustomizationFile, PatchArgs, Target } from '../kustomization.ts'
import { mergeStrategic } from '../merge.ts'
import { identitiesOf, identityOf, type Resource, sameIdentity } from '../resource.ts'
import { resolvePath, type Tree, textOf } from '../tree.ts'

type Field = readonly (string | number)[]

/** A patch and where it stands. */
interface PatchText {
  text: string
  file: string
  /** The error about it, at the field of the kustomization that holds or names it. */
  fault: (message: string, cause?: unknown) => Error
}

/** One entry of `patches` or `patchesJson6902`. Changes the list: a patch may delete objects. */
export function applyPatchEntry(
  resources: Resource[],
  args: PatchArgs,
  kustomization: KustomizationFile,
  from: { tree: Tree; field: Field },
): void {
  const source = patchText(args, kustomization, from)
  const operations = jsonOperations(source)
  if (operations) {
    applyJsonPatch(resources, operations, args.target, source)
    return
  }
  for (const { value, error } of parseDocuments(source.text, { file: source.file })) {
    if (error) throw error
    if (!isObject(value)) throw source.fault('a patch must be a map or a list of operations')
    if (args.target)
      for (const resource of selected(resources, args.target, source)) mergeInto(resources, resource, value, args)
    else mergeByIdentity(resources, value, args, source)
  }
}

/** One entry of `patchesStrategicMerge`: a file, or the patch itself. */
export function applyStrategicMerge(
  resources: Resource[],
  entry: string,
  kustomization: KustomizationFile,
  from: { tree: Tree; field: Field },
): void {
  const inline = entry.includes('\n') || /^\s*\{/.test(entry)
  applyPatchEntry(resources, inline ? { patch: entry } : { path: entry }, kustomization, from)
}

function patchText(
  args: PatchArgs,
  kustomization: KustomizationFile,
  { tree, field }: { tree: Tree; field: Field },
): PatchText {
  const fault: PatchText['fault'] = (message, cause) => kustomization.fault('KUSTOMIZE_INVALID', field, message, cause)
  if ((args.path === undefined) === (args.patch === undefined)) {
    throw fault('patch must have exactly one of "path" and "patch"')
  }
  if (args.patch !== undefined) return { text: args.patch, file: kustomization.path, fault }
  const path = resolvePath(kustomization.dir, args.path ?? '')
  const content = path === undefined ? undefined : tree.files(path)
  if (path === undefined || content === undefined) {
    throw fault(`patch file "${args.path}" does not exist`)
  }
  return { text: textOf(content), file: path, fault }
}

/** The operations of a JSON patch; undefined when the text is a strategic merge patch. */
function jsonOperations({ text, file }: PatchText): unknown[] | undefined {
  if (/^\s*(#.*\n\s*)*(---\s*\n)?\s*[{a-zA-Z]/.test(text)) return undefined
  const value = parse(text, { file })
  return Array.isArray(value) ? value : undefined
}

function applyJsonPatch(
  resources: Resource[],
  operations: unknown[],
  target: Target | undefined,
  source: PatchText,
): void {
  if (!target) throw source.fault('must specify a target for JSON patch')
  for (const resource of selected(resources, target, source)) {
    try {
      replaceObject(resource, jsonPatch(withAnnotations(resource.object), operations))
    } catch (error) {
      throw source.fault(`${describeId(resource.object)}: ${messageOf(error)}`, error)
    }
  }
}

/** Kustomize keeps notes in the annotations, so that a patch always finds some (StorePreviousId). */
function withAnnotations(object: KubeObject): KubeObject {
  const { metadata } = object
  return { ...object, metadata: { ...metadata, annotations: metadata.annotations ?? {} } }
}

function mergeByIdentity(resources: Resource[], patch: JsonObject, args: PatchArgs, source: PatchText): void {
  const { apiVersion, kind, metadata } = patch as Partial<KubeObject>
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || typeof metadata?.name !== 'string') {
    throw source.fault(`${source.file}: a strategic merge patch needs apiVersion, kind and metadata.name, or a target`)
  }
  const wanted = { kind, group: groupVersionOf(apiVersion).group, name: metadata.name, namespace: metadata.namespace }
  const matches = resources.filter((resource) =>
    identitiesOf(resource).some((identity) => sameIdentity(identity, wanted)),
  )
  const [match] = matches
  if (matches.length !== 1 || !match) {
    const id = describeId(patch as KubeObject)
    const problem = matches.length === 0 ? 'no matches' : 'multiple matches'
    throw source.fault(
      `${problem} for Id ${id}; failed to find unique target for patch ${id}${args.path === undefined ? '' : ` (${source.file}:${locate(source.text, 'metadata.name').line})`}`,
    )
  }
  mergeInto(resources, match, patch, args)
}

function mergeInto(resources: Resource[], resource: Resource, patch: JsonObject, { options = {} }: PatchArgs): void {
  const { object } = resource
  const merged = mergeStrategic(object, patch, schemaFor(object) ?? { type: 'any' })
  if (merged === undefined) {
    resources.splice(resources.indexOf(resource), 1)
    return
  }
  const metadata = { ...(merged.metadata as KubeObject['metadata']) }
  // A patch says whom it is for with these; it changes them only when allowed to.
  if (!options.allowNameChange) metadata.name = object.metadata.name
  if (object.metadata.namespace === undefined) delete metadata.namespace
  else metadata.namespace = object.metadata.namespace
  const kind = options.allowKindChange ? {} : { apiVersion: object.apiVersion, kind: object.kind }
  replaceObject(resource, { ...(merged as KubeObject), ...kind, metadata })
}

function replaceObject(resource: Resource, object: KubeObject): void {
  const before = identityOf(resource)
  resource.object = structuredClone(object)
  // Others may still refer to it by the name that a patch took away.
  const after = identityOf(resource)
  if (before.name !== after.name || before.kind !== after.kind) resource.previous.push(before)
}

/** The objects that a target selects: patterns match whole names, as they are now or were before. */
function selected(resources: readonly Resource[], target: Target, { fault }: PatchText): Resource[] {
  const pattern = (text: string | undefined): RE2JS | undefined => {
    try {
      return text ? RE2JS.compile(text) : undefined
    } catch (error) {
      throw fault(`the target's ${messageOf(error)}`, error)
    }
  }
  const [kind, group, version, name, namespace] = [
    target.kind,
    target.group,
    target.version,
    target.name,
    target.namespace,
  ].map(pattern)
  const labels = target.labelSelector ? parseLabelSelector(target.labelSelector) : []
  const annotations = target.annotationSelector ? parseLabelSelector(target.annotationSelector) : []
  return resources.filter((resource) => {
    const { object } = resource
    const gv = groupVersionOf(object.apiVersion)
    const named = identitiesOf(resource).some(
      (identity) =>
        (name?.testExact(identity.name) ?? true) && (namespace?.testExact(identity.namespace || 'default') ?? true),
    )
    return (
      named &&
      (kind?.testExact(object.kind) ?? true) &&
      (group?.testExact(gv.group) ?? true) &&
      (version?.testExact(gv.version) ?? true) &&
      matchesLabels(object.metadata.labels, labels) &&
      matchesLabels(object.metadata.annotations, annotations)
    )
  })
}
