import type { EventSubject } from '@slipway/controller-runtime'
import type { Pod } from '../model/pod.ts'

const LISTS = ['containers', 'initContainers', 'ephemeralContainers'] as const

/** A container of a pod as the subject of an event. */
export function aboutContainer({ apiVersion, kind, metadata, spec }: Pod, name: string): EventSubject {
  const list = LISTS.find((candidate) => spec[candidate]?.some((container) => container.name === name))
  return { apiVersion, kind, metadata, ...(list && { fieldPath: `spec.${list}{${name}}` }) }
}

/** A pod as the kubelet names it in texts. */
export const podText = ({ metadata }: Pod): string => `${metadata.name}_${metadata.namespace}(${metadata.uid})`

/** Milliseconds as Go prints a time.Duration. */
export function durationText(milliseconds: number): string {
  if (milliseconds > 0 && milliseconds < 1000) return `${milliseconds}ms`
  const hours = Math.floor(milliseconds / 3_600_000)
  const minutes = Math.floor(milliseconds / 60_000) % 60
  const seconds = `${(milliseconds % 60_000) / 1000}s`
  if (hours > 0) return `${hours}h${minutes}m${seconds}`
  return minutes > 0 ? `${minutes}m${seconds}` : seconds
}
