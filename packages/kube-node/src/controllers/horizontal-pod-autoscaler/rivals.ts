import { type KubeObject, type LabelRequirement, matchesLabels } from '@slipway/kube-objects'

interface Claim {
  key: string
  namespace: string | undefined
  requirements: LabelRequirement[]
}

/** Which autoscalers choose which pods, as each was last seen: two of the same pods would undo what the other does. */
export class Rivals {
  readonly #claims = new Map<string, Claim>()

  /** An autoscaler chooses by this selector. */
  claim({ metadata }: KubeObject, requirements: LabelRequirement[]): void {
    const { uid = '', name, namespace } = metadata
    this.#claims.set(uid, { key: `${namespace}/${name}`, namespace, requirements })
  }

  /** An autoscaler is gone. */
  forget({ metadata }: KubeObject): void {
    this.#claims.delete(metadata.uid ?? '')
  }

  /** Those that choose some of these pods, by `namespace/name`. */
  of(pods: Pick<KubeObject, 'metadata'>[]): string[] {
    const isChosen = ({ namespace, requirements }: Claim): boolean =>
      pods.some(({ metadata }) => metadata.namespace === namespace && matchesLabels(metadata.labels, requirements))
    return [...this.#claims.values()]
      .filter(isChosen)
      .map(({ key }) => key)
      .toSorted()
  }
}
