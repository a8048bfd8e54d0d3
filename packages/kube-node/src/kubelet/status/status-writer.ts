import { isApiError, type KubeClient } from '@slipway/kube-client'
import { canonicalJson } from '../../canonical.ts'
import type { Pod } from '../../model/pod.ts'
import type { PodStatus } from '../../model/pod-status.ts'
import { PASSING_CONDITIONS } from './conditions.ts'
import { mergeStatus } from './pod-status.ts'

const RETRY = 500
/** No status is this text. */
const NOTHING_SAID = ''

interface Wanted {
  pod: Pod
  status: PodStatus
}

/** Writes the status of one pod in the background; of states that follow one another fast only the last is sent. */
export class StatusWriter {
  readonly #client: KubeClient
  readonly #onError: (error: unknown) => void
  /** The status last said, in JSON. */
  #last: string | undefined
  #next: Wanted | undefined
  #writing: Promise<void> | undefined

  constructor(client: KubeClient, onError: (error: unknown) => void) {
    this.#client = client
    this.#onError = onError
  }

  /** Returns at once. Nothing is sent when the pod says so already. */
  set(pod: Pod, status: PodStatus): void {
    const text = canonicalJson(status)
    if (text === this.#last || (this.#last === undefined && says(pod.status, status))) return
    this.#last = text
    this.#next = { pod, status }
    this.#writing ??= this.#write()
  }

  /** Whether another pod has the name by now. */
  async #isReplaced({ metadata: { name, namespace = 'default', uid } }: Pod): Promise<boolean> {
    try {
      const found = await this.#client.get({ apiVersion: 'v1', kind: 'Pod', namespace, name })
      return found?.metadata.uid !== uid
    } catch {
      // Who does not know it says what went wrong with the status itself.
      return false
    }
  }

  /** Resolves when everything is written, or refused. */
  async flush(): Promise<void> {
    await this.#writing
  }

  async #write(): Promise<void> {
    try {
      for (let next = this.#take(); next; next = this.#take()) await this.#send(next)
    } finally {
      // Not a moment later: what came in between would wait for the state after it.
      this.#writing = undefined
    }
  }

  #take(): Wanted | undefined {
    const next = this.#next
    this.#next = undefined
    return next
  }

  async #send(wanted: Wanted): Promise<void> {
    const { pod, status } = wanted
    const { name, namespace = 'default', uid } = pod.metadata
    try {
      await this.#client.patch(
        { apiVersion: 'v1', kind: 'Pod', namespace, name },
        // Conditions are merged by their type, so that those of others stay.
        'strategic',
        // The uid makes a pod of the same name that came after this one refuse the status.
        { metadata: { uid }, status: { ...status, ...replaced(status) } },
        { subresource: 'status', fieldManager: 'kubelet' },
      )
    } catch (error) {
      const isRefused = isApiError(error, 'KUBE_INVALID')
      if (isApiError(error, 'KUBE_NOT_FOUND') || (isRefused && (await this.#isReplaced(pod)))) return
      this.#onError(error)
      if (isRefused) {
        // It would be again. The next look says it anew, whatever it finds.
        this.#last = NOTHING_SAID
        return
      }
      this.#next ??= wanted
      await new Promise((resolve) => setTimeout(resolve, RETRY).unref())
    }
  }
}

/** What would be merged too and must not: older addresses, and why a condition was not met that is. */
function replaced({ podIPs = [], hostIPs = [], conditions = [] }: PodStatus): Record<string, unknown> {
  const replace = { $patch: 'replace' }
  return {
    podIPs: [replace, ...podIPs],
    hostIPs: [replace, ...hostIPs],
    conditions: [
      ...conditions.map((condition) => ({ reason: null, message: null, ...condition })),
      ...PASSING_CONDITIONS.filter((type) => !conditions.some((condition) => condition.type === type)).map((type) => ({
        $patch: 'delete',
        type,
      })),
    ],
  }
}

function says(before: PodStatus | undefined, status: PodStatus): boolean {
  const text = (one: PodStatus | undefined): string => {
    const conditions = [...(one?.conditions ?? [])].sort((a, b) => (a.type < b.type ? -1 : 1))
    return canonicalJson({ ...one, conditions })
  }
  return text(mergeStatus(before, status)) === text(before)
}
