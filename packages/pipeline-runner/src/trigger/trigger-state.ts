import { isApiError, type KubeClient } from '@slipway/kube-client'

/** What the trigger has looked at in one repository. */
export interface TriggerState {
  /** The number that the next run's `slipway.dev/trigger` label gets. */
  next: number
  /** The commit of each ref that was decided on. */
  refs: Record<string, string>
}

/** Keeps the state in a ConfigMap beside the runs. */
export class TriggerStates {
  readonly #client: KubeClient
  readonly #namespace: string

  constructor(client: KubeClient, namespace: string) {
    this.#client = client
    this.#namespace = namespace
  }

  async read(repository: string): Promise<TriggerState> {
    const object = await this.#client.get(this.#ref(repository))
    const text = (object?.data as { state?: string } | undefined)?.state
    return text ? (JSON.parse(text) as TriggerState) : { next: 1, refs: {} }
  }

  async write(repository: string, state: TriggerState): Promise<void> {
    const ref = this.#ref(repository)
    const data = { state: JSON.stringify(state) }
    try {
      await this.#client.patch(ref, 'merge', { data })
    } catch (error) {
      if (!isApiError(error, 'KUBE_NOT_FOUND')) throw error
      const { apiVersion, kind, name, namespace } = ref
      await this.#client.create({ apiVersion, kind, metadata: { name, namespace }, data })
    }
  }

  #ref(repository: string): { apiVersion: string; kind: string; namespace: string; name: string } {
    return { apiVersion: 'v1', kind: 'ConfigMap', namespace: this.#namespace, name: `pipeline-trigger-${repository}` }
  }
}
