import type { KubeObject } from '@slipway/kube-objects'
import { describeId } from '../describe-id.ts'
import type { GeneratorArgs, GeneratorOptions, KustomizationFile } from '../kustomization.ts'
import { identitiesOf, identityOf, newResource, type Resource, sameIdentity } from '../resource.ts'
import { resolvePath, type Tree, textOf } from '../tree.ts'

type Content = string | Uint8Array

interface Entry {
  kind: 'ConfigMap' | 'Secret'
  args: GeneratorArgs
  field: readonly (string | number)[]
}

/** `configMapGenerator` and `secretGenerator`: adds objects, or changes those that they name. */
export function runGenerators(resources: Resource[], kustomization: KustomizationFile, tree: Tree): void {
  const { configMapGenerator = [], secretGenerator = [] } = kustomization.spec
  const entries: Entry[] = [
    ...configMapGenerator.map(
      (args, index): Entry => ({ kind: 'ConfigMap', args, field: ['configMapGenerator', index] }),
    ),
    ...secretGenerator.map((args, index): Entry => ({ kind: 'Secret', args, field: ['secretGenerator', index] })),
  ]
  for (const entry of entries) absorb(resources, generate(entry, kustomization, tree), entry, kustomization)
}

function generate(entry: Entry, kustomization: KustomizationFile, tree: Tree): Resource {
  const { kind, args, field } = entry
  if (!args.name) throw kustomization.fault('KUSTOMIZE_INVALID', field, 'a generator needs a name')
  const options = mergedOptions(kustomization.spec.generatorOptions, args.options)
  const { labels, annotations } = options
  const object: KubeObject = {
    apiVersion: 'v1',
    kind,
    metadata: {
      name: args.name,
      ...(args.namespace && { namespace: args.namespace }),
      ...(labels && { labels }),
      ...(annotations && { annotations }),
    },
    ...dataOf(kind, contents(entry, kustomization, tree)),
    ...(kind === 'Secret' && { type: args.type ?? 'Opaque' }),
    ...(options.immutable && { immutable: true }),
  }
  return {
    ...newResource(object, kustomization.path, kustomization.fault('KUSTOMIZE_INVALID', field, '').at?.line ?? 1),
    needsHash: !options.disableNameSuffixHash,
  }
}

function mergedOptions(common: GeneratorOptions = {}, own: GeneratorOptions = {}): GeneratorOptions {
  const both = { ...common, ...own }
  for (const field of ['labels', 'annotations'] as const) {
    if (common[field] || own[field]) both[field] = { ...common[field], ...own[field] }
  }
  // Once switched off for all, a generator can't switch the hash on again (types.MergeGlobalOptionsIntoLocal).
  both.disableNameSuffixHash = Boolean(common.disableNameSuffixHash || own.disableNameSuffixHash)
  return both
}

function contents({ args, field }: Entry, kustomization: KustomizationFile, tree: Tree): Map<string, Content> {
  const data = new Map<string, Content>()
  const invalid = (message: string): Error => kustomization.fault('KUSTOMIZE_INVALID', field, message)
  const add = (key: string, value: Content): void => {
    if (data.has(key)) throw invalid(`cannot add key ${key}, another key by that name already exists`)
    data.set(key, value)
  }
  const read = (name: string): Content => {
    const path = resolvePath(kustomization.dir, name)
    const content = path === undefined ? undefined : tree.files(path)
    if (content === undefined) throw invalid(`file "${name}" does not exist`)
    return content
  }
  for (const name of [...(args.envs ?? []), ...(args.env ? [args.env] : [])]) {
    for (const [key, value] of envLines(textOf(read(name)))) add(key, value)
  }
  for (const source of args.files ?? []) {
    const [first = '', ...rest] = source.split('=')
    const path = rest.length > 0 ? rest.join('=') : first
    add(rest.length > 0 ? first : (path.split('/').at(-1) ?? path), read(path))
  }
  for (const literal of args.literals ?? []) {
    const split = literal.indexOf('=')
    // The text itself is not shown: it may be a secret.
    if (split < 1) throw invalid('invalid literal source, expected key=value')
    add(literal.slice(0, split), literal.slice(split + 1).replace(/^(["'])(.*)\1$/s, '$2'))
  }
  return data
}

/** Lines `key=value`; values are taken as they stand, quotes and all. */
function envLines(text: string): [string, string][] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => line.trimStart())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const split = line.indexOf('=')
      return split < 0 ? [line, ''] : [line.slice(0, split), line.slice(split + 1)]
    })
}

function dataOf(kind: Entry['kind'], contents: Map<string, Content>): { data?: object; binaryData?: object } {
  const text: Record<string, string> = {}
  const binary: Record<string, string> = {}
  for (const [key, value] of contents) {
    if (kind === 'Secret') text[key] = base64(value)
    else if (typeof value === 'string') text[key] = value
    else binary[key] = base64(value)
  }
  return {
    ...(Object.keys(text).length > 0 && { data: text }),
    ...(Object.keys(binary).length > 0 && { binaryData: binary }),
  }
}

function base64(content: Content): string {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  const encoded = btoa(binary)
  // Long values are folded at 70 characters, each line with its end (api/ifc/kvloader, encodeBase64).
  return encoded.length < 70 ? encoded : encoded.replace(/.{1,70}/g, '$&\n')
}

function absorb(
  resources: Resource[],
  generated: Resource,
  { args, field }: Entry,
  kustomization: KustomizationFile,
): void {
  const id = identityOf(generated)
  const existing = resources.find((resource) => identitiesOf(resource).some((other) => sameIdentity(id, other)))
  const behavior = args.behavior ?? 'create'
  const name = describeId(generated.object)
  if (behavior === 'create') {
    if (existing)
      throw kustomization.fault(
        'KUSTOMIZE_INVALID',
        field,
        `behavior must be merge or replace: id ${name} exists already`,
      )
    resources.push(generated)
    return
  }
  if (!existing)
    throw kustomization.fault('KUSTOMIZE_INVALID', field, `id ${name} does not exist; cannot merge or replace`)
  const before = existing.object
  const { labels, annotations } = generated.object.metadata
  const merge = behavior === 'merge'
  existing.object = {
    ...(merge ? before : {}),
    ...generated.object,
    ...(merge && { data: { ...before.data, ...generated.object.data } }),
    metadata: {
      ...before.metadata,
      ...((labels || before.metadata.labels) && { labels: { ...before.metadata.labels, ...labels } }),
      ...((annotations || before.metadata.annotations) && {
        annotations: { ...before.metadata.annotations, ...annotations },
      }),
    },
    ...(before.kind === 'Secret' && { type: args.type ?? before.type }),
  }
  // Only what was generated has a hash, unless any of its generators is without (CopyMergeMetaDataFieldsFrom).
  existing.needsHash &&= generated.needsHash
}
