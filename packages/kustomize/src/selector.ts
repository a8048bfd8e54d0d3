import { messageOf } from '@slipway/errors'
import { matchesLabels, parseLabelSelector } from '@slipway/kube-objects'
import { KustomizeError } from './fault.ts'
import { effectiveNamespace, isSelected, type ResId } from './identity.ts'
import type { Selector } from './kustomization.ts'
import { compileRegex } from './regex.ts'
import type { Resource } from './resource.ts'

/** The objects that a patch's target selects: patterns match whole names, as they were at first or are now (ResMap.Select). */
export function select(resources: readonly Resource[], selector: Selector): Resource[] {
  const [group, version, kind, name, namespace] = (['group', 'version', 'kind', 'name', 'namespace'] as const).map(
    (field) => wholly(selector[field]),
  ) as [Pattern, Pattern, Pattern, Pattern, Pattern]
  const hasLabels = labelMatcher(selector)
  return resources.filter((resource) => {
    const { id } = resource
    const original = resource.previous.length > 0 ? resource.originalId : id
    return (
      (namespace(effectiveNamespace(original)) || namespace(effectiveNamespace(id))) &&
      (name(original.name) || name(id.name)) &&
      group(id.group) &&
      version(id.version) &&
      kind(id.kind) &&
      hasLabels(resource)
    )
  })
}

type Pattern = (text: string) => boolean

function wholly(pattern: string | undefined): Pattern {
  if (!pattern) return () => true
  const regex = compileRegex(`^(?:${pattern})$`)
  return (text) => regex.test(text)
}

/** Whether labels and annotations are as a selector wants them. */
export function labelMatcher({ labelSelector, annotationSelector }: Selector): (resource: Resource) => boolean {
  const labels = requirementsOf(labelSelector)
  const annotations = requirementsOf(annotationSelector)
  return (resource) =>
    (!labels || matchesLabels(resource.texts('labels'), labels)) &&
    (!annotations || matchesLabels(resource.texts('annotations'), annotations))
}

function requirementsOf(text: string | undefined): ReturnType<typeof parseLabelSelector> | undefined {
  if (!text) return undefined
  try {
    return parseLabelSelector(text)
  } catch (error) {
    throw new KustomizeError('KUSTOMIZE_INVALID', messageOf(error), { cause: error })
  }
}

/** Whether an identity is one that a replacement's selector names: here the parts are texts (ResId.IsSelectedBy). */
export function isSelectedBy(id: ResId, selector: Selector): boolean {
  const { name = '', namespace = '' } = selector
  if (name !== '' && name !== id.name) return false
  const wanted = namespace === '' ? undefined : namespace
  return (wanted === undefined || wanted === effectiveNamespace(id)) && isSelected(id, selector)
}
