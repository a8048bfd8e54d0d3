import type { KubeObject } from '@slipway/kube-objects'
import { timestamp } from './timestamp.ts'

/** How an object goes that does not go at once. */
export interface Departure {
  /** What holds it. */
  finalizers: string[]
  /** Seconds that it has. */
  grace: number
}

/** Writes into an object that it is to go, and what holds it; whether nobody had asked for that before. */
export function depart({ metadata }: KubeObject, { finalizers, grace }: Departure, now: Date): boolean {
  if (finalizers.length > 0) metadata.finalizers = finalizers
  else delete metadata.finalizers
  const { deletionTimestamp: end, deletionGracePeriodSeconds: left = 0 } = metadata
  const isFirst = end === undefined
  if (isFirst || grace < left) {
    // The time that a later delete leaves counts from the first.
    const asked = isFirst ? now.getTime() : Date.parse(end) - left * 1000
    metadata.deletionTimestamp = timestamp(new Date(asked + grace * 1000))
    metadata.deletionGracePeriodSeconds = grace
  }
  if (isFirst && metadata.generation) metadata.generation++
  return isFirst
}
