import { isObject } from '@slipway/kube-objects'
import type { ImageArgs } from '../kustomization.ts'
import type { Resource } from '../resource.ts'

const CONTAINER_LISTS = new Set(['containers', 'initContainers'])

/** One entry of `images`: new name, tag or digest, in every list of containers at any depth. */
export function setImage(resources: readonly Resource[], args: ImageArgs): void {
  // A CRD's schema may have properties with these names that are no containers.
  for (const { object } of resources) if (object.kind !== 'CustomResourceDefinition') walk(object, args)
}

function walk(node: unknown, args: ImageArgs): void {
  if (Array.isArray(node)) for (const item of node) walk(item, args)
  if (!isObject(node)) return
  for (const [field, value] of Object.entries(node)) {
    if (CONTAINER_LISTS.has(field) && Array.isArray(value)) {
      for (const container of value) {
        if (isObject(container) && typeof container.image === 'string')
          container.image = newImage(container.image, args)
      }
    }
    walk(value, args)
  }
}

/** An image reference after an entry of `images`; unchanged when the entry is about another image. */
export function newImage(image: string, { name, newName, newTag, tagSuffix, digest }: ImageArgs): string {
  const rest = image.startsWith(name)
    ? /^(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$/.exec(image.slice(name.length))
    : null
  if (!rest) return image
  let [, tag = '', oldDigest = ''] = rest
  // A new tag or digest replaces both.
  if (newTag || digest) {
    tag = newTag ? `:${newTag}` : ''
    oldDigest = digest ? `@${digest}` : ''
  } else if (tagSuffix) {
    tag += tagSuffix
    oldDigest = ''
  }
  return (newName || name) + tag + oldDigest
}
