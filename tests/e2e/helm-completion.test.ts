import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clientPath } from './clients.ts'
import { type ClusterProcess, startClusterProcess } from './cluster-process.ts'

const PROGRAM = fileURLToPath(new URL('../../apps/slipway/bin/slipway.cjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'slipway-helm-completion-'))
const kubeconfig = join(folder, 'kubeconfig')
const helm4 = clientPath('helm4')
const run = promisify(execFile)

let cluster: ClusterProcess

/** What a helm answers to a shell: names without what is said of them, and what the shell is to do. */
async function ask(helm: readonly string[], line: string): Promise<unknown> {
  const [command = '', ...args] = [...helm, '__complete', ...line.split(' ')]
  const { stdout } = await run(command, args, { cwd: folder, env: environment })
  const lines = stdout.trim().split('\n')
  const hints = /^(_activeHelp_|\.\/|\/|plugin|hub|powershell|help)/
  const names = lines.map((one) => one.replace(/\t.*/, '')).filter((name) => !hints.test(name))
  return { line, names: names.sort() }
}

const environment = {
  ...process.env,
  KUBECONFIG: kubeconfig,
  HELM_NAMESPACE: 'shop',
  HELM_CONFIG_HOME: folder,
  HELM_CACHE_HOME: folder,
}

beforeAll(async () => {
  mkdirSync(join(folder, 'chart', 'templates'), { recursive: true })
  writeFileSync(join(folder, 'chart', 'Chart.yaml'), 'apiVersion: v2\nname: shop\nversion: 0.1.0\nappVersion: "7"\n')
  writeFileSync(join(folder, 'repositories.yaml'), 'repositories: [{name: own, url: "https://own.example.com"}]\n')
  cluster = startClusterProcess(['--nodes', 'none', '--kubeconfig', kubeconfig])
  await cluster.ready
})

afterAll(async () => {
  await cluster.end('SIGTERM')
  rmSync(folder, { recursive: true, force: true })
})

const lines = `
st
get~
get val
repo~
search~
registry~
status~
status one~
history o
get values~
get values one --revision~
rollback one~
uninstall one~
test~
upgrade~
upgrade one~
upgrade one ow
install~
install x~
install x ow
install x oci
install x ./
install -g~
show chart~
show values ow
pull https://exa
repo remove~
repo remove own~
repo update~
status -o~
list --output=
list -n~
list --kube-context~
-n shop status~
install x y --values~
lint~
package~
dependency build~
create~
completion~
upgrade --force-c
`

describe.runIf(helm4)('what shells are answered, beside Helm 4', () => {
  it('is the same', async () => {
    for (const name of ['one', 'other']) {
      await run(helm4 ?? '', ['install', name, 'chart', '--create-namespace'], { cwd: folder, env: environment })
    }
    await run(helm4 ?? '', ['upgrade', 'one', 'chart'], { cwd: folder, env: environment })
    for (const line of lines
      .trim()
      .split('\n')
      .map((one) => one.replaceAll('~', ' '))) {
      const [expected, actual] = [await ask([helm4 ?? ''], line), await ask([process.execPath, PROGRAM, 'helm'], line)]
      expect(actual).toEqual(expected)
    }
  })
})
