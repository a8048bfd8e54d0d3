/**
 * The embedded Kubernetes API beside the real one, etcd and kube-apiserver, on this machine and in one run: `npm run bench:kube --
 * --etcd FILE --kube-apiserver FILE [--objects N] [--only STEP,…]`, or the variables ETCD and KUBE_APISERVER. Without them only ours is
 * measured. Both store durably, and are asked by a client in a process of its own over 16 connections.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import type { Measured } from './kube/load-client.ts'
import { type Served, startRealPair, startSlipway } from './kube/servers.ts'

const CLIENT = fileURLToPath(new URL('./kube/load-client.ts', import.meta.url))
const { values: options } = parseArgs({
  options: {
    etcd: { type: 'string', default: process.env.ETCD ?? '' },
    'kube-apiserver': { type: 'string', default: process.env.KUBE_APISERVER ?? '' },
    objects: { type: 'string', default: '5000' },
    only: { type: 'string' },
  },
})
const objects = Number(options.objects)

/** What is done, in this order: the client's step, and how often. */
const STEPS: [what: string, step: string, count: number][] = [
  ['create', 'create', objects],
  ['get', 'get', objects],
  ['apply', 'apply', objects],
  [`list of ${objects}`, 'list', objects],
  ['watch, 100 watchers', 'watch', 300],
  [`create ${objects} more`, 'create-more', objects],
  [`list of ${2 * objects}`, 'list', objects],
]

type Step = Measured & { cpu: number }

interface Figures {
  startedIn: number
  idleMegabytes: number
  steps: Record<string, Step>
}

async function measure(start: (folder: string) => Promise<Served>): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-bench-kube-'))
  const server = await start(folder)
  try {
    // What a start leaves behind is given back after some seconds; etcd and kube-apiserver take as long to settle.
    await sleep(12_000)
    const figures: Figures = { startedIn: server.startedIn, idleMegabytes: residentMegabytes(server.pids), steps: {} }
    for (const [what, step, count] of STEPS) {
      if (options.only && !['create', ...options.only.split(',')].includes(step)) continue
      const before = cpuTime(server.pids)
      const { stdout } = await promisify(execFile)(process.execPath, [
        '--import',
        'tsx',
        CLIENT,
        server.kubeconfig,
        step,
        String(count),
      ])
      const measured = JSON.parse(stdout) as Measured
      figures.steps[what] = { ...measured, cpu: (cpuTime(server.pids) - before) / measured.operations }
      console.error(`${server.name}, ${what}: ${stdout.trim()}`)
    }
    const [first, more] = [figures.steps.create, figures.steps[`create ${objects} more`]]
    if (first && more) figures.steps[`create ${2 * objects} in all`] = together(first, more)
    return figures
  } finally {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** One figure of two steps: the first follows a start, when a program still compiles. Of their p50 and p99 the worse. */
function together(one: Step, other: Step): Step {
  const operations = one.operations + other.operations
  return {
    operations,
    seconds: one.seconds + other.seconds,
    p50: Math.max(one.p50, other.p50),
    p99: Math.max(one.p99, other.p99),
    cpu: (one.cpu * one.operations + other.cpu * other.operations) / operations,
  }
}

/** CPU time of processes in milliseconds (proc(5), stat: utime and stime, in ticks of 10 ms). */
function cpuTime(pids: number[]): number {
  return sum(
    pids.map((pid) => {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
      return (Number(fields[11]) + Number(fields[12])) * 10
    }),
  )
}

function residentMegabytes(pids: number[]): number {
  return sum(pids.map((pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024))
}

const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0)

const ours = await measure((folder) => startSlipway(folder, ['--nodes', 'none']))
const { etcd, 'kube-apiserver': apiserver } = options
const real = etcd && apiserver ? await measure((folder) => startRealPair(folder, { etcd, apiserver })) : undefined
if (!real) console.log('the real pair is not measured: name it with --etcd FILE --kube-apiserver FILE')

const times = (ratio: number): string => `${ratio.toFixed(1)} x`
console.table([
  {
    what: 'start to /readyz',
    slipway: `${ours.startedIn.toFixed(0)} ms`,
    real: real && `${real.startedIn.toFixed(0)} ms`,
    ratio: real && times(real.startedIn / ours.startedIn),
  },
  {
    what: 'idle, resident memory',
    slipway: `${ours.idleMegabytes.toFixed(0)} MB`,
    real: real && `${real.idleMegabytes.toFixed(0)} MB`,
    ratio: real && times(real.idleMegabytes / ours.idleMegabytes),
  },
])
console.table(
  Object.entries(ours.steps).map(([what, mine]) => {
    const theirs = real?.steps[what]
    const rate = ({ operations, seconds }: Measured): number => operations / seconds
    const figures = (one: Step): string =>
      `${rate(one).toFixed(rate(one) < 100 ? 1 : 0)}/s, p50 ${one.p50.toFixed(1)}, p99 ${one.p99.toFixed(1)} ms, CPU ${one.cpu.toFixed(2)} ms`
    return {
      what,
      slipway: figures(mine),
      real: theirs && figures(theirs),
      throughput: theirs && times(rate(mine) / rate(theirs)),
      'p99 of real': theirs && `${((mine.p99 / theirs.p99) * 100).toFixed(0)} %`,
    }
  }),
)
