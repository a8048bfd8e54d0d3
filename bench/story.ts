/**
 * The figures of the story, on a real server with real clients: `npm run bench:story [-- --rounds N]`.
 * Peers: Flux 2 with an ideal webhook was measured at 389 ms (median) and 509 ms (p95) for push -> applied on such a machine;
 * the article that the story follows waits up to five minutes.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { run as stopServer } from '../apps/slipway/src/commands/down.ts'
import { startServerProcess } from '../apps/slipway/src/story/server-process.ts'
import { Story } from '../apps/slipway/src/story/story.ts'

const PROGRAM = fileURLToPath(new URL('../apps/slipway/bin/slipway.cjs', import.meta.url))
const EXAMPLES = fileURLToPath(new URL('../examples', import.meta.url))
const ROUNDS = Number(process.argv[process.argv.indexOf('--rounds') + 1]) || 20
const DEPLOYMENT = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default', name: 'default-appa-appawebapi' }

const data = mkdtempSync(join(tmpdir(), 'slipway-bench-'))
const rows: string[][] = []

function quantile(values: number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN
}

function report(what: string, values: number[], goal: string): void {
  const ms = (q: number): string => `${Math.round(quantile(values, q))} ms`
  rows.push([what, ms(0.5), ms(0.95), goal])
}

function time(command: string, args: string[]): number {
  const started = performance.now()
  execFileSync(command, args, { stdio: 'ignore' })
  return performance.now() - started
}

/** CPU time of a process in milliseconds (proc(5), stat: utime and stime, in ticks of 10 ms). */
function cpuTime(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}

function residentMegabytes(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) / 1024
}

async function main(): Promise<void> {
  const node = Array.from({ length: 15 }, () => time(process.execPath, ['-e', '0']))
  const help = Array.from({ length: 15 }, () => time(process.execPath, [PROGRAM, '--help']))
  report('node -e 0', node, 'beside')
  report('slipway --help', help, '<= 120 ms, <= 1.7 x node')

  const ports = ['--http-port', '0', '--ssh-port', '0', '--kube-port', '0']
  const first = performance.now()
  await startServerProcess(PROGRAM, data, ports)
  report('slipway up, first start', [performance.now() - first], '')
  await stopServer({ data })
  const second = performance.now()
  const server = await startServerProcess(PROGRAM, data, ports)
  report('slipway up, later start', [performance.now() - second], '< 2 s')

  const story = new Story(data, server.instance, EXAMPLES)
  try {
    await measure(story)
    await measureIdle(server.pid)
  } finally {
    await story.close()
    await stopServer({ data, purge: true })
    rmSync(story.folder, { recursive: true, force: true })
  }
}

async function measure(story: Story): Promise<void> {
  await story.invitePeople()
  await story.connectManifests()
  await story.createPullSecret()
  const appA = await story.createRepository('AppA')
  const developer = await story.startApplication(appA, 'app-a', 'http')
  const builds: number[] = []
  for (const id of [157, 158, 159, 160]) {
    await story.setNextBuildId(id)
    developer.write('README.md', `# Build ${id}\n`)
    const { pushedAt } = await developer.push(`Build ${id}`)
    const { status } = await story.finishedRun(`appa-${id}`)
    if (status.phase !== 'Succeeded') throw new Error(`run ${id}: ${JSON.stringify(status)}`)
    builds.push(Date.now() - pushedAt)
  }
  report('AppA push -> image and chart in the registry', builds.slice(1), '<= 4 s')

  story.manifests.write('appa.yaml', story.example('appa-158.yaml'))
  await story.manifests.push('appa 158')
  await story.answersWith('default-appa-appawebapi', '158')
  const applied: number[] = []
  const answered: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const build = round % 2 === 0 ? '160' : '158'
    story.manifests.write('appa.yaml', story.example(`appa-${build}.yaml`))
    const seen = story
      .exists(DEPLOYMENT, ({ spec }) => spec.template.spec.containers[0].image.endsWith(`:${build}`))
      .then(() => Date.now())
    const { pushedAt } = await story.manifests.push(`appa ${build}`)
    applied.push((await seen) - pushedAt)
    answered.push((await story.answersWith('default-appa-appawebapi', build)).at - pushedAt)
  }
  report("Manifests push -> new version's object applied", applied, '<= 150 ms, p95 <= 400 ms (Flux 2: 389, 509 ms)')
  report('Manifests push -> new pod answers HTTP', answered, '<= 2 s')
}

async function measureIdle(pid: number): Promise<void> {
  // The last pods go, and what the busy time took is given back.
  await sleep(20_000)
  const before = cpuTime(pid)
  await sleep(20_000)
  const share = ((cpuTime(pid) - before) / 20_000) * 100
  rows.push(['idle server, resident memory', `${Math.round(residentMegabytes(pid))} MB`, '', '<= 150 MB'])
  rows.push(['idle server, share of a core', `${share.toFixed(1)} %`, '', '<= 1 %'])
}

await main()
console.table(rows.map(([what, median, p95, goal]) => ({ what, median, p95, goal })))
