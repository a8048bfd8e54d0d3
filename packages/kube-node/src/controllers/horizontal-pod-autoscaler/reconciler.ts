import type { ReconcileContext, Reconciler } from '@slipway/controller-runtime'
import { messageOf } from '@slipway/errors'
import type { KubeClient } from '@slipway/kube-client'
import { parseLabelSelector } from '@slipway/kube-objects'
import type { Pod } from '../../model/pod.ts'
import { timestamp } from '../clock.ts'
import type { FreshCache } from '../ownership/fresh-cache.ts'
import { updateStatus } from '../status.ts'
import type { Autoscaler, Scale } from './autoscaler.ts'
import { Conditions } from './conditions.ts'
import { type History, limit, rememberChange } from './limits.ts'
import { MetricsApis } from './metrics.ts'
import { MetricFault, type Proposal, proposalOf, type Target } from './proposals.ts'
import type { Rivals } from './rivals.ts'
import { ScaleTarget } from './scale.ts'

/** How often metrics are looked at, as Kubernetes has it. */
const INTERVAL = 15_000

interface Deps {
  client: KubeClient
  pods: Pick<FreshCache<Pod>, 'selectedBy'>
  histories: Map<string, History>
  rivals: Rivals
}

/** One look at one autoscaler. */
interface Look {
  autoscaler: Autoscaler
  context: ReconcileContext<Autoscaler>
  conditions: Conditions
  current: number
}

/** What is to be done, and what the metrics were. */
interface Outcome {
  wanted: number
  why: string
  statuses: Record<string, unknown>[]
}

