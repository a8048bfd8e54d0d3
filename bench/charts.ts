/**
 * The chart engine's figures, beside Helm's: `npm run bench:charts -- --corpus DIR --helm FILE [--engine FILE]`, or the
 * variables CHART_CORPUS, HELM and HELM_ENGINE. The engine is a program that renders the corpus's cases without flags with Helm's own
 * Go code in one process and prints a line for each pass.
 */
import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Chart, renderChart } from '@slipway/helm-chart'
import { readChart } from '../apps/slipway/src/helm/chart-source.ts'
import { completeSchemas } from '../apps/slipway/src/helm/fetched-schemas.ts'
import { runLocalTemplate } from '../apps/slipway/src/helm/local-template.ts'
import { nodePlatform } from '../apps/slipway/src/helm/node-platform.ts'
import { readValues } from '../apps/slipway/src/helm/values-options.ts'
import { argumentsOf, type ChartCase, type ChartCorpus, openCorpus } from '../tests/conformance/charts/corpus.ts'

const slipway = fileURLToPath(new URL('../node_modules/.bin/slipway', import.meta.url))

interface Peers {
  readonly corpus: string
  readonly helm: string
  readonly engine: string | undefined
}

function peers(): Peers {
  const { values } = parseArgs({
    options: { corpus: { type: 'string' }, helm: { type: 'string' }, engine: { type: 'string' } },
  })
  const { CHART_CORPUS, HELM, HELM_ENGINE } = process.env
  const corpus = values.corpus ?? CHART_CORPUS
  const helm = values.helm ?? HELM
  if (!corpus || !helm) {
    console.error(
      'bench:charts needs a corpus of charts and a helm program: --corpus DIR --helm FILE, or CHART_CORPUS and HELM',
    )
    process.exit(2)
  }
  return { corpus, helm, engine: values.engine ?? HELM_ENGINE }
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`
const millis = (ms: number) => `${ms.toFixed(1)} ms`
const times = (theirs: number, ours: number) => `${(theirs / ours).toFixed(1)} times as fast`

function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

/** Loads and renders every case that has no flags and that Helm renders, as one pass. */
function pass(corpus: ChartCorpus, loaded: Map<string, Chart> | undefined): { load: number; render: number[] } {
  let load = 0
  const render: number[] = []
  for (const { chart: path, exit, args, ...item } of corpus.cases) {
    if (exit !== 0 || args.length > 0) continue
    const start = performance.now()
    const chart = loaded?.get(path) ?? readChart(path)
    loaded?.set(path, chart)
    const middle = performance.now()
    const values = readValues({ values: item.values, set: [], setString: [], setJson: [], setLiteral: [], setFile: [] })
    renderChart(chart, { values, release: { name: item.release, namespace: item.namespace }, platform: nodePlatform })
    load += middle - start
    render.push(performance.now() - middle)
  }
  return { load, render: render.sort((a, b) => a - b) }
}

function printPass(name: string, { load, render }: { load: number; render: number[] }): number {
  const total = render.reduce((sum, ms) => sum + ms, 0)
  const [median, p95] = [quantile(render, 0.5), quantile(render, 0.95)]
  console.log(
    `  ${name}: ${render.length} rendered, load ${load.toFixed(0)} ms, render ${total.toFixed(0)} ms, median ${median.toFixed(2)} ms, p95 ${p95.toFixed(2)} ms`,
  )
  return load + total
}

/** The engines side by side, each in one process. */
function engines(corpus: ChartCorpus, engine: string | undefined): void {
  console.log('In one process, cases without flags:')
  console.log('slipway, charts loaded anew in each pass')
  for (const name of ['pass 1', 'pass 2', 'pass 3']) printPass(name, pass(corpus, undefined))
  console.log('slipway, charts kept')
  const loaded = new Map<string, Chart>()
  for (const name of ['pass 1', 'pass 2', 'pass 3']) printPass(name, pass(corpus, loaded))
  if (engine === undefined || !existsSync(engine)) {
    console.log('helm: no engine to compare with (--engine FILE or HELM_ENGINE)')
    return
  }
  console.log("helm's Go engine, everything anew in each pass")
  const { stdout } = spawnSync(engine, [corpus.folder], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  console.log(stdout.trimEnd().replaceAll(/^/gm, '  '))
}

/** (a) Every case: here in one process, Helm's command once for each. */
function wholeCorpus({ cases }: ChartCorpus, helm: string): void {
  const write = { out: process.stdout.write, error: process.stderr.write }
  process.stdout.write = () => true
  process.stderr.write = () => true
  const start = performance.now()
  for (const item of cases) void runLocalTemplate(argumentsOf(item), {}, completeSchemas)
  const ours = performance.now() - start
  process.stdout.write = write.out
  process.stderr.write = write.error
  const middle = performance.now()
  for (const item of cases) run(helm, ['template', ...argumentsOf(item)])
  const theirs = performance.now() - middle
  console.log(
    `(a) ${cases.length} cases: slipway in one process ${seconds(ours)}, helm template for each ${seconds(theirs)}: ${times(theirs, ours)}`,
  )
}

function run(program: string, args: readonly string[]): SpawnSyncReturns<Buffer> {
  return spawnSync(program, args, { stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 28 })
}

/** (c) One cold command after the other, each on its own and in turn, so that both see the same machine. */
function coldStart(folder: string, helm: string): void {
  run(helm, ['create', join(folder, 'fresh')])
  const spent = { ours: [] as number[], theirs: [] as number[] }
  for (let i = 0; i < 20; i++) {
    const args = ['template', 'name', join(folder, 'fresh'), '--namespace', 'default']
    const start = performance.now()
    run(slipway, ['helm', ...args])
    const middle = performance.now()
    run(helm, args)
    spent.ours.push(middle - start)
    spent.theirs.push(performance.now() - middle)
  }
  const ours = quantile(
    spent.ours.sort((a, b) => a - b),
    0.5,
  )
  const theirs = quantile(
    spent.theirs.sort((a, b) => a - b),
    0.5,
  )
  console.log(
    `(c) helm create's chart, cold, median of 20: slipway helm template ${millis(ours)}, helm template ${millis(theirs)}: ${(ours / theirs).toFixed(2)} times its time`,
  )
}

