import { parse } from '@slipway/go-yaml'
import { KustomizeError, retold } from '../fault.ts'
import { lookup, matchPath, read, splitFieldPath, write } from '../field-path.ts'
import { decodeStruct } from '../go-struct.ts'
import { describeId, type ResId } from '../identity.ts'
import type { FieldOptions, Replacement, Selector } from '../kustomization.ts'
import { REPLACEMENT } from '../kustomization-fields.ts'
import type { Resource } from '../resource.ts'
import { isSelectedBy, labelMatcher } from '../selector.ts'
import { copy, emptyMap, isEmpty, isScalar, textOf, withText } from '../values.ts'
import type { Helpers, Transformer } from './transformer.ts'

type Target = NonNullable<Replacement['targets']>[number]
type Source = NonNullable<Replacement['source']>

const NAME = 'metadata.name'

/** `replacements`: copies values of objects, or parts of them, into others. */
export function replacementTransformer(
  { replacements = [] }: { replacements?: (Replacement & { path?: string })[] },
  helpers: Helpers,
): Transformer {
  const all = replacements.flatMap((entry) => loaded(entry, helpers))
  return ({ resources }) => {
    for (const { source, sourceValue, targets } of all) {
      if ((!source && sourceValue === undefined) || !targets) {
        throw new KustomizeError('KUSTOMIZE_INVALID', 'replacements must specify a source and at least one target')
      }
      const value = sourceValueOf(resources, source, sourceValue)
      for (const target of targets) replaceIn(resources, value, target)
    }
  }
}

/** An entry may name a file with one replacement or a list of them. */
function loaded({ path, ...inline }: Replacement & { path?: string }, { loader }: Helpers): Replacement[] {
  if (!path) return [inline]
  if (inline.source || (inline.targets?.length ?? 0) > 0) {
    throw new KustomizeError('KUSTOMIZE_INVALID', 'cannot specify both path and inline replacement')
  }
  const file = loader.load(path)
  const data = parse(loader.text(path), { file: file.path, duplicateKeys: 'last' })
  const entries = Array.isArray(data) ? data : [data]
  return entries.map((entry) =>
    decodeStruct<Replacement>(
      entry,
      REPLACEMENT,
      (_field, message, told) => {
        const whole = `error unmarshaling JSON: while decoding JSON: ${told}`
        return new KustomizeError('KUSTOMIZE_INVALID', message, { at: { file: file.path }, told: whole })
      },
      { isOpen: true },
    ),
  )
}

function sourceValueOf(
  resources: readonly Resource[],
  source: Source | undefined,
  sourceValue: string | undefined,
): unknown {
  if (!source) return sourceValue
  if (sourceValue !== undefined)
    throw new KustomizeError('KUSTOMIZE_INVALID', 'value and resource selectors are mutually exclusive')
  const { fieldPath = NAME, options } = source
  const path = fieldPath || NAME
  const value = lookup(sourceOf(resources, source).object, splitFieldPath(path))
  if (isEmpty(value)) {
    throw new KustomizeError(
      'KUSTOMIZE_INVALID',
      `fieldPath \`${path}\` is missing for replacement source ${describeId(source)}`,
    )
  }
  return partOf(value, options)
}

/** What it is and was called. */
const idsOf = (resource: Resource): ResId[] => [resource.id, ...resource.previousIds]

function sourceOf(resources: readonly Resource[], source: Source): Resource {
  const matches = resources.filter((resource) => idsOf(resource).some((id) => isSelectedBy(id, source)))
  const [match] = matches
  if (match && matches.length === 1) return match
  const { delimiter, index = 0, create = false } = source.options ?? {}
  const options = delimiter || create ? `${delimiter ?? ''}(${index}), create=${create}` : ''
  const selector = [describeId(source), source.fieldPath, options].filter(Boolean).join(':')
  throw new KustomizeError(
    'KUSTOMIZE_INVALID',
    matches.length === 0 ? `nothing selected by ${selector}` : `multiple matches for selector ${selector}`,
  )
}

function partOf(value: unknown, { delimiter, index = 0 }: FieldOptions = {}): unknown {
  if (!delimiter) return value
  if (!isScalar(value))
    throw new KustomizeError('KUSTOMIZE_INVALID', 'delimiter option can only be used with scalar nodes')
  const part = textOf(value).split(delimiter)[index]
  if (part === undefined) {
    throw new KustomizeError('KUSTOMIZE_INVALID', `options.index ${index} is out of bounds for value ${textOf(value)}`)
  }
  return withText(value, part)
}

function replaceIn(resources: readonly Resource[], value: unknown, target: Target): void {
  const { select, reject = [] } = target
  if (!select) throw new KustomizeError('KUSTOMIZE_INVALID', 'target must specify resources to select')
  const isWanted = labelMatcher(select)
  const rejected = reject
    .filter(({ labelSelector, annotationSelector }) => labelSelector || annotationSelector)
    .map(labelMatcher)
  for (const resource of resources) {
    if (!isWanted(resource) || rejected.some((matches) => matches(resource))) continue
    const ids = idsOf(resource)
    if (!ids.some((id) => isSelectedBy(id, select))) continue
    if (reject.some((selector) => hasId(selector) && ids.some((id) => isSelectedBy(id, selector)))) continue
    copyInto(resource, value, target)
  }
}

const hasId = ({ group, version, kind, name, namespace }: Selector): boolean =>
  Boolean(group || version || kind || name || namespace)

function copyInto({ object, source }: Resource, value: unknown, { fieldPaths = [], options = {} }: Target): void {
  for (const path of fieldPaths.length > 0 ? fieldPaths : [NAME]) {
    const make = options.create ? makerFor(value) : undefined
    const problem = `unable to find ${make ? 'or create ' : ''}field "${path}" in replacement target`
    const slots = object ? found(() => matchPath(object, splitFieldPath(path), make), problem) : []
    if (slots.length === 0) throw new KustomizeError('KUSTOMIZE_INVALID', problem, { at: source })
    for (const slot of slots) write(slot, replaced(read(slot), value, options))
  }
}

function found<T>(run: () => T, problem: string): T {
  try {
    return run()
  } catch (error) {
    throw retold(error, (told) => `${problem}: ${told}`)
  }
}

const makerFor = (value: unknown) => (): unknown => (Array.isArray(value) ? [] : isScalar(value) ? '' : emptyMap())

function replaced(current: unknown, value: unknown, { delimiter, index = 0 }: FieldOptions): unknown {
  let text = textOf(value)
  if (delimiter) {
    if (!isScalar(current))
      throw new KustomizeError('KUSTOMIZE_INVALID', 'delimiter option can only be used with scalar nodes')
    const parts = textOf(current).split(delimiter)
    if (index < 0) parts.unshift(text)
    else if (index >= parts.length) parts.push(text)
    else parts[index] = text
    text = parts.join(delimiter)
  }
  // A scalar keeps its type, and becomes empty where a map or list is to go into it.
  return isScalar(current) ? withText(current, text) : copy(value)
}
