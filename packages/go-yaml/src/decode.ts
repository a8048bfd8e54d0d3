import { formatFloat } from './go-number.ts'
import { goSyntax } from './go-syntax.ts'
import type { MappingNode, Node, ScalarNode } from './nodes.ts'
import { type Resolved, resolvePlain, type Scalar, WholeFloat } from './resolve.ts'
import { valueProblem } from './yaml-error.ts'

/** goyaml's values before they become JSON: a map keeps the types of its keys. */
export type GoValue = Scalar | GoValue[] | GoMap
export type GoMap = Map<Scalar, GoValue>

/** Whether a key that comes twice is refused or the last one counts. */
export type DuplicateKeys = 'error' | 'last'

/** Decodes a node tree as goyaml v2 does into `interface{}`. Throws YamlProblem. */
export function decode(root: Node, duplicateKeys: DuplicateKeys): GoValue {
  return new Decoder(duplicateKeys).decode(root)
}

class Decoder {
  private readonly duplicateKeys: DuplicateKeys
  private readonly open = new Set<Node>()
  private readonly duplicates: { line: number; text: string; node: Node }[] = []
  private count = 0
  private aliasCount = 0
  private aliasDepth = 0

  constructor(duplicateKeys: DuplicateKeys) {
    this.duplicateKeys = duplicateKeys
  }

  decode(root: Node): GoValue {
    const value = this.value(root)
    const [first] = this.duplicates
    if (!first) return value
    const lines = this.duplicates.map(({ line, text }) => `  line ${line}: key ${text} already set in map`)
    throw valueProblem(`unmarshal errors:\n${lines.join('\n')}`, first.node.mark)
  }

  private value(node: Node): GoValue {
    this.countNode(node)
    switch (node.kind) {
      case 'scalar':
        return scalarValue(node)
      case 'sequence':
        return node.items.map((item) => this.value(item))
      case 'alias':
        return this.throughAlias(node, (target) => this.value(target))
      case 'mapping': {
        const map: GoMap = new Map()
        this.fill(map, node, true)
        return map
      }
    }
  }

  /** goyaml's bound on what aliases may multiply. */
  private countNode(node: Node): void {
    this.count++
    if (this.aliasDepth > 0) this.aliasCount++
    if (this.aliasCount <= 100 || this.count <= 1000) return
    if (this.aliasCount / this.count > allowedAliasRatio(this.count)) {
      throw valueProblem('document contains excessive aliasing', node.mark)
    }
  }

  private throughAlias<T>(node: Node & { kind: 'alias' }, use: (target: Node) => T): T {
    if (this.open.has(node)) throw valueProblem(`anchor '${node.name}' value contains itself`, node.mark)
    this.open.add(node)
    this.aliasDepth++
    const result = use(node.target)
    this.aliasDepth--
    this.open.delete(node)
    return result
  }

  /** Sets a map's pairs in their order; what `<<` brings counts from where it stands, as in goyaml. */
  private fill(map: GoMap, node: MappingNode, refusesDuplicates: boolean): void {
    const own = new Set<Scalar>()
    for (const { key, value } of node.pairs) {
      if (isMergeKey(key)) {
        this.merge(map, value)
        continue
      }
      const name = this.key(key)
      if (refusesDuplicates && this.duplicateKeys === 'error' && own.has(name)) {
        this.duplicates.push({ line: value.mark.line + 1, text: goSyntax(name), node: key })
      }
      own.add(name)
      map.set(name, this.value(value))
    }
  }

  private key(node: Node): Scalar {
    const key = this.value(node)
    if (Array.isArray(key) || key instanceof Map) throw valueProblem(`invalid map key: ${goSyntax(key)}`, node.mark)
    return key
  }

  private merge(map: GoMap, node: Node): void {
    if (node.kind !== 'sequence') {
      this.mergeOne(map, node)
      return
    }
    // Earlier entries win, so they are set last.
    for (const item of node.items.toReversed()) this.mergeOne(map, item)
  }

