import { type Chart, loadArchive, loadChart, type Platform } from '@slipway/helm-chart'
import type { ChartPackage } from '../chart-source/chart-source.ts'
import { Kept } from '../kept.ts'
import { type RenderedRelease, type RenderTask, renderHere, type World } from '../rendering/rendering.ts'
import type { Findings, KnownAnswers } from '../rendering/rounds.ts'
import { type ErrorForm, formOf } from './error-form.ts'

/** What is known of a rendering's world. */
export type KnownWorld = {
  readonly [Kind in (typeof askedKinds)[number]]: World[Kind] extends Findings<infer A> ? KnownAnswers<A> : never
}

export const askedKinds = ['objects', 'documents', 'hosts'] as const

/** What a thread is asked to do with a chart: to read it, to read a file of it, to render it. */
export type ChartWork = { readonly chart: ChartPackage } & (
  | { readonly kind: 'open' }
  | { readonly kind: 'read'; readonly path: string }
  | { readonly kind: 'render'; readonly task: RenderTask; readonly known: KnownWorld }
)

/** How a rendering ended, and what it asked for that was not known. */
export interface RenderingEnd {
  readonly released?: RenderedRelease
  readonly failed?: ErrorForm
  readonly asked: { readonly [Kind in keyof KnownWorld]: ReadonlySet<string> }
}

/** Of `read` the text of the file, of `render` how it ended. */
export type ChartWorkDone = string | RenderingEnd | undefined

/** Charts that a thread keeps. */
const KEPT = 8

/** Does the work of charts with the charts it has read. */
export function chartWorker(platform: Platform): (work: ChartWork) => ChartWorkDone {
  const charts = new Kept<Chart>(KEPT)
  const open = ({ digest, content }: ChartPackage): Chart => {
    const known = charts.get(digest)
    if (known) return known
    const chart = content instanceof Uint8Array ? loadArchive(content, platform) : loadChart(content, platform)
    charts.set(digest, chart)
    return chart
  }
  return (work) => {
    const chart = open(work.chart)
    switch (work.kind) {
      case 'open':
        return undefined
      case 'read':
        return textOf(chart, work.path)
      case 'render':
        return render(chart, platform, work)
    }
  }
}

function textOf(chart: Chart, path: string): string | undefined {
  const file = chart.raw.find(({ name }) => name === path)
  return file && new TextDecoder().decode(file.data)
}

function render(
  chart: Chart,
  platform: Platform,
  { task, known }: Extract<ChartWork, { kind: 'render' }>,
): RenderingEnd {
  const world = {
    objects: new KnownOnly(known.objects),
    documents: new KnownOnly(known.documents),
    hosts: new KnownOnly(known.hosts),
  }
  const asked = { objects: world.objects.asked, documents: world.documents.asked, hosts: world.hosts.asked }
  try {
    const { release, crds } = renderHere(chart, platform)(task, world, { isComplete: () => false })
    return { released: { release, crds }, asked }
  } catch (error) {
    return { failed: formOf(error), asked }
  }
}

/** What is known, and what else was asked for. */
class KnownOnly<A> implements Findings<A> {
  readonly #known: KnownAnswers<A>
  readonly asked = new Set<string>()

  constructor(known: KnownAnswers<A>) {
    this.#known = known
  }

  find(key: string): A | undefined {
    const { found, otherwise } = this.#known
    if (found.has(key)) return found.get(key)
    if (!otherwise) this.asked.add(key)
    return otherwise?.answer
  }
}
