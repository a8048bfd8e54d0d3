import type { Spec } from '../defaults/spec.ts'
import { type AdmissionPlugin, concerns } from './admission.ts'

/** Lets pods stay for five minutes where a node is not ready or out of reach (DefaultTolerationSeconds). */
export const defaultTolerations: AdmissionPlugin = {
  mutate(request) {
    const { operation, object } = request
    if (!object?.spec || !concerns(request, '', 'pods') || (operation !== 'CREATE' && operation !== 'UPDATE')) return
    addTolerations(object.spec as Spec)
  },
}

function addTolerations(spec: Spec): void {
  const tolerations: Spec[] = spec.tolerations ?? []
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
    const known = tolerations.some(
      (one) => (one.key === key || !one.key) && [undefined, '', 'NoExecute'].includes(one.effect),
    )
    if (!known) tolerations.push({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 })
  }
  spec.tolerations = tolerations
}