  private mergeOne(map: GoMap, node: Node): void {
    this.countNode(node)
    if (node.kind === 'mapping') {
      this.fill(map, node, false)
      return
    }
    if (node.kind !== 'alias' || node.target.kind !== 'mapping') {
      throw valueProblem('map merge requires map or sequence of maps as the value', node.mark)
    }
    this.throughAlias(node, (target) => this.fill(map, target as MappingNode, false))
  }
}

/** 99 % of a small document may come from aliases, 10 % of a very large one (goyaml's allowedAliasRatio). */
function allowedAliasRatio(count: number): number {
  const [low, high] = [400_000, 4_000_000]
  if (count <= low) return 0.99
  return count >= high ? 0.1 : 0.99 - 0.89 * ((count - low) / (high - low))
}

const longPrefix = 'tag:yaml.org,2002:'

/** Whether a key says that its value's fields are to be taken over. */
export function isMergeKey(node: Node): boolean {
  return node.kind === 'scalar' && node.text === '<<' && (node.isImplicit || node.tag === `${longPrefix}merge`)
}

function scalarValue(node: ScalarNode): Scalar {
  const { tag, text } = node
  if (tag === '') return node.isImplicit ? resolvePlain(text).value : text
  if (!tag.startsWith(longPrefix)) return text
  const wanted = `!!${tag.slice(longPrefix.length)}`
  switch (wanted) {
    case '!!binary':
      return base64Text(node)
    case '!!bool':
    case '!!int':
    case '!!float':
    case '!!null':
    case '!!timestamp':
      return tagged(node, wanted)
    default:
      return text
  }
}

function tagged(node: ScalarNode, wanted: string): Scalar {
  const resolved: Resolved = resolvePlain(node.text)
  if (resolved.tag === wanted) return resolved.value
  if (wanted === '!!float' && resolved.tag === '!!int' && !isUnsigned(resolved.value)) return Number(resolved.value)
  // goyaml looks for dates only where no other type is asked for.
  const tag = resolved.tag === '!!timestamp' ? '!!str' : resolved.tag
  throw valueProblem(`cannot decode ${tag} \`${node.text}\` as a ${wanted}`, node.mark)
}

/** An integer that only Go's uint64 holds. */
function isUnsigned(value: Scalar): boolean {
  return typeof value === 'bigint' && value >= 2n ** 63n
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** The text of a binary scalar. Throws YamlProblem. */
export function base64Text(node: ScalarNode): string {
  const text = node.text.replace(/[\r\n]/g, '')
  if (!base64.test(text)) throw valueProblem('!!binary value contains invalid base64 data', node.mark)
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)))
}

/** How integers come out: as float64 like all numbers, or so that they can be told from floats. */
export type Integers = 'number' | 'bigint'

/** JSON data of goyaml's values as sigs.k8s.io/yaml makes it: keys are strings, numbers float64. Throws Error with its message. */
export function toJson(value: GoValue, integers: Integers): unknown {
  if (Array.isArray(value)) return value.map((item) => toJson(item, integers))
  if (value instanceof Map) return mapToJson(value, integers)
  if (typeof value === 'bigint') return integers === 'bigint' ? value : Number(value)
  if (value instanceof WholeFloat) return value.value
  if (typeof value !== 'number') return value
  if (!Number.isFinite(value)) {
    throw new Error(`json: unsupported value: ${Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'}`)
  }
  return integers === 'bigint' && Number.isInteger(value) ? BigInt(value) : value
}

function mapToJson(map: GoMap, integers: Integers): Record<string, unknown> {
  const object: Record<string, unknown> = Object.create(null)
  for (const [key, value] of map) object[keyText(key, value)] = toJson(value, integers)
  return object
}

function keyText(key: Scalar, value: GoValue): string {
  if (key === null) throw unsupportedKey('%!s(<nil>)', '<nil>', value)
  if (isUnsigned(key)) throw unsupportedKey('uint64', `0x${(key as bigint).toString(16)}`, value)
  if (key instanceof WholeFloat) return formatFloat(key.value, 32)
  if (typeof key === 'number' && !Number.isInteger(key)) return formatFloat(key, 32)
  return String(key)
}

function unsupportedKey(type: string, key: string, value: GoValue): Error {
  const shown = value === null ? '<nil>' : goSyntax(value)
  return new Error(`unsupported map key of type: ${type}, key: ${key}, value: ${shown}`)
}
