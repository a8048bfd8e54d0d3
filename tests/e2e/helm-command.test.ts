import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run as stopServer } from '../../apps/slipway/src/commands/down.ts'
import { DataFolder } from '../../apps/slipway/src/data-folder.ts'
import { type ServerProcess, startServerProcess } from '../../apps/slipway/src/story/server-process.ts'
import { clientPath } from './clients.ts'

const PROGRAM = fileURLToPath(new URL('../../apps/slipway/bin/slipway.cjs', import.meta.url))
const data = mkdtempSync(join(tmpdir(), 'slipway-helm-e2e-'))
const helm4 = clientPath('helm4')
const helm3 = clientPath('helm3')

const chart: Record<string, string> = {
  'Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 0.1.0\nappVersion: "7"\ndescription: A shop\n',
  'values.yaml': 'color: red\nsize: 3\n',
  'templates/settings.yaml':
    'apiVersion: v1\nkind: {{ .Values.kind | default "ConfigMap" }}\nmetadata: {name: "{{ .Release.Name }}-settings"}\ndata: {color: "{{ .Values.color }}"{{ with .Values.extra }}, extra: "{{ . }}"{{ end }}}\n',
  'templates/account.yaml':
    '{{ with .Values.ask }}apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ $.Release.Name }}-account"}\ndata: {found: "{{ (lookup ($.Values.api | default "v1") "ServiceAccount" $.Release.Namespace .).metadata.name }}"}\n{{ end }}',
  'templates/before.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}-before", annotations: {helm.sh/hook: "pre-install,pre-upgrade"}}\n',
  'templates/test.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}-test", annotations: {helm.sh/hook: test}}\n',
  'templates/count.yaml':
    '{{ with .Values.count }}apiVersion: v1\nkind: Service\nmetadata: {name: "{{ $.Release.Name }}-count"}\nspec: {ports: [{port: {{ . }}}]}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: "{{ $.Release.Name }}-count"}\nspec: {replicas: {{ . }}}\n{{ end }}',
  'templates/host.yaml':
    '{{ with .Values.host }}apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ $.Release.Name }}-host"}\ndata: {address: "{{ getHostByName (getHostByName .) }}"}\n{{ end }}',
  'templates/odd.yaml': `{{ $odd := .Values.odd | default "" }}{{ if eq $odd "bare" }}a: 1
{{ else if $odd }}apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Release.Name }}-odd", labels: {version: {{ if eq $odd "label" }}3.9{{ else }}x{{ end }}}}
data: {twice: first, twice: second}
{{ end }}`,
  'crds/sign.yaml':
    'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: signs.shop.example.com}\nspec: {group: shop.example.com, scope: Namespaced, names: {plural: signs, kind: Sign}, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]}\n',
  'templates/NOTES.txt': 'The color of {{ .Release.Revision }} is {{ .Values.color }}.\n',
}

interface Result {
  status: number
  stdout: string
  stderr: string
}

type Helm = (...args: string[]) => Promise<Result>

let server: ServerProcess
let registry: string
let token: string

/** A helm with a folder, a configuration and a namespace of its own. */
function helmOf(name: string, command: string, first: string[] = []): Helm & { folder: string } {
  const folder = join(data, `client-${name}`)
  for (const [file, text] of Object.entries(chart)) {
    const path = join(folder, 'shop', file)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  const env = {
    ...process.env,
    KUBECONFIG: join(data, 'kubeconfig'),
    HELM_NAMESPACE: `ns-${name}`,
    HELM_CONFIG_HOME: join(folder, 'config'),
    HELM_CACHE_HOME: join(folder, 'cache'),
    HELM_DATA_HOME: join(folder, 'data'),
  }
  const helm = (...args: string[]): Promise<Result> =>
    new Promise((resolve) => {
      const child = execFile(command, [...first, ...args], { cwd: folder, env }, (error, stdout, stderr) => {
        resolve({ status: error ? Number(error.code ?? 1) : 0, stdout: plain(stdout), stderr: plain(stderr) })
      })
      // Only to a command that reads it: the others may have ended.
      child.stdin?.end(args.includes('--password-stdin') ? `${token}\n` : undefined)
    })
  /** What differs from run to run. */
  const plain = (text: string): string =>
    text
      // client-go's own, when a watch is cut off just as an event comes.
      .replaceAll(/^[IWE]\d{4} .*reflector\.go.*\n/gm, '')
      .replaceAll(folder, 'FOLDER')
      .replaceAll(`ns-${name}`, 'NAMESPACE')
      .replaceAll(/[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}/g, 'DATE')
      .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( \+0000 UTC *|Z)/g, 'TIME')
      // What files of the chart were last changed at is not kept here.
      .replaceAll(/,"(schema)?modtime":"TIME"/g, '')
      .replaceAll(/("(uid|resourceVersion)":)"[^"]+"/g, '$1X')
      .replaceAll(/UPDATED +/g, 'UPDATED ')
      .replaceAll(/(modifiedAt\W+)\d+/g, '$1N')
      .replaceAll(/ (\d+[dhms]){1,2}\b/g, ' AGE')
  return Object.assign(helm, { folder })
}

