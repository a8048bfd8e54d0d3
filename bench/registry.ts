/**
 * Our registry beside Distribution, on one disk in one run:
 * `npm run bench:registry [-- --reference PROGRAM --dir DIR --scale 0.1 --rounds N --only TEXT]`.
 * PROGRAM is Distribution's `registry` (also $SLIPWAY_BENCH_DISTRIBUTION); without it ours is measured alone. With `--large` 16
 * clients push 1 GiB each as well, which takes 32 GiB of DIR.
 */
import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { measureIndex, SHAPES } from './registry/chart-index.ts'
import type { Job, Result } from './registry/load.ts'
import { type Peer, startDistribution, startOurs } from './registry/servers.ts'

const MIB = 1024 * 1024
const LOADS = [
  { name: '1 x 1 GiB', kind: 'blobs', count: 1, size: 1024 * MIB },
  { name: '100 x 10 MiB', kind: 'blobs', count: 100, size: 10 * MIB },
  { name: '10,000 x 10 KiB', kind: 'blobs', count: 10_000, size: 10 * 1024 },
  { name: '1,000 manifests', kind: 'manifests', count: 1_000, size: 0 },
] as const

const CHARTS = 10_000

interface Measured {
  seconds: number
  p99: number
  /** MiB, the most during the load. */
  memory: number
  /** Seconds of a processor. */
  work: number
}

function option(name: string, fallback: string): string {
  const at = process.argv.indexOf(`--${name}`)
  return (at < 0 ? undefined : process.argv[at + 1]) ?? fallback
}

/** One load client, a process of its own. */
class Load {
  readonly #child: ChildProcess = fork(fileURLToPath(new URL('registry/load.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx'],
  })

  run(job: Job): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#child.once('message', (answer: Result | { error: string }) => {
        if ('error' in answer) reject(new Error(answer.error))
        else resolve(answer)
      })
      this.#child.send(job)
    })
  }

  stop(): void {
    this.#child.kill()
  }
}

type Work = Omit<Job, 'url' | 'authorization'>

async function run(load: Load, peer: Peer, work: Work): Promise<Result> {
  const authorization = await peer.login(`repository:${work.repository}:pull,push`)
  return load.run({ ...work, url: peer.url, ...(authorization !== undefined && { authorization }) })
}

/** Both have run for a while when they are measured: compiled what they compile, opened what they keep open. */
async function warmUp(load: Load, peer: Peer): Promise<void> {
  const warm = { repository: 'bench/warm', count: 1_000, size: 10 * 1024, clients: 4 }
  for (const kind of ['push blobs', 'pull blobs', 'push manifests', 'pull manifests'] as const) {
    await run(load, peer, { ...warm, kind })
  }
  const large = { repository: 'bench/warm', count: 8, size: 10 * MIB, clients: 4 }
  for (const kind of ['push blobs', 'pull blobs'] as const) await run(load, peer, { ...large, kind })
}

async function measure(load: Load, peer: Peer, work: Work): Promise<Measured> {
  // What is still to be written of the load before is not charged to this one.
  spawnSync('sync')
  let memory = 0
  const before = await peer.work()
  const watch = setInterval(() => {
    void peer.memory().then((now) => {
      memory = Math.max(memory, now)
    })
  }, 50)
  try {
    const { seconds, times } = await run(load, peer, work)
    times.sort((a, b) => a - b)
    return { seconds, p99: times[Math.ceil(times.length * 0.99) - 1] ?? 0, memory, work: (await peer.work()) - before }
  } finally {
    clearInterval(watch)
  }
}

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

function combine(rounds: Measured[]): Measured {
  return {
    seconds: median(rounds.map(({ seconds }) => seconds)),
    p99: median(rounds.map(({ p99 }) => p99)),
    memory: Math.max(...rounds.map(({ memory }) => memory)),
    work: median(rounds.map(({ work }) => work)),
  }
}

function row(what: string, amount: (seconds: number) => string, ours: Measured, theirs: Measured | undefined) {
  return {
    load: what,
    slipway: amount(ours.seconds),
    ...(theirs && { distribution: amount(theirs.seconds), ratio: (theirs.seconds / ours.seconds).toFixed(2) }),
    p99: `${ours.p99.toFixed(1)} ms`,
    ...(theirs && { 'their p99': `${theirs.p99.toFixed(1)} ms` }),
    memory: `${ours.memory.toFixed(0)} MiB`,
    ...(theirs && { 'their memory': `${theirs.memory.toFixed(0)} MiB` }),
    cpu: `${ours.work.toFixed(2)} s`,
    ...(theirs && { 'their cpu': `${theirs.work.toFixed(2)} s` }),
  }
}