/** Makes as many pods as the metrics ask for. */
export function autoscalerReconciler({ client, pods, histories, rivals }: Deps): Reconciler<Autoscaler> {
  const metrics = new MetricsApis(client)
  return {
    async reconcile(autoscaler, context) {
      const conditions = new Conditions(autoscaler.status?.conditions)
      const scaled = new ScaleTarget(client, autoscaler)
      const scale = await scaled.read().catch(messageOf)
      if (typeof scale === 'string') {
        context.event('Warning', 'FailedGetScale', scale)
        const why = `the HPA controller was unable to get the target's current scale: ${scale}`
        conditions.set('AbleToScale', 'False', 'FailedGetScale', why)
        await updateStatus(autoscaler, { conditions: conditions.list() }, context)
      } else {
        conditions.set('AbleToScale', 'True', 'SucceededGetScale', CURRENT_SCALE)
        const look = { autoscaler, context, conditions, current: scale.spec?.replicas ?? 0 }
        await adjust(look, scale, scaled)
      }
      return { kind: 'ready', reason: 'Synced', message: '', recheckAfter: INTERVAL }
    },
  }

  async function adjust(look: Look, scale: Scale, scaled: ScaleTarget): Promise<void> {
    const { autoscaler, context, conditions, current } = look
    const outcome = await outcomeOf(look, scale)
    if (!outcome) return
    const { wanted, why, statuses } = outcome
    const status = { currentReplicas: current, desiredReplicas: wanted, currentMetrics: orNull(statuses) }
    if (wanted !== current) {
      const failed = await write(scaled, wanted)
      if (failed !== undefined) {
        context.event('Warning', 'FailedRescale', `New size: ${wanted}; reason: ${why}; error: ${failed}`)
        const message = `the HPA controller was unable to update the target scale: ${failed}`
        conditions.set('AbleToScale', 'False', 'FailedUpdateScale', message)
        const desired = autoscaler.status?.desiredReplicas ?? 0
        await updateStatus(autoscaler, { ...status, desiredReplicas: desired, conditions: conditions.list() }, context)
        return
      }
      const message = `the HPA controller was able to update the target scale to ${wanted}`
      conditions.set('AbleToScale', 'True', 'SucceededRescale', message)
      context.event('Normal', 'SuccessfulRescale', `New size: ${wanted}; reason: ${why}`)
      rememberChange(historyOf(autoscaler, current), wanted - current, Date.now())
      Object.assign(status, { lastScaleTime: timestamp() })
    }
    await updateStatus(autoscaler, { ...status, conditions: conditions.list() }, context)
  }

  /** Undefined when the metrics can't be had: the status says so by then. */
  async function outcomeOf(look: Look, scale: Scale): Promise<Outcome | undefined> {
    const { autoscaler, conditions, current } = look
    const { minReplicas: least = 1, maxReplicas: most } = autoscaler.spec
    const history = historyOf(autoscaler, current)
    if (current === 0 && least !== 0) {
      const message = 'scaling is disabled since the replica count of the target is zero'
      conditions.set('ScalingActive', 'False', 'ScalingDisabled', message)
      return { wanted: 0, why: '', statuses: [] }
    }
    const above = 'Current number of replicas above Spec.MaxReplicas'
    if (current > most) return { wanted: most, why: above, statuses: [] }
    const below = 'Current number of replicas below Spec.MinReplicas'
    if (current < least) return { wanted: least, why: below, statuses: [] }
    const asked = await ask(look, scale)
    if (!asked) return undefined
    const { replicas, able, limited } = limit(autoscaler, history, { current, wanted: asked.wanted, now: Date.now() })
    conditions.set('AbleToScale', 'True', able.reason, able.message)
    conditions.set('ScalingLimited', limited.status, limited.reason, limited.message)
    return { ...asked, wanted: replicas }
  }

  /** What the metrics ask for. Those that can't be had hold back only when there would be fewer pods, or none is left. */
  async function ask(look: Look, scale: Scale): Promise<Outcome | undefined> {
    const { autoscaler, context, conditions, current } = look
    const { metrics: specs = [] } = autoscaler.spec
    const target = targetOf(look, scale)
    if (typeof target === 'string') return fail(look, [], target)
    const results = await Promise.all(
      specs.map((spec) => proposalOf(spec, target, metrics).catch((error: unknown) => error as MetricFault)),
    )
    const faults = results.filter((one) => one instanceof MetricFault)
    const proposals = results.filter((one): one is Proposal => !(one instanceof MetricFault))
    const statuses = results.map((one) => (one instanceof MetricFault ? { type: '' } : one.status))
    for (const fault of faults) context.event('Warning', fault.reason, fault.message)
    const largest = proposals.reduce<Proposal | undefined>(
      (most, one) => (!most || one.replicas > most.replicas ? one : most),
      undefined,
    )
    const [first] = faults
    if (!largest || (first && largest.replicas < current)) {
      if (first) {
        const message = `the HPA was unable to compute the replica count: ${first.message}`
        conditions.set('ScalingActive', 'False', first.reason, message)
      }
      const count = `${faults.length} invalid out of ${specs.length}`
      return fail(look, statuses, `invalid metrics (${count}), first error is: ${first?.whole}`)
    }
    const message = `the HPA was able to successfully calculate a replica count from ${largest.name}`
    conditions.set('ScalingActive', 'True', 'ValidMetricFound', message)
    const why = largest.replicas > current ? `${largest.name} above target` : 'All metrics below target'
    return { wanted: largest.replicas, why, statuses }
  }

  async function fail(look: Look, statuses: Record<string, unknown>[], why: string): Promise<undefined> {
    const { autoscaler, context, conditions, current } = look
    const status = { currentReplicas: current, currentMetrics: orNull(statuses), conditions: conditions.list() }
    const desiredReplicas: number = autoscaler.status?.desiredReplicas ?? 0
    await updateStatus(autoscaler, { ...status, desiredReplicas }, context)
    context.event('Warning', 'FailedComputeMetricsReplicas', why)
  }

  /** Or why there is none (validateAndParseSelector). */
  function targetOf({ autoscaler, context, conditions, current }: Look, { status = {} }: Scale): Target | string {
    const { selector, replicas: present = 0 } = status
    if (!selector) {
      const message = 'selector is required'
      context.event('Warning', 'SelectorRequired', message)
      conditions.set('ScalingActive', 'False', 'InvalidSelector', "the HPA target's scale is missing a selector")
      return message
    }
    const { namespace = 'default' } = autoscaler.metadata
    const requirements = parseLabelSelector(selector)
    const chosen = pods.selectedBy(namespace, requirements)
    rivals.claim(autoscaler, requirements)
    const choosers = rivals.of(chosen)
    if (choosers.length > 1) {
      const message = `pods by selector ${selector} are controlled by multiple HPAs: [${choosers.join(' ')}]`
      context.event('Warning', 'AmbiguousSelector', message)
      conditions.set('ScalingActive', 'False', 'AmbiguousSelector', message)
      return message
    }
    return { namespace, wanted: current, present, selector, pods: chosen, now: Date.now() }
  }

  /** It begins with the pods that there are: fewer must have been enough for a while. */
  function historyOf({ metadata }: Autoscaler, current: number): History {
    const uid = metadata.uid ?? ''
    const known = histories.get(uid) ?? { proposals: [{ replicas: current, time: Date.now() }], changes: [] }
    histories.set(uid, known)
    return known
  }
}

const CURRENT_SCALE = "the HPA controller was able to get the target's current scale"

const orNull = <T>(list: T[]): T[] | null => (list.length > 0 ? list : null)

async function write(scaled: ScaleTarget, replicas: number): Promise<string | undefined> {
  try {
    await scaled.write(replicas)
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}