const asWords = (line: string): string[] =>
  line
    .replaceAll('REGISTRY', registry)
    .split(' ')
    .map((word) => word.replaceAll('~', ' '))

beforeAll(async () => {
  server = await startServerProcess(PROGRAM, data, ['--http-port', '0', '--ssh-port', '0', '--kube-port', '0'])
  registry = new URL(server.instance.http).host
  token = new DataFolder(data).adminToken() ?? ''
})

afterAll(async () => {
  await stopServer({ data, purge: true })
  rmSync(data, { recursive: true, force: true })
})

const commands = `
install a shop --create-namespace
install a shop
install Bad_ shop
install shop
install b shop --dry-run=client --set color=green
install b shop --dry-run=server
upgrade a shop --set color=blue --description by~hand
upgrade a shop --reuse-values --set extra=more
install f shop --set list={3,4},big=12345678 -o json
status f -o json
uninstall f
install f shop --dry-run=client --description hey
upgrade a shop --dry-run=client --description hey
upgrade none shop
upgrade b shop -i
get all b
install c shop --set count=abc
upgrade b shop --set count=abc
status a
history a
history a -o json
list
list -o yaml
list --filter ^b -q
list --filter (?i)^B -q
list --filter ( -q
list --superseded
list --superseded --uninstalled
list --time-format Mon
list --time-format no~time -o json
list --kube-as-user alice
list --kube-as-user alice --kube-as-group none --kube-as-group system:masters
list --kube-as-group none
install z shop --skip-crds --kube-as-user alice
upgrade a shop --kube-as-user alice
uninstall a --kube-as-user alice
template x shop --dry-run=server --kube-as-user alice
list --kube-tls-server-name kubernetes.default.svc
list --kube-tls-server-name other.example.com
list --kube-tls-server-name 192.0.2.1
get values a
get values a --revision 2 -o json
get values a --all
get manifest a
get hooks a
get notes a
get metadata a
get metadata a -o json
get metadata a --revision 1
get all a
template x shop --validate
template x shop --validate --is-upgrade
template x shop --validate --dry-run=server
template x shop --dry-run=none
template x shop --dry-run=true
template shop x -g
package nothing
status none
test a
status a
rollback a 2
rollback a 99
history a
uninstall b
uninstall b
uninstall a --keep-history
list --uninstalled
install a shop --replace
history a
get notes a
get manifest a
uninstall a
template rel shop --dry-run=server --set ask=default
template rel shop --dry-run=server --set ask=nobody
template rel shop --dry-run=server --set ask=default,api=apps/v1
template rel shop --dry-run=server --set kind=Odd
install d shop --set kind=Odd
template rel shop --dry-run=client --set ask=default
template rel shop --enable-dns --set host=127.0.0.1
template rel shop --enable-dns --set host=~
template rel shop --set host=127.0.0.1
template rel shop --dry-run=server --enable-dns --set host=127.0.0.1
install d shop --dry-run=client --enable-dns --set host=127.0.0.1
install d shop --dry-run=server --enable-dns --set host=a~b
install c shop --create-namespace --set ask=default
install d shop --set ask=nobody
uninstall c
install e shop --set odd=bare
install e shop --set odd=label
install e shop --set odd=twice
get manifest e
uninstall e
install e shop --set color.deep=1 --dry-run=client
template e shop --set color.deep=1,odd=twice
create starter
template rel starter
package shop
registry login REGISTRY --plain-http -u admin --password-stdin
push shop-0.1.0.tgz oci://REGISTRY/charts --plain-http
push nothing oci://REGISTRY/charts --plain-http
show values shop --jsonpath {.color}~is~{.size}
show values shop --jsonpath {range~.size}{@}{end}
show values shop --jsonpath {.none}
show values shop --jsonpath {.color
show chart oci://REGISTRY/charts/shop --plain-http
pull oci://REGISTRY/charts/shop --plain-http --version 9.0.0
install c oci://REGISTRY/charts/shop --plain-http --version ~0.1
uninstall c
repo add own http://REGISTRY/helm/v1/repo/
repo add own http://REGISTRY/helm/v1/repo/ --username admin --password-stdin
repo list
repo update
search repo nothing
show chart own/nothing
registry logout REGISTRY
repo remove own
dependency list shop
`
  .trim()
  .split('\n')

