import { messageOf, SlipwayError } from '@slipway/errors'
import { isApiError, type KubeClient } from '@slipway/kube-client'
import { parseQuantity } from '@slipway/kube-objects'
import type { ObjectReference } from './autoscaler.ts'

/** What the metrics APIs say of one pod, in thousandths. */
export interface Sample {
  value: number
  /** Milliseconds since 1970, and for how many of them before that it stands. */
  time: number
  window: number
}

export type Samples = Map<string, Sample>

const DEFAULT_WINDOW = 60_000
const NOT_THERE = 'the server could not find the requested resource'
const NOT_READY = 'the server is currently unable to handle the request'

/** Thousandths, rounded up, as Kubernetes counts with quantities. */
export const milli = (quantity: string | number): number => Number((parseQuantity(quantity) + 999_999n) / 1_000_000n)

interface PodMetrics {
  metadata: { name: string }
  timestamp: string
  window: string
  containers: { name: string; usage: Record<string, string> }[]
}

interface MetricValue {
  describedObject: ObjectReference
  timestamp: string
  windowSeconds?: number
  value: string
}

/** The three APIs of metrics, which others serve: metrics.k8s.io, custom.metrics.k8s.io and external.metrics.k8s.io. */
export class MetricsApis {
  readonly #client: KubeClient

  constructor(client: KubeClient) {
    this.#client = client
  }

  /** Of one container, or of all of a pod, which must all have been measured. */
  async resource(name: string, namespace: string, selector: string, container?: string): Promise<Samples> {
    const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods`
    const items = await this.#items<PodMetrics>('resource', path, 'pods.metrics.k8s.io', { labelSelector: selector })
    const samples: Samples = new Map()
    for (const { metadata, timestamp, window, containers } of items) {
      const measured = container === undefined ? containers : containers.filter((one) => one.name === container)
      const usages = measured.map(({ usage }) => usage[name])
      if (usages.length === 0 || usages.includes(undefined)) continue
      const value = usages.reduce((sum, usage) => sum + milli(usage ?? 0), 0)
      samples.set(metadata.name, { value, time: Date.parse(timestamp), window: durationOf(window) })
    }
    return samples
  }

  async pods(metric: string, namespace: string, selector: string, metricSelector: string): Promise<Samples> {
    const path = `/apis/custom.metrics.k8s.io/v1beta1/namespaces/${namespace}/pods/*/${metric}`
    const query = { labelSelector: selector, metricLabelSelector: metricSelector }
    const items = await this.#items<MetricValue>('custom', path, 'pods.custom.metrics.k8s.io', query)
    return new Map(
      items.map(({ describedObject, timestamp, windowSeconds, value }) => [
        describedObject.name,
        {
          value: milli(value),
          time: Date.parse(timestamp),
          window: windowSeconds === undefined ? DEFAULT_WINDOW : windowSeconds * 1000,
        },
      ]),
    )
  }

  async object(metric: string, namespace: string, of: ObjectReference, metricSelector: string): Promise<number> {
    const { apiVersion = 'v1', kind, name } = of
    const { plural } = await this.#client.resource({ apiVersion, kind })
    const [, group] = /^(.+)\/[^/]+$/.exec(apiVersion) ?? []
    const type = group ? `${plural}.${group}` : plural
    const root = `/apis/custom.metrics.k8s.io/v1beta1`
    const isNamespace = type === 'namespaces'
    const place = isNamespace ? `namespaces/${namespace}/metrics` : `namespaces/${namespace}/${type}/${name}`
    const query = { metricLabelSelector: metricSelector }
    const about = `${plural}.custom.metrics.k8s.io ${isNamespace ? namespace : name}`
    const [first] = await this.#items<MetricValue>('custom', `${root}/${place}/${metric}`, about, query)
    return milli(first?.value ?? 0)
  }

  /** The sum of all values. */
  async external(metric: string, namespace: string, selector: string): Promise<number> {
    const path = `/apis/external.metrics.k8s.io/v1beta1/namespaces/${namespace}/${metric}`
    const about = `${metric}.external.metrics.k8s.io`
    const items = await this.#items<{ value: string }>('external', path, about, { labelSelector: selector })
    return items.reduce((sum, { value }) => sum + milli(value), 0)
  }

  /** Throws an Error in the words of Kubernetes' client; `about` is what it says that it asked for. */
  async #items<T>(api: string, path: string, about: string, query: Record<string, string>): Promise<T[]> {
    const parameters = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ''))
    let items: T[]
    try {
      const text = await this.#client.getText(`${path}${parameters.size > 0 ? `?${parameters}` : ''}`)
      ;({ items } = JSON.parse(text) as { items: T[] })
    } catch (error) {
      throw new Error(`unable to fetch metrics from ${api} metrics API: ${reasonOf(error, about)}`, { cause: error })
    }
    if (items.length === 0) throw new Error(`no metrics returned from ${api} metrics API`)
    return items
  }
}

/** What the server said, or what client-go says of an answer that is no Status. */
function reasonOf(error: unknown, about: string): string {
  const message = messageOf(error)
  const isStatus = error instanceof SlipwayError && !message.includes('the server answered with HTTP status')
  if (isStatus && message !== NOT_THERE && !message.startsWith('service unavailable')) return message
  if (isApiError(error, 'KUBE_NOT_FOUND')) return `${NOT_THERE} (get ${about})`
  return isApiError(error, 'KUBE_UNAVAILABLE') ? `${NOT_READY} (get ${about})` : message
}

const UNITS: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Milliseconds of a duration as Go writes it, such as 1m30.5s. */
export function durationOf(text: string): number {
  return [...text.matchAll(/([\d.]+)([a-zµ]+)/g)].reduce(
    (sum, [, amount, unit = '']) => sum + Number(amount) * (UNITS[unit] ?? 0),
    0,
  )
}
