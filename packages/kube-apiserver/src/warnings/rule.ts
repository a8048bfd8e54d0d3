import type { KubeObject } from '@slipway/kube-objects'

/** What a client should know of an object that it may have all the same; `old` is undefined of a new one. */
export type WarningRule = (object: KubeObject, old: KubeObject | undefined) => string[]

/** Rules by `group/plural`. */
export type WarningRules = ReadonlyMap<string, WarningRule>

export function annotationWarnings({ metadata }: Pick<KubeObject, 'metadata'>, key: string, why: string): string[] {
  return metadata.annotations?.[key] === undefined ? [] : [`metadata.annotations[${key}]: ${why}`]
}
