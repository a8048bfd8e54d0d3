import { messageOf } from '@slipway/errors'
import { controllerOf } from '../../labels.ts'
import type { PodWords } from '../pods/pod-writer.ts'

/** The StatefulSet controller's words about its pods (stateful_pod_control.go, recordPodEvent). */
export const statefulPodWords: PodWords = (verb, pod, error) =>
  `${verb} Pod ${pod.metadata.name} in StatefulSet ${controllerOf(pod)?.name} ${outcome('successful', error)}`

/** The same about the claim of a pod that it has made, or has not (recordClaimEvent). */
export function claimWords(names: { claim: string; pod: string; set: string }, error?: unknown): string {
  const forPod = error === undefined ? 'Pod' : 'for Pod'
  return `create Claim ${names.claim} ${forPod} ${names.pod} in StatefulSet ${names.set} ${outcome('success', error)}`
}

const outcome = (success: string, error: unknown): string =>
  error === undefined ? success : `failed error: ${messageOf(error)}`
