import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clientPath } from './clients.ts'
import { type ClusterProcess, startClusterProcess } from './cluster-process.ts'

const PROGRAM = fileURLToPath(new URL('../../apps/slipway/bin/slipway.cjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'slipway-post-render-'))
const helm4 = clientPath('helm4')
const helm3 = clientPath('helm3')

interface Result {
  status: number
  stdout: string
  stderr: string
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}

const chart: Record<string, string> = {
  'Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 0.1.0\n',
  'values.yaml': 'color: red\n',
  'templates/settings.yaml': `# Above everything

# above the kind
apiVersion: v1 # the first
kind: ConfigMap
metadata:
    name: {{ .Release.Name }}-settings
    labels: {app: shop,   "tier":   'front'}
data:
    color: "{{ .Values.color }}"
    text: |
        red and
          green

    folded: >-
      one
      two
    # the last
---
kind: Role
apiVersion: rbac.authorization.k8s.io/v1
metadata: {name: r}
rules:
# about the first
- apiGroups: [""]
  resources: ["pods", # and more
    services]
  verbs: [get]
`,
  'templates/other.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}-other", annotations: {}}\n',
  'templates/hook.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: hook, annotations: {helm.sh/hook: "pre-install,pre-upgrade"}}\ndata: {color: red}\n',
  'templates/NOTES.txt': 'The color is {{ .Values.color }}, red.\n',
  'crds/crd.yaml': `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: reds.example.com}
spec:
  group: example.com
  names: {kind: Red, plural: reds}
  scope: Namespaced
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
`,
}

/** The commands of plug-ins, by name. */
const plugins: Record<string, string> = {
  same: '{command: cat}',
  blue: '{command: sed, args: [-e, s/red/blue/]}',
  edit: '{command: sed}',
  own: `{command: $HELM_PLUGIN_DIR/run.sh, args: ["\${HELM_PLUGIN_NAME}"]}`,
  other: '{os: plan9, command: nothing}',
  failing: '{command: sh, args: [-c, "echo secret >&2; exit 3"]}',
  silent: '{command: "true"}',
  missing: '{command: no-such-program}',
  more: '{command: sh, args: [-c, "cat; echo ---; echo \'{kind: ConfigMap, apiVersion: v1, metadata: {name: added}}\'"]}',
  bare: '{command: sh, args: [-c, "echo kind: Thing"]}',
  broken: '{command: sh, args: [-c, "echo a: b: c"]}',
  list: '{command: sh, args: [-c, "echo - a"]}',
  text: '{command: sh, args: [-c, "echo red"]}',
}

const pluginFile = (name: string, command: string, type = 'postrenderer/v1'): string =>
  `apiVersion: v1\nname: ${name}\nversion: 0.1.0\ntype: ${type}\nruntime: subprocess\nruntimeConfig:\n  platformCommand: [${command}]\n`

let cluster: ClusterProcess

beforeAll(async () => {
  for (const [name, text] of Object.entries(chart)) write(`shop/${name}`, text)
  for (const [name, command] of Object.entries(plugins)) write(`plugins/${name}/plugin.yaml`, pluginFile(name, command))
  write('plugins/cli/plugin.yaml', pluginFile('cli', '{command: cat}', 'cli/v1'))
  write('plugins/wrong/plugin.yaml', 'apiVersion: v9\nname: wrong\n')
  write('plugins/own/run.sh', '#!/bin/sh\nsed "s/red/$1/"\n')
  chmodSync(join(folder, 'plugins/own/run.sh'), 0o755)
  write('program', `#!/bin/sh\nsed -e "\${1:-s/red/blue/}"\n`)
  chmodSync(join(folder, 'program'), 0o755)
  write('fails', '#!/bin/sh\necho oops >&2\nexit 3\n')
  chmodSync(join(folder, 'fails'), 0o755)
  cluster = startClusterProcess(['--nodes', 'none', '--kubeconfig', join(folder, 'kubeconfig')])
  await cluster.ready
})

afterAll(async () => {
  await cluster?.end('SIGTERM')
  rmSync(folder, { recursive: true, force: true })
})

function helmOf(name: string, command: string, first: string[] = [], pluginFolder = 'plugins') {
  const env = {
    ...process.env,
    KUBECONFIG: join(folder, 'kubeconfig'),
    HELM_NAMESPACE: `ns-${name}`,
    HELM_PLUGINS: join(folder, pluginFolder),
    HELM_CACHE_HOME: join(folder, `cache-${name}`),
  }
  return (...args: string[]): Promise<Result> =>
    new Promise((resolve) => {
      execFile(command, [...first, ...args], { cwd: folder, env }, (error, stdout, stderr) => {
        const plain = (text: string) => text.replaceAll(`ns-${name}`, 'NAMESPACE').replaceAll(/LAST DEPLOYED: .*/g, '')
        resolve({ status: error ? Number(error.code ?? 1) : 0, stdout: plain(stdout), stderr: plain(stderr) })
      })
    })
}

const ours = helmOf('ours', process.execPath, [PROGRAM, 'helm'])

describe.runIf(helm4)('--post-renderer as Helm 4 has it', () => {
  const theirs = helmOf('theirs', helm4 ?? '')

  it.each([
    ...Object.keys(plugins).map((name) => [name]),
    ['cli'],
    ['nothing'],
    ['blue', '--include-crds'],
    ['blue', '--show-only', 'templates/settings.yaml'],
    ['blue', '--no-hooks'],
    ['blue', '--debug'],
    ['blue', '--post-renderer', 'same'],
    ['edit', '--post-renderer-args', '-e', '--post-renderer-args', 's/red/green/'],
    ['', '--post-renderer', 'blue'],
  ])('template gives the same with %s %s %s', async (name, ...more) => {
    const args = ['template', 'x', 'shop', '--post-renderer', name ?? '', ...more]

    expect(withoutWarning(await ours(...args))).toEqual(withoutWarning(await theirs(...args)))
  })

  it('install and upgrade store and deploy what comes of it, hooks too', async () => {
    const commands = [
      'install x shop --create-namespace --post-renderer blue',
      'get manifest x',
      'get hooks x',
      'upgrade x shop --post-renderer edit --post-renderer-args s/red/green/',
      'get manifest x',
      'get hooks x',
      'upgrade x shop --post-renderer failing',
      'install y shop --post-renderer failing',
      'install y shop --post-renderer nothing',
      'install y shop --dry-run=client --post-renderer blue',
      'upgrade y shop -i --post-renderer more',
      'get manifest y',
    ]
    for (const line of commands) {
      const [actual, expected] = [await ours(...line.split(' ')), await theirs(...line.split(' '))]
      expect({ line, ...withoutWarning(actual) }).toEqual({ line, ...withoutWarning(expected) })
    }
  })
})

describe.runIf(helm3)('--post-renderer as Helm 3 has it', () => {
  const theirs = helmOf('theirs', helm3 ?? '', [], 'none')

  it.each([
    ['./program'],
    ['sed', '--post-renderer-args', 's/red/green/'],
    ['./program', '--include-crds'],
    ['./program', '--no-hooks'],
    ['./program', '--show-only', 'templates/settings.yaml'],
    ['./program', '--post-renderer-args', 's/red/green/'],
    ['./program', '--post-renderer', 'cat'],
    ['true'],
    ['./fails'],
    ['./none'],
    ['no-such-program'],
    [''],
  ])('template gives the same with %s %s %s', async (name, ...more) => {
    const args = ['template', 'x', 'shop', '--post-renderer', name, ...more]

    const actual = await ours(...args, '--compat', 'helm3')

    expect(actual).toEqual(withoutTrace(await theirs(...args)))
  })
})

/** Helm tells of a broken plug-in whenever it starts, ours when it looks for one; the time is another. */
function withoutWarning({ stderr, ...rest }: Result): Result {
  return { ...rest, stderr: withoutDebug(stderr).replaceAll(/^.*failed to load plugin.*\n/gm, '') }
}

/** Lines for Helm's own developers. */
function withoutDebug(text: string): string {
  return text.replaceAll(/^(level=DEBUG|install\.go|helm\.go|.*\[debug\]).*\n/gm, '')
}

function withoutTrace({ stderr, ...rest }: Result): Result {
  return { ...rest, stderr: withoutDebug(stderr) }
}
