/**
 * Feeds the chart engine what nobody would write: charts of a corpus with bytes changed, cut and mixed, and templates made of
 * loose pieces. Whatever comes in, a rendering or a UserError must come out, within bounded time.
 *
 * `npm run fuzz:charts -- [--seconds N] [--seed N] [--corpus DIR]`, or the variable CHART_CORPUS. A finding is printed with the
 * chart's files, and the exit status is 1.
 */
import { parseArgs } from 'node:util'
import { UserError } from '@slipway/errors'
import { type ChartFile, loadArchive, loadChart, packageChart, renderChart } from '@slipway/helm-chart'
import { readChart } from '../../apps/slipway/src/helm/chart-source.ts'
import { nodePlatform } from '../../apps/slipway/src/helm/node-platform.ts'
import { openCorpus } from '../conformance/charts/corpus.ts'
import { pieces } from './template-pieces.ts'

const { values: flags } = parseArgs({
  options: { seconds: { type: 'string' }, seed: { type: 'string' }, corpus: { type: 'string' } },
})
const seconds = Number(flags.seconds ?? 60)
const seed = Number(flags.seed ?? Date.now() % 1_000_000)
const slowest = 20_000

/** Mulberry32: the same seed gives the same charts. */
function randomFrom(state: number): (limit: number) => number {
  let at = state
  return (limit) => {
    at = (at + 0x6d2b79f5) | 0
    let mixed = Math.imul(at ^ (at >>> 15), 1 | at)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
}

const below = randomFrom(seed)
const oneOf = <T>(items: readonly T[]): T => items[below(items.length)] as T
const bytesOf = (text: string) => new TextEncoder().encode(text)

function madeUpFiles(): ChartFile[] {
  const text = () => Array.from({ length: 1 + below(30) }, () => oneOf(pieces)).join(oneOf(['', ' ', '\n']))
  return [
    { name: 'Chart.yaml', data: bytesOf('apiVersion: v2\nname: fuzz\nversion: 1.0.0\n') },
    { name: 'values.yaml', data: bytesOf(below(2) ? 'a: {b: [1, x, {c: null}]}\n' : text()) },
    { name: 'templates/a.yaml', data: bytesOf(text()) },
    { name: 'templates/_b.tpl', data: bytesOf(text()) },
  ]
}

function mutated(data: Uint8Array): Uint8Array {
  const bytes = [...data]
  for (let i = 0; i <= below(4); i++) {
    const at = below(bytes.length + 1)
    const action = below(4)
    if (action === 0) bytes.splice(at, below(20))
    else if (action === 1) bytes.splice(at, 0, ...bytesOf(oneOf(pieces)))
    else if (action === 2) bytes[at] = below(256)
    else bytes.splice(at, 0, ...bytes.slice(below(bytes.length + 1)).slice(0, below(200)))
  }
  return Uint8Array.from(bytes)
}

function tryFiles(files: readonly ChartFile[]): void {
  const chart = loadChart(files, nodePlatform)
  loadArchive(packageChart(chart, nodePlatform).data, nodePlatform)
  renderChart(chart, { values: {}, release: { name: 'rel', namespace: 'ns' }, platform: nodePlatform })
}

/** What went wrong; a UserError is the right answer to a broken chart. */
function finding(run: () => void): string | undefined {
  const start = performance.now()
  try {
    run()
  } catch (error) {
    if (!(error instanceof UserError)) return error instanceof Error ? (error.stack ?? error.message) : String(error)
  }
  const spent = performance.now() - start
  return spent > slowest ? `took ${Math.round(spent)} ms` : undefined
}

function corpusFiles(): ChartFile[][] {
  const folder = flags.corpus ?? process.env.CHART_CORPUS
  if (!folder) return []
  const corpus = openCorpus(folder)
  process.chdir(corpus.folder)
  const found = [...new Set(corpus.cases.map(({ chart }) => chart))].flatMap((path) => {
    try {
      return [[...readChart(path).raw]]
    } catch {
      // Some charts are broken on purpose, as wholes.
      return []
    }
  })
  process.chdir('/')
  corpus.close()
  return found
}

const known = corpusFiles()
const end = performance.now() + seconds * 1000
let rounds = 0
for (; performance.now() < end; rounds++) {
  const files = known.length > 0 && below(2) ? [...oneOf(known)] : madeUpFiles()
  for (let i = 0; i <= below(3); i++) {
    const at = below(files.length)
    const { name, data } = files[at] as ChartFile
    files[at] = { name, data: mutated(data) }
  }
  const archive = below(10) === 0 ? mutated(nodePlatform.gzip(mutated(files[0]?.data ?? new Uint8Array()))) : undefined
  const problem = finding(() => (archive ? loadArchive(archive, nodePlatform) : tryFiles(files)))
  if (problem === undefined) continue
  console.error(`round ${rounds} of seed ${seed}: ${problem}`)
  for (const { name, data } of files) console.error(`--- ${name}\n${new TextDecoder().decode(data)}`)
  process.exit(1)
}
console.log(`${rounds} charts of seed ${seed}, ${known.length} charts of the corpus to begin with: nothing found`)
