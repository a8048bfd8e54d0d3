import { changeField } from '../field-spec.ts'
import type { ImageArgs } from '../kustomization.ts'
import { compileRegex, type Regex } from '../regex.ts'
import { demandKind, isMap, isNull, textOf } from '../values.ts'
import type { FieldSpecs, Transformer } from './transformer.ts'

/** One entry of `images`: wherever containers are, and where field specs say (so `tagSuffix` is added twice where both find it). */
export function imageTransformer({
  imageTag = {},
  fieldSpecs = [],
}: FieldSpecs & { imageTag?: ImageArgs }): Transformer {
  const regex = compileRegex(`^${imageTag.name ?? ''}(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$`)
  const set = (value: unknown): unknown => changed(value, imageTag, regex)
  return ({ resources }) => {
    for (const resource of resources) {
      if (resource.kind !== 'CustomResourceDefinition') walk(resource.object, set)
    }
    for (const resource of resources) {
      if (resource.kind === 'CustomResourceDefinition') continue
      for (const spec of fieldSpecs) changeField(resource, spec, { set })
    }
  }
}

/** Changes the images of all that is called `containers` or `initContainers`. */
function walk(node: unknown, set: (value: unknown) => unknown): void {
  if (Array.isArray(node)) for (const item of node) walk(item, set)
  if (!isMap(node)) return
  for (const field in node) {
    const value = node[field]
    if (typeof value !== 'object') continue
    walk(value, set)
    if ((field !== 'containers' && field !== 'initContainers') || !Array.isArray(value)) continue
    for (const container of value) {
      demandKind('map', container)
      if (isMap(container) && !isNull(container.image)) container.image = set(container.image)
    }
  }
}

function changed(value: unknown, args: ImageArgs, regex: Regex): unknown {
  demandKind('scalar', value)
  const image = textOf(value)
  if (!regex.test(image)) return value
  let { name, tag, digest } = split(image)
  if (args.newName) name = args.newName
  if (args.newTag) [tag, digest] = [args.newTag, args.digest ?? '']
  else if (args.digest) [tag, digest] = ['', args.digest]
  else if (args.tagSuffix) [tag, digest] = [tag + args.tagSuffix, '']
  return `${name}${tag && `:${tag}`}${digest && `@${digest}`}`
}

/** A port of the registry is no tag: what counts comes after the first slash. */
function split(image: string): { name: string; tag: string; digest: string } {
  const start = Math.max(0, image.indexOf('/'))
  const at = image.indexOf('@', start)
  const colon = image.indexOf(':', start)
  if (at < 0 && colon < 0) return { name: image, tag: '', digest: '' }
  if (at >= 0 && (colon < 0 || at < colon)) return { name: image.slice(0, at), tag: '', digest: image.slice(at + 1) }
  const tag = image.slice(colon + 1, at < 0 ? undefined : at)
  return { name: image.slice(0, colon), tag, digest: at < 0 ? '' : image.slice(at + 1) }
}
