import type { Place } from '@slipway/errors'

/** A piece of source text and where it stands. */
export interface Text {
  value: string
  at: Place
}

/** Scalars keep their source text: `3.10` stays `3.10`; whoever reads one decides its type. */
export interface ScalarNode extends Text {
  kind: 'scalar'
}

export interface SequenceNode {
  kind: 'sequence'
  items: DocumentNode[]
  at: Place
}

export interface MappingEntry {
  key: ScalarNode
  value: DocumentNode
}

export interface MappingNode {
  kind: 'mapping'
  entries: MappingEntry[]
  at: Place
}

export type DocumentNode = ScalarNode | SequenceNode | MappingNode

/** The value under a key of a mapping. */
export function entryOf(node: DocumentNode, key: string): MappingEntry | undefined {
  return node.kind === 'mapping' ? node.entries.find((entry) => entry.key.value === key) : undefined
}
