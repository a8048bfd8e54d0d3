import { messageOf } from '@slipway/errors'
import { compareStrings } from '@slipway/go-template'
import { pairOf, readStyled, type StyledDocument, styledMapping, styledScalar, writeStyled } from '@slipway/go-yaml'
import { baseName } from '../chart/path.ts'
import { trimSpace } from '../functions/text.ts'
import { RenderError } from './render-error.ts'

/** Where Helm 4 keeps the name of an object's template while the post-renderer has it. */
const filenameAnnotation = 'postrenderer.helm.sh/postrender-filename'

/**
 * The `postRender` of `renderChart` as Helm 4 has it: all files, hooks too, go through `run` as one stream, with an annotation
 * that says where each object came from. Throws RenderError CHART_POST_RENDER_FAILED with Helm's words.
 */
export function postRenderer(
  run: (manifests: string) => string,
): (files: ReadonlyMap<string, string>) => Map<string, string> {
  return (files) => {
    const merged = step('error merging manifests', () => merge(files))
    const changed = step('error while running post render on files', () => run(merged))
    return step('error while parsing post rendered output', () => split(changed))
  }
}

function step<T>(prefix: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw new RenderError('CHART_POST_RENDER_FAILED', `${prefix}: ${messageOf(error)}`, { cause: error })
  }
}

function merge(files: ReadonlyMap<string, string>): string {
  const all: StyledDocument[] = []
  for (const name of [...files.keys()].sort(compareStrings)) {
    const text = files.get(name) ?? ''
    if (baseName(name).startsWith('_') || trimSpace(text) === '') continue
    const documents = prefixed(`parsing ${name}`, () => readAll(withSeparators(text)))
    for (const { root, commentary } of documents) all.push({ root: annotated(root, name), commentary })
  }
  return writeStyled(all)
}

function prefixed<T>(prefix: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw new Error(`${prefix}: ${messageOf(error)}`, { cause: error })
  }
}

/** `{{-` may have taken the line break behind a separator. Helm cuts any longer row of dashes too, wherever it stands. */
function withSeparators(text: string): string {
  return text.replaceAll(/-{3,}/g, (row, at: number) => {
    const startsLine = at === 0 || text[at - 1] === '\n'
    return row.replaceAll(/---/g, (separator, index: number) => {
      const next = text[at + index + separator.length] ?? '\n'
      return (startsLine || index > 0) && !/[\n\r \t]/.test(next) ? `${separator}\n` : separator
    })
  })
}

/** The documents of a stream as kyaml cuts it, without those that hold nothing. */
function readAll(stream: string): StyledDocument[] {
  const texts = cut(stream.replaceAll('\r\n', '\n'))
  return texts.flatMap((text, index) => {
    const isLast = index === texts.length - 1
    const document = prefixed('MalformedYAMLError', () => readStyled(isLast ? text : `${text}\n`))
    if (!document || isNull(document.root)) return []
    if (document.root.kind !== 'mapping') throw wrongKind(document)
    return texts.length === 1 ? itemsOf(document) : [document]
  })
}

function cut(stream: string): string[] {
  const texts: string[] = []
  let start = 0
  for (const { 0: separator, index } of stream.matchAll(/\n---.*\n/g)) {
    const rest = separator.slice('\n---'.length).trim()
    if (rest !== '' && !rest.startsWith('#')) throw new Error(`invalid document separator: ${separator.trim()}`)
    texts.push(stream.slice(start, index))
    start = index + separator.length
  }
  return [...texts, stream.slice(start)]
}

type Node = StyledDocument['root']

function isNull(node: Node): boolean {
  return node.kind === 'scalar' && node.isImplicit && /^(~|null|Null|NULL)?$/.test(node.text)
}

const goKinds = { scalar: 'ScalarNode', sequence: 'SequenceNode', mapping: 'MappingNode', alias: 'AliasNode' }

function wrongKind(document: StyledDocument): Error {
  const kind = goKinds[document.root.kind]
  return new Error(`wrong node kind: expected MappingNode but got ${kind}: node contents:\n${writeStyled([document])}`)
}

/** A List that is alone in its stream counts as its items. */
function itemsOf(document: StyledDocument): StyledDocument[] {
  const kind = pairOf(document.root, 'kind')?.value
  const items = pairOf(document.root, 'items')?.value
  const isList = kind?.kind === 'scalar' && (kind.text === 'List' || kind.text === 'ResourceList')
  if (!isList || items?.kind !== 'sequence') return [document]
  const { notes } = document.commentary
  return items.items.map((root) => ({ root, commentary: { notes, head: '', foot: '' } }))
}

/** The object with the annotation at the end of the others. */
function annotated(root: Node, name: string): Node {
  const annotations = withPair(childOf(childOf(root, 'metadata'), 'annotations'), filenameAnnotation, (_) =>
    styledScalar(name, 'single'),
  )
  return withPair(root, 'metadata', (metadata) => withPair(metadata, 'annotations', () => annotations))
}

function childOf(node: Node | undefined, name: string): Node | undefined {
  return pairOf(node, name)?.value
}

/** A mapping with another value of a key; what is no mapping becomes one, and what is empty a block. */
function withPair(node: Node | undefined, name: string, change: (value: Node | undefined) => Node): Node {
  if (node?.kind !== 'mapping') return styledMapping([{ key: styledScalar(name, 'plain'), value: change(undefined) }])
  const known = pairOf(node, name)
  if (known) {
    known.value = change(known.value)
    return node
  }
  node.pairs.push({ key: styledScalar(name, 'plain'), value: change(undefined) })
  return node.pairs.length === 1 ? { ...node, isFlow: false } : node
}

/** The files that objects say they are from, without the annotation. */
function split(stream: string): Map<string, string> {
  const files = new Map<string, StyledDocument[]>()
  const documents = prefixed('error parsing YAML', () => readAll(stream))
  for (const [index, document] of documents.entries()) {
    const found = childOf(childOf(childOf(document.root, 'metadata'), 'annotations'), filenameAnnotation)
    const name = found?.kind === 'scalar' ? found.text : ''
    removePair(document.root, 'metadata', (metadata) => {
      removePair(metadata, 'annotations', (annotations) => removePair(annotations, filenameAnnotation, () => true))
      return isEmpty(metadata)
    })
    const file = name === '' ? `generated-by-postrender-${index}.yaml` : name
    files.set(file, [...(files.get(file) ?? []), document])
  }
  return new Map(Array.from(files, ([name, documents]) => [name, writeStyled(documents)]))
}

function isEmpty(node: Node): boolean {
  return isNull(node) || (node.kind === 'mapping' && node.pairs.length === 0)
}

/** Takes a key out if `isDone` says of its value that it may go. Whether the mapping is empty then. */
function removePair(node: Node, name: string, isDone: (value: Node) => boolean): boolean {
  const pair = pairOf(node, name)
  if (node.kind === 'mapping' && pair && isDone(pair.value)) node.pairs.splice(node.pairs.indexOf(pair), 1)
  return isEmpty(node)
}
