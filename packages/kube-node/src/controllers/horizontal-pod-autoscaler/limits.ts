import type { Autoscaler, ScalingRules } from './autoscaler.ts'

/** How long fewer pods must have been enough, where nothing else is said. */
const DOWN_WINDOW = 5 * 60_000

/** What was proposed and done of late, in memory only: a new process begins with the pods that there are. */
export interface History {
  proposals: { replicas: number; time: number }[]
  /** How many pods came, or went, when. */
  changes: { by: number; time: number }[]
}

export interface Limited {
  replicas: number
  /** Of the conditions AbleToScale and ScalingLimited. */
  able: Words
  limited: Words & { status: 'True' | 'False' }
}

interface Words {
  reason: string
  message: string
}

interface Proposed {
  current: number
  wanted: number
  now: number
}

const READY: Words = { reason: 'ReadyForNewScale', message: 'recommended size matches current size' }
const DOWN: Words = {
  reason: 'ScaleDownStabilized',
  message: 'recent recommendations were higher than current one, applying the highest recent recommendation',
}
const UP: Words = {
  reason: 'ScaleUpStabilized',
  message: 'recent recommendations were lower than current one, applying the lowest recent recommendation',
}
const WITHIN: Words = {
  reason: 'DesiredWithinRange',
  message: 'the desired count is within the acceptable range',
}
const MOST: Words = {
  reason: 'TooManyReplicas',
  message: 'the desired replica count is more than the maximum replica count',
}
const LEAST: Words = {
  reason: 'TooFewReplicas',
  message: 'the desired replica count is less than the minimum replica count',
}
const FASTEST_UP: Words = {
  reason: 'ScaleUpLimit',
  message: 'the desired replica count is increasing faster than the maximum scale rate',
}
const FASTEST_DOWN: Words = {
  reason: 'ScaleDownLimit',
  message: 'the desired replica count is decreasing faster than the maximum scale rate',
}

/** What is done of what the metrics ask for: no sudden changes, and within the limits. Remembers the proposal. */
export function limit({ spec }: Autoscaler, history: History, proposed: Proposed): Limited {
  const { behavior, maxReplicas: most, minReplicas: least = 1 } = spec
  const { current, wanted, now } = proposed
  const upWindow = (behavior?.scaleUp.stabilizationWindowSeconds ?? 0) * 1000
  const downSeconds = behavior?.scaleDown.stabilizationWindowSeconds
  const downWindow = downSeconds === undefined ? DOWN_WINDOW : downSeconds * 1000
  const within = (window: number) =>
    history.proposals.filter(({ time }) => time > now - window).map(({ replicas }) => replicas)
  const lowest = behavior ? Math.min(wanted, ...within(upWindow)) : wanted
  const highest = Math.max(wanted, ...within(downWindow))
  const stable = behavior ? Math.min(Math.max(current, lowest), highest) : highest
  const keep = Math.max(upWindow, downWindow)
  history.proposals = [...history.proposals.filter(({ time }) => time > now - keep), { replicas: wanted, time: now }]
  const held = behavior && wanted >= current ? UP : DOWN
  const able = stable === wanted ? READY : held
  const bounds = behavior
    ? boundsByRules(behavior, history, { current, wanted: stable, now }, { least, most })
    : { least: [least, LEAST] as Bound, most: byDefault(current, most) }
  const [replicas, words] = bounded(stable, bounds)
  return { replicas, able, limited: { status: replicas === stable ? 'False' : 'True', ...words } }
}

type Bound = [replicas: number, words: Words]

function bounded(wanted: number, { least, most }: { least?: Bound; most?: Bound }): Bound {
  if (least && wanted < least[0]) return least
  if (most && wanted > most[0]) return most
  return [wanted, WITHIN]
}

/** At most twice as many at once, or four. */
function byDefault(current: number, most: number): Bound {
  const fastest = Math.max(2 * current, 4)
  return most > fastest ? [fastest, FASTEST_UP] : [most, MOST]
}

function boundsByRules(
  { scaleUp, scaleDown }: Required<Autoscaler['spec']>['behavior'],
  history: History,
  proposed: Proposed,
  { least, most }: { least: number; most: number },
): { least?: Bound; most?: Bound } {
  const { current, wanted } = proposed
  if (wanted > current) {
    const fastest = Math.max(current, rateLimit(scaleUp, 1, history, proposed))
    return { most: most > fastest ? [fastest, FASTEST_UP] : [most, MOST] }
  }
  if (wanted === current) return {}
  const fastest = Math.min(current, rateLimit(scaleDown, -1, history, proposed))
  return { least: least < fastest ? [fastest, FASTEST_DOWN] : [least, LEAST] }
}

/** How far the rules let the number go in one direction, from where it was when their period began. */
function rateLimit(
  { selectPolicy = 'Max', policies = [] }: ScalingRules,
  direction: 1 | -1,
  { changes }: History,
  { current, now }: Proposed,
): number {
  if (selectPolicy === 'Disabled') return current
  const limits = policies.map(({ type, value, periodSeconds }) => {
    const since = changes.filter(({ time }) => time > now - periodSeconds * 1000)
    const start = current - since.reduce((sum, { by }) => sum + by, 0)
    if (type === 'Pods') return start + direction * value
    const share = start * (1 + (direction * value) / 100)
    // Else a small number would never grow.
    return direction > 0 ? Math.ceil(share) : Math.trunc(share)
  })
  const isFarthest = selectPolicy === 'Max'
  return isFarthest === direction > 0 ? Math.max(...limits) : Math.min(...limits)
}

const LONGEST_PERIOD = 30 * 60_000

export function rememberChange(history: History, by: number, now: number): void {
  history.changes = [...history.changes.filter(({ time }) => time > now - LONGEST_PERIOD), { by, time: now }]
}