/** (d) The most memory that one command has for the chart whose archive is the largest. */
async function memory({ folder, cases }: ChartCorpus, helm: string): Promise<void> {
  const size = ({ chart }: ChartCase) => (chart.endsWith('.tgz') ? statSync(join(folder, chart)).size : 0)
  const largest = cases.filter(({ exit }) => exit === 0).reduce((best, next) => (size(next) > size(best) ? next : best))
  const ours = await peakMemory(slipway, ['helm', 'template', ...argumentsOf(largest)])
  const theirs = await peakMemory(helm, ['template', ...argumentsOf(largest)])
  const mebibytes = (kibibytes: number) => `${(kibibytes / 1024).toFixed(0)} MiB`
  console.log(`(d) peak memory, ${largest.chart}: slipway ${mebibytes(ours)}, helm ${mebibytes(theirs)}`)
}

/** The kernel's high-water mark, in KiB, read until the program ends. */
async function peakMemory(program: string, args: readonly string[]): Promise<number> {
  const child = spawn(program, args, { stdio: 'ignore' })
  let peak = 0
  const timer = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0))
    } catch {
      // It has ended.
    }
  }, 2)
  await new Promise((resolve) => child.once('exit', resolve))
  clearInterval(timer)
  return peak
}

const { corpus: source, helm, engine } = peers()
const corpus = openCorpus(source)
process.chdir(corpus.folder)
try {
  engines(corpus, engine)
  const loaded = new Map<string, Chart>()
  pass(corpus, loaded)
  const { render } = pass(corpus, loaded)
  console.log(`(b) one warm render: median ${millis(quantile(render, 0.5))}, p95 ${millis(quantile(render, 0.95))}`)
  coldStart(corpus.folder, helm)
  await memory(corpus, helm)
  wholeCorpus(corpus, helm)
} finally {
  process.chdir('/')
  corpus.close()
}