describe.runIf(helm4)('the helm command beside Helm 4', () => {
  // Some three hundred runs of two programs, one after the other.
  it('prints, fails and exits as it does, command by command', { timeout: 600_000 }, async () => {
    const theirs = helmOf('real', helm4 ?? '')
    const ours = helmOf('ours', process.execPath, [PROGRAM, 'helm'])
    for (const line of commands) {
      const [expected, actual] = [await theirs(...asWords(line)), await ours(...asWords(line))]
      expect({ line, ...withoutDigest(actual) }).toEqual({ line, ...withoutDigest(expected) })
    }
  })
})

describe('the program', () => {
  it('ends without a word when nobody reads on, as behind head(1)', async () => {
    const child = spawn(process.execPath, [PROGRAM, 'helm', '--help'], { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.destroy()
    const [stderr, [status]] = await Promise.all([child.stderr.toArray(), once(child, 'exit')])

    expect({ status, stderr: Buffer.concat(stderr).toString() }).toEqual({ status: 141, stderr: '' })
  })
})

/** A pushed manifest holds when its archive was written. */
function withoutDigest({ stderr, ...rest }: Result): Result {
  return { ...rest, stderr: stderr.replaceAll(/sha256:[0-9a-f]{64}/g, 'DIGEST') }
}

const helm3Templates = `
template rel shop --dry-run=server --set ask=default
template rel shop --dry-run=server --set ask=nobody
template rel shop --dry-run=server --set kind=Odd
template rel shop --dry-run=none --set ask=default
template rel shop --dry-run --set ask=default
template rel shop --dry-run=odd
template rel shop --validate
template rel shop --validate --set ask=default
template rel shop --validate --dry-run=server --set ask=default
template rel shop --validate --set kind=Odd
template rel shop --validate --kube-as-user alice
template rel shop --validate -n default
template rel shop --enable-dns --set host=127.0.0.1
`
  .trim()
  .split('\n')

describe.runIf(helm3)('helm template --compat helm3 beside Helm 3', () => {
  it('asks the cluster for the same', async () => {
    const theirs = helmOf('three', helm3 ?? '')
    const ours = helmOf('as-three', process.execPath, [PROGRAM, 'helm'])
    for (const line of helm3Templates) {
      const [expected, actual] = [await theirs(...asWords(line)), await ours(...asWords(`${line} --compat helm3`))]
      expect({ line, ...actual }).toEqual({ line, ...expected })
    }
  })
})

describe.runIf(helm3 && helm4)('one release in the hands of Helm 3, Helm 4 and ours', () => {
  it('is read and changed by each after each', async () => {
    const ours = helmOf('shared', process.execPath, [PROGRAM, 'helm'])
    const three = helmOf('shared', helm3 ?? '')
    const four = helmOf('shared', helm4 ?? '')
    const colorOf = async (helm: Helm): Promise<string> =>
      (await helm('get', 'values', 'x')).stdout.split('color: ')[1] ?? ''

    expect(await three('install', 'x', 'shop', '--create-namespace', '--set', 'color=1,extra=e')).toMatchObject({
      status: 0,
    })
    for (const [index, helm] of [ours, four, ours, three, ours].entries()) {
      expect(await helm('upgrade', 'x', 'shop', '--set', `color=${index + 2}`)).toMatchObject({ status: 0, stderr: '' })
      for (const reader of [ours, three, four]) expect(await colorOf(reader)).toBe(`${index + 2}\n`)
    }
    expect((await four('status', 'x', '-o', 'json')).stdout).not.toContain('"extra"')
    for (const helm of [ours, three, ours, four]) {
      expect(await helm('rollback', 'x', '2')).toMatchObject({ status: 0, stderr: '' })
      expect(await helm('test', 'x')).toMatchObject({ status: 0 })
    }
    const histories = await Promise.all([ours, three, four].map((helm) => helm('history', 'x')))
    expect(new Set(histories.map(({ stdout }) => stdout)).size).toBe(1)
    expect(await three('uninstall', 'x')).toMatchObject({ status: 0 })
    expect((await ours('list', '-q')).stdout).toBe('')
  })
})
