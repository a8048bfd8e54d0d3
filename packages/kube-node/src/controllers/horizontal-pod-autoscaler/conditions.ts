import { timestamp } from '../clock.ts'

type ConditionType = 'AbleToScale' | 'ScalingActive' | 'ScalingLimited'

export interface AutoscalerCondition {
  type: ConditionType
  status: 'True' | 'False'
  reason: string
  message: string
  lastTransitionTime?: string
}

/** The conditions of one autoscaler while it is looked at. */
export class Conditions {
  #list: AutoscalerCondition[]

  constructor(known: AutoscalerCondition[] = []) {
    this.#list = known
  }

  list(): AutoscalerCondition[] {
    return this.#list
  }

  set(type: ConditionType, status: AutoscalerCondition['status'], reason: string, message: string): void {
    const before = this.#list.find((one) => one.type === type)
    const lastTransitionTime = before?.status === status ? before.lastTransitionTime : timestamp()
    const next = { type, status, reason, message, ...(lastTransitionTime && { lastTransitionTime }) }
    this.#list = before ? this.#list.map((one) => (one === before ? next : one)) : [...this.#list, next]
  }
}
