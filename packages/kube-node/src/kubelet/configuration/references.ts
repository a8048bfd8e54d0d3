import type { Pod } from '../../model/pod.ts'
import type { ConfigurationKind } from './configuration-watch.ts'

/** Whether a volume of the pod is made of this ConfigMap or Secret. */
export function mounts({ spec }: Pod, kind: ConfigurationKind, name: string): boolean {
  return (spec.volumes ?? []).some(({ configMap, secret, projected }) => {
    const sources = projected?.sources ?? []
    return kind === 'ConfigMap'
      ? configMap?.name === name || sources.some((source) => source.configMap?.name === name)
      : secret?.secretName === name || sources.some((source) => source.secret?.name === name)
  })
}
