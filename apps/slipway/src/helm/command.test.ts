import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadChart, renderChart } from '@slipway/helm-chart'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodePlatform } from './node-platform.ts'

const here = dirname(fileURLToPath(import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'slipway-helm-'))
const files: Record<string, string> = {
  'chart/Chart.yaml': '\uFEFFapiVersion: v1\nname: appawebapi\nversion: 0.1.0\n',
  'chart/values.yaml': 'tag: "158"\n',
  'chart/templates/cm.yaml': 'kind: ConfigMap\ntag: {{ .Values.tag | quote }}\n',
  'chart/templates/test.yaml': 'kind: Pod\nmetadata: {name: t, annotations: {helm.sh/hook: test}}\n',
  'broken/Chart.yaml': 'apiVersion: v2\nname: broken\nversion: 0.1.0\n',
  'broken/templates/a.yaml': 'a: b: c\n',
  'broken/templates/b.yaml': 'kind: B\n',
}

beforeAll(() => {
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  writeFileSync(
    join(folder, 'run.mts'),
    `import { runHelm } from '${join(here, 'command.ts')}'\nprocess.exitCode = await runHelm(process.argv.slice(2))\n`,
  )
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function helm(...args: string[]) {
  const run = spawnSync(process.execPath, ['--import', import.meta.resolve('tsx'), join(folder, 'run.mts'), ...args], {
    cwd: folder,
    encoding: 'utf8',
  })
  return { status: run.status, stdout: run.stdout, stderr: run.stderr }
}

describe('helm', () => {
  it('renders a chart with its hooks last', () => {
    expect(helm('template', 'rel', './chart', '--set-string', 'tag=160')).toEqual({
      status: 0,
      stdout:
        '---\n# Source: appawebapi/templates/cm.yaml\nkind: ConfigMap\ntag: "160"\n---\n# Source: appawebapi/templates/test.yaml\nkind: Pod\nmetadata: {name: t, annotations: {helm.sh/hook: test}}\n',
      stderr: '',
    })
  })

  it('shows what was rendered of a chart that fails, where that is asked for', () => {
    const problem =
      'Error: YAML parse error on broken/templates/a.yaml: error converting YAML to JSON: yaml: mapping values are not allowed in this context\n'
    const shown = (name: string, text: string) => `---\n# Source: broken/templates/${name}\n${text}\n`

    expect(helm('template', 'rel', './broken')).toEqual({
      status: 1,
      stdout: '',
      stderr: `${problem}\nUse --debug flag to render out invalid YAML\n`,
    })
    expect(helm('template', 'rel', './broken', '--debug')).toEqual({
      status: 1,
      stdout: shown('a.yaml', 'a: b: c\n') + shown('b.yaml', 'kind: B'),
      stderr: problem,
    })
    expect(helm('template', 'rel', './broken', '--debug', '-s', 'templates/b.yaml').stdout).toBe(
      shown('b.yaml', 'kind: B'),
    )
  })

  it('takes the name that a template makes', () => {
    const { stdout } = helm(
      'template',
      './chart',
      '--name-template',
      'of-{{ "ME" | lower }}',
      '--output-dir',
      'named',
      '--release-name',
    )
    expect(stdout).toContain('wrote named/of-me/')
  })

  it('packages a chart with another version', () => {
    const { status, stdout } = helm('package', '--destination', './out/', '--version', '158.0.0', './chart/')

    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: 'Successfully packaged chart and saved it to: out/appawebapi-158.0.0.tgz\n',
    })
    expect(helm('show', 'chart', 'out/appawebapi-158.0.0.tgz').stdout).toBe(
      'apiVersion: v1\nname: appawebapi\nversion: 158.0.0\n\n',
    )
  })

  it.each([
    [['nonsense'], 'Error: unknown command "nonsense" for "helm"\nRun \'helm --help\' for usage.\n'],
    [['plugin', 'list'], 'Error: helm plugin is not supported\n'],
    [['search', 'hub', 'x', '--max-col-width', '9'], 'Error: helm search hub is not supported\n'],
    [['package', 'chart', '--sign'], 'Error: --key is required for signing a package\n'],
    [['status'], 'Error: "helm status" requires 1 argument\n\nUsage:  helm status RELEASE_NAME [flags]\n'],
    [['lint'], 'Error: "helm lint" requires at least 1 argument\n\nUsage:  helm lint PATH [flags]\n'],
    [['push', 'a'], 'Error: "helm push" requires at least 2 arguments\n\nUsage:  helm push [chart] [remote] [flags]\n'],
    [['push', 'a', 'http://b', 'c'], 'Error: scheme "http" not supported\n'],
    [['package', 'chart', '-d', 'chart/Chart.yaml'], 'Error: failed to save: is not a directory: chart/Chart.yaml\n'],
    [['list', 'x'], 'Error: "helm list" accepts no arguments\n\nUsage:  helm list [flags]\n'],
    [
      ['install', 'a', 'chart', '--timeout', 'x'],
      'Error: invalid argument "x" for "--timeout" flag: time: invalid duration "x"\n',
    ],
    [['status', 'a', '-o', 'x'], 'Error: invalid argument "x" for "-o, --output" flag: invalid format type\n'],
    [
      ['upgrade', 'a', 'chart', '--wait=x'],
      'Error: invalid argument "x" for "--wait" flag: invalid wait input "x". Valid inputs are watcher, hookOnly, and legacy\n',
    ],
    [['template', 'r', 'chart', '--no-such-flag'], 'Error: unknown flag: --no-such-flag\n'],
    [['template', 'r', './missing'], 'Error: path "./missing" not found\n'],
    [['package', 'chart', '--version', 'abc'], 'Error: invalid semantic version\n'],
  ])('%j fails with the text of Helm', (args, stderr) => {
    expect(helm(...args)).toEqual({ status: 1, stdout: '', stderr })
  })
})

describe('certificates of templates', () => {
  it('are signed by their authority and carry the names', () => {
    const template =
      '{{ $ca := genCA "ca" 10 }}{{ $c := genSignedCert "app" (list "10.0.0.1") (list "app.ns.svc") 5 $ca }}{{ $ca.Cert }}|{{ $c.Cert }}|{{ $c.Key }}'
    const encode = (text: string) => new TextEncoder().encode(text)
    const chart = loadChart(
      [
        { name: 'Chart.yaml', data: encode('apiVersion: v2\nname: demo\nversion: 0.1.0\n') },
        { name: 'templates/NOTES.txt', data: encode(template) },
      ],
      nodePlatform,
    )
    const { notes } = renderChart(chart, { values: {}, release: { name: 'r', namespace: 'n' }, platform: nodePlatform })
    const [ca = '', cert = '', key = ''] = notes.split('|')
    const leaf = new X509Certificate(cert)

    expect(leaf.verify(new X509Certificate(ca).publicKey)).toBe(true)
    expect(leaf.subjectAltName).toBe('DNS:app.ns.svc, IP Address:10.0.0.1')
    expect(leaf.issuer).toBe('CN=ca')
    expect(new X509Certificate(ca).ca).toBe(true)
    expect(key.startsWith('-----BEGIN RSA PRIVATE KEY-----')).toBe(true)
  })
})