type Row = ReturnType<typeof row>

/** One kind of load against registries that are started for it, so that the disk holds no more than this. */
async function measureLoad(load: Load, loadOf: (typeof LOADS)[number], options: Options): Promise<Row[]> {
  const { kind, size } = loadOf
  const { scale, rounds, reference } = options
  const count = Math.max(1, Math.round(loadOf.count * scale))
  const dir = await mkdtemp(join(options.dir, 'bench-registry-'))
  const peers = [await startOurs(join(dir, 'ours'))]
  if (reference !== '') peers.push(await startDistribution(reference, join(dir, 'reference')))
  const rows: Row[] = []
  try {
    for (const peer of peers) await warmUp(load, peer)
    for (const { verb, clients } of turns(count, options.large)) {
      const measured: Measured[][] = peers.map(() => [])
      // One blob is pulled by every client; of those that are pushed each client has one at least.
      const times = verb === 'pull' && count < clients ? clients : 1
      const blobs = verb === 'push' ? Math.max(count, clients) : count
      for (let round = 0; round < rounds; round++) {
        const repository = `bench/${times > 1 ? 1 : clients}-${round}`
        // Whoever is second in a round finds the disk busier, or the machine's memory readier.
        const order = [...peers.entries()]
        for (const [index, peer] of round % 2 === 0 ? order : order.reverse()) {
          const job = { repository, kind: `${verb} ${kind}` as const, clients, count: blobs, size, times }
          measured[index]?.push(await measure(load, peer, job))
        }
      }
      const [ours, theirs] = measured.map(combine)
      const work = blobs * times
      const amount = (seconds: number): string =>
        size >= MIB ? `${((work * size) / MIB / seconds).toFixed(0)} MiB/s` : `${(work / seconds).toFixed(0)}/s`
      if (ours)
        rows.push(
          row(`${verb} ${nameOf(loadOf, blobs)}, ${clients} client${clients > 1 ? 's' : ''}`, amount, ours, theirs),
        )
      console.error(rows.at(-1))
    }
  } finally {
    for (const peer of peers) await peer.stop()
    await rm(dir, { recursive: true, force: true })
  }
  return rows
}

/** As it is named, unless there are more of them. */
function nameOf({ name, count }: (typeof LOADS)[number], blobs: number): string {
  return blobs > count ? name.replace(`${count}`, `${blobs}`) : name
}

function turns(count: number, large: boolean): { verb: 'push' | 'pull'; clients: number }[] {
  const all = [1, 16].flatMap((clients) => [
    { verb: 'push' as const, clients },
    { verb: 'pull' as const, clients },
  ])
  return all.filter(({ verb, clients }) => verb === 'pull' || large || clients <= count)
}

/** What is to be known of both to read the figures. */
const NOTES = [
  'Sync: of a blob Distribution syncs the file at the end of PATCH and of PUT, and each of its small state files and their folders;',
  '  not the folder that the blob moves to. Ours syncs the file, the folder that it moves to, and one line of its log.',
  'Pull: both send what is stored, without comparing it with its digest.',
]

/** Ours alone: Distribution has no charts. */
async function measureIndexes({ scale, dir }: Options): Promise<object[]> {
  const folder = await mkdtemp(join(dir, 'bench-registry-'))
  const ours = await startOurs(folder)
  try {
    const rows: object[] = []
    for (const shape of SHAPES) rows.push(...(await measureIndex(ours, shape, Math.round(CHARTS * scale))))
    return rows
  } finally {
    await ours.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

interface Options {
  scale: number
  rounds: number
  reference: string
  dir: string
  /** Whether pushes are measured that fill a disk. */
  large: boolean
}

async function main(): Promise<void> {
  const options = {
    scale: Math.min(1, Number(option('scale', '1'))),
    rounds: Number(option('rounds', '3')),
    reference: option('reference', process.env.SLIPWAY_BENCH_DISTRIBUTION ?? ''),
    dir: option('dir', tmpdir()),
    large: process.argv.includes('--large'),
  }
  if (options.reference === '') console.error('no --reference: Distribution is not measured')
  const load = new Load()
  const rows: Row[] = []
  for (const one of LOADS) {
    if (one.name.includes(option('only', ''))) rows.push(...(await measureLoad(load, one, options)))
  }
  load.stop()
  if (rows.length > 0) {
    console.table(rows)
    console.log(NOTES.join('\n'))
  }
  if ('index.yaml'.includes(option('only', ''))) console.table(await measureIndexes(options))
}

await main()
