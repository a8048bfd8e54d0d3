/**
 * Runs Kubernetes' own conformance suite, the specs of the lists that it is given, against `slipway cluster` or any cluster, and
 * writes the table of results. The suite is built from Kubernetes' sources: `ginkgo`, and `e2e.test` of k8s.io/kubernetes/test/e2e.
 * Its pods' images must be in the engine already, and kubectl on the PATH.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, join, resolve as resolvePath } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { conformanceTable, parseJunit } from './conformance-table.mjs'

const USAGE = `npm run conformance:kube -- [options]
  --suite DIR        folder with ginkgo and e2e.test            (or SLIPWAY_KUBE_SUITE)
  --specs FILE       a list of specs, one a line; may come often (or SLIPWAY_KUBE_SPECS, files separated by "${delimiter}")
  --kubeconfig FILE  the cluster to test (default: a new "slipway cluster")
  --only TEXT        only specs that contain it; writes no table
  --procs N          how many at once (default 8: most of a spec's time is waiting)
  --report FILE      where the table goes (default: docs/conformance-kubernetes.md, or nowhere with --kubeconfig)`

const root = fileURLToPath(new URL('..', import.meta.url))
const { values: options } = parseArgs({
  options: {
    suite: { type: 'string', default: process.env.SLIPWAY_KUBE_SUITE },
    specs: { type: 'string', multiple: true, default: process.env.SLIPWAY_KUBE_SPECS?.split(delimiter) },
    kubeconfig: { type: 'string' },
    only: { type: 'string' },
    procs: { type: 'string', default: '8' },
    report: { type: 'string' },
  },
})

const programs = ['ginkgo', 'e2e.test'].map((name) => join(options.suite ?? '', name))
if (!options.suite || !options.specs) fail('the conformance suite or its lists of specs are not named')
for (const file of [...programs, ...options.specs]) if (!existsSync(file)) fail(`${file} does not exist`)

const lists = options.specs.map((file) => ({ name: basename(file, '.txt'), specs: specsOf(file) }))
const wanted = lists.flatMap(({ specs }) => specs)
if (wanted.length === 0) fail('no spec is left to run')

const folder = mkdtempSync(join(tmpdir(), 'slipway-conformance-'))
const cluster = options.kubeconfig ? undefined : await startCluster(join(folder, 'kubeconfig'))
try {
  await runSuite(resolvePath(options.kubeconfig ?? join(folder, 'kubeconfig')))
} finally {
  await cluster?.stop()
}
const results = readdirSync(folder)
  .filter((name) => name.startsWith('junit'))
  .flatMap((name) => parseJunit(readFileSync(join(folder, name), 'utf8')))
const { markdown, failures } = conformanceTable(lists, results)
const report =
  options.report ?? (options.kubeconfig || options.only ? undefined : join(root, 'docs/conformance-kubernetes.md'))
if (report) writeFileSync(report, markdown)
for (const { spec, reason } of failures) console.log(`FAIL ${spec}\n     ${reason}`)
console.log(`${wanted.length - failures.length} passed, ${failures.length} failed${report ? `: ${report}` : ''}`)
if (failures.length === 0) rmSync(folder, { recursive: true, force: true })
process.exit(failures.length > 0 ? 1 : 0)

function specsOf(file) {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line && !line.startsWith('#') && line.includes(options.only ?? ''))
}

/** Ends with the suite, whatever its outcome: that is in its reports. */
function runSuite(kubeconfig) {
  const log = join(folder, 'ginkgo.log')
  console.log(`running ${wanted.length} specs; what the suite says: ${log}`)
  const focus = wanted.map((spec) => spec.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|')
  const [ginkgo, suite] = programs
  const args = ['-p', `--procs=${options.procs}`, '--no-color', '--succinct', `--focus=${focus}`, suite, '--']
  const suiteArgs = ['--provider=skeleton', '--num-nodes=1', '--allowed-not-ready-nodes=1', `--report-dir=${folder}`]
  const out = openSync(log, 'w')
  return new Promise((resolve, reject) => {
    const child = spawn(ginkgo, [...args, `--kubeconfig=${kubeconfig}`, ...suiteArgs], {
      cwd: folder,
      stdio: ['ignore', out, out],
    })
    child.on('error', reject)
    child.on('exit', resolve)
  })
}

async function startCluster(kubeconfig) {
  const program = join(root, 'apps/slipway/bin/slipway.cjs')
  const child = spawn(program, ['cluster', '--kubeconfig', kubeconfig], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.on('exit', resolve))
  await new Promise((resolve, reject) => {
    let output = ''
    child.stdout.on('data', (text) => {
      output += text
      if (/^Ready\.$/m.test(output)) resolve()
    })
    ended.then(() => reject(new Error(`slipway cluster ended before it was ready:\n${output}`)))
  })
  return {
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

function fail(message) {
  console.error(`${message}\n\n${USAGE}`)
  process.exit(2)
}
