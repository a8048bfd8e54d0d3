import { type AdmissionPlugin, concerns } from './admission.ts'

interface Taint {
  key: string
  effect: string
}

const NOT_READY: Taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }

/** No pod goes to a new Node before it says that it is ready (TaintNodesByCondition). */
export const nodeTaint: AdmissionPlugin = {
  mutate(request) {
    const { operation, object } = request
    if (operation !== 'CREATE' || !object || !concerns(request, '', 'nodes')) return
    const taints: Taint[] = object.spec?.taints ?? []
    if (taints.some(({ key, effect }) => key === NOT_READY.key && effect === NOT_READY.effect)) return
    object.spec = { ...object.spec, taints: [...taints, NOT_READY] }
  },
}
