import type { KubeObject } from '@slipway/kube-objects'

/** What a client should know of an object that it may have all the same; `old` is undefined of a new one. */
export type WarningRule = (object: KubeObject, old: KubeObject | undefined) => string[]

/** Rules by `group/plural`. */
export type WarningRules = ReadonlyMap<string, WarningRule>

/** No answer tells of more (rest/warnings.ts), and things that all stand in each other's way have a warning for each pair. */
export const MOST_WARNINGS = 300
/** Things that are compared with each other: beyond, it takes longer than a warning is worth. */
export const MOST_COMPARED = 1000

export function annotationWarnings({ metadata }: Pick<KubeObject, 'metadata'>, key: string, why: string): string[] {
  return metadata.annotations?.[key] === undefined ? [] : [`metadata.annotations[${key}]: ${why}`]
}
