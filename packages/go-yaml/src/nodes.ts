import type { ScalarStyle } from './scanner.ts'
import type { Mark } from './yaml-error.ts'

/** What all nodes of a YAML text have. */
export interface NodeBase {
  readonly mark: Mark
  /** The full tag, empty when there is none. */
  readonly tag: string
  /** Its name for aliases. */
  readonly anchor: string | undefined
}
export interface ScalarNode extends NodeBase {
  readonly kind: 'scalar'
  readonly text: string
  /** Without quotes: its type follows from its text. */
  readonly isImplicit: boolean
  readonly style: ScalarStyle
}
export interface SequenceNode extends NodeBase {
  readonly kind: 'sequence'
  readonly items: Node[]
  /** Where the dashes of a block sequence stand. */
  readonly dashes: Mark[]
  readonly isFlow: boolean
  /** Where the bracket of a flow collection closes. */
  end: Mark | undefined
}
export interface MappingNode extends NodeBase {
  readonly kind: 'mapping'
  /** Keys and values in turn. */
  readonly pairs: Pair[]
  readonly isFlow: boolean
  end: Mark | undefined
}
export interface Pair {
  readonly key: Node
  value: Node
}
export interface AliasNode extends NodeBase {
  readonly kind: 'alias'
  readonly name: string
  readonly target: Node
}
export type Node = ScalarNode | SequenceNode | MappingNode | AliasNode
