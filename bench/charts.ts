/**
 * The chart engine's figures, beside Helm's: `npm run bench:charts -- --corpus DIR --helm FILE [--engine FILE]`, or the
 * variables CHART_CORPUS, HELM and HELM_ENGINE. The engine is a program that renders the corpus's cases without flags with Helm's own
 * Go code in one process and prints a line for each pass.
 */
import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { isMainThread, type MessagePort, parentPort, Worker } from 'node:worker_threads'
import { serveThread, ThreadPool } from '@slipway/helm-controller'
import { argumentsOf, type ChartCase, type ChartCorpus, openCorpus } from '../tests/conformance/charts/corpus.ts'
import { type Spent, silently, type Work, worker } from './charts/work.ts'

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

type Run = (work: Work) => Spent[] | Promise<Spent[]>

/** The cases without flags that Helm renders. */
function flagless({ cases }: ChartCorpus): readonly ChartCase[] {
  return cases.filter(({ exit, args }) => exit === 0 && args.length === 0)
}

function byChart(cases: readonly ChartCase[]): ChartCase[][] {
  const groups = new Map<string, ChartCase[]>()
  for (const item of cases) groups.set(item.chart, [...(groups.get(item.chart) ?? []), item])
  return [...groups.values()]
}

/** Does the same with each chart's cases, as many charts at a time as there are runners. Milliseconds of the whole, and of each case. */
async function pass(cases: readonly ChartCase[], kind: Work['kind'], runners: readonly Run[]) {
  const waiting = byChart(cases)
  const spent: Spent[] = []
  const start = performance.now()
  const work = async (run: Run) => {
    for (let next = waiting.shift(); next; next = waiting.shift()) spent.push(...(await run({ kind, cases: next })))
  }
  await Promise.all(runners.map(work))
  const renders = spent.map(({ render }) => render).sort((a, b) => a - b)
  return { total: performance.now() - start, load: spent.reduce((sum, { load }) => sum + load, 0), renders }
}

async function printPass(name: string, ...[cases, kind, runners]: Parameters<typeof pass>): Promise<void> {
  const { total, load, renders } = await pass(cases, kind, runners)
  const [median, p95] = [quantile(renders, 0.5), quantile(renders, 0.95)]
  console.log(
    `  ${name}: ${renders.length} rendered in ${total.toFixed(0)} ms, load ${load.toFixed(0)} ms, median ${median.toFixed(2)} ms, p95 ${p95.toFixed(2)} ms`,
  )
}

interface Threads {
  readonly runners: readonly Run[]
  close(): Promise<void>
}

/** As many threads as the server has for its charts on this machine. */
function startThreads(): Threads {
  const count = availableParallelism()
  const pool = new ThreadPool<Work, Spent[]>({
    start: () => new Worker(process.argv[1] as string, { resourceLimits: { maxYoungGenerationSizeMb: 64 } }),
    count,
    idle: 60_000,
    fatal: (cause) => cause,
  })
  return { runners: Array.from({ length: count }, () => (work) => pool.run(work)), close: () => pool.close() }
}

/** The engines side by side, each in one process. */
async function engines(corpus: ChartCorpus, { runners }: Threads, engine: string | undefined): Promise<void> {
  const cases = flagless(corpus)
  const here = [worker()]
  const passes = ['pass 1', 'pass 2', 'pass 3']
  console.log('In one process, cases without flags:')
  for (const [kind, what] of [
    ['anew', 'charts loaded anew in each pass'],
    ['kept', 'charts kept'],
  ] as const) {
    console.log(`slipway, ${what}`)
    for (const name of passes) await printPass(name, cases, kind, here)
  }
  console.log(`slipway, ${runners.length} threads, charts loaded anew in each pass`)
  for (const name of passes) await printPass(name, cases, 'anew', runners)
  if (engine === undefined || !existsSync(engine)) {
    console.log('helm: no engine to compare with (--engine FILE or HELM_ENGINE)')
    return
  }
  console.log("helm's Go engine, everything anew in each pass")
  const { stdout } = spawnSync(engine, [corpus.folder], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  console.log(stdout.trimEnd().replaceAll(/^/gm, '  '))
}

/** (a) Every case: here in one process, on one thread and on as many as the server has, and Helm's command once for each. */
async function wholeCorpus({ cases }: ChartCorpus, { runners }: Threads, helm: string): Promise<void> {
  const one = await silently(() => pass(cases, 'commands', [worker()]))
  const all = await silently(() => pass(cases, 'commands', runners))
  const start = performance.now()
  for (const item of cases) run(helm, ['template', ...argumentsOf(item)])
  const theirs = performance.now() - start
  for (const [name, ours] of [
    ['one thread', one],
    [`${runners.length} threads`, all],
  ] as const) {
    console.log(
      `(a) ${cases.length} cases: slipway in one process, ${name} ${seconds(ours.total)}, helm template for each ${seconds(theirs)}: ${times(theirs, ours.total)}`,
    )
  }
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

async function main(): Promise<void> {
  const { corpus: source, helm, engine } = peers()
  const corpus = openCorpus(source)
  process.chdir(corpus.folder)
  const threads = startThreads()
  try {
    await engines(corpus, threads, engine)
    const here = [worker()]
    await pass(flagless(corpus), 'kept', here)
    const { renders } = await pass(flagless(corpus), 'kept', here)
    console.log(`(b) one warm render: median ${millis(quantile(renders, 0.5))}, p95 ${millis(quantile(renders, 0.95))}`)
    coldStart(corpus.folder, helm)
    await memory(corpus, helm)
    await wholeCorpus(corpus, threads, helm)
  } finally {
    await threads.close()
    process.chdir('/')
    corpus.close()
  }
}

if (isMainThread) await main()
else await silently(() => new Promise(() => serveThread(parentPort as MessagePort, worker())))
