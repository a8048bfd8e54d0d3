import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { KubeClient, parseKubeconfig } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clientPath } from './clients.ts'
import { type ClusterProcess, startClusterProcess } from './cluster-process.ts'

const PROGRAM = fileURLToPath(new URL('../../apps/slipway/bin/slipway.cjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'slipway-helm-apply-'))
const kubeconfig = join(folder, 'kubeconfig')
const helm4 = clientPath('helm4')
const kubectl = clientPath('kubectl-1.34')

const chart: Record<string, string> = {
  'Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 0.1.0\n',
  'values.yaml': 'color: red\n',
  'templates/settings.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Release.Name }}-settings"}
immutable: {{ .Values.fixed | default false }}
data: {color: "{{ .Values.color }}"{{ with .Values.extra }}, extra: "{{ . }}"{{ end }}}
{{ with .Values.unknown }}unknown: {{ . }}{{ end }}
`,
  'templates/web.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: {name: "{{ .Release.Name }}-web"}
spec:
  selector: {matchLabels: {app: {{ .Values.app | default "web" }}}}
  strategy: {type: {{ .Values.strategy | default "RollingUpdate" }}}
  template:
    metadata: {labels: {app: {{ .Values.app | default "web" }}}}
    spec:
      containers:
      {{- range .Values.containers | default (list "one") }}
      - name: {{ . }}
        image: "shop:{{ $.Values.color }}"
        ports: [{containerPort: 53, protocol: UDP, name: u}, {containerPort: 53, protocol: TCP, name: t}]
        env: [{{ range $name, $value := $.Values.env }}{name: {{ $name }}, value: "{{ $value }}"}, {{ end }}]
      {{- end }}
      volumes:
      - name: data
        {{ if .Values.empty }}emptyDir: {}{{ else }}configMap: {name: "{{ .Release.Name }}-settings"}{{ end }}
`,
  'templates/front.yaml': `apiVersion: v1
kind: Service
metadata: {name: "{{ .Release.Name }}-front"}
spec: {ports: [{port: {{ .Values.port | default 80 }}, name: http}], selector: {app: web}}
`,
  'templates/sign.yaml': `apiVersion: shop.example.com/v1
kind: Sign
metadata: {name: "{{ .Release.Name }}-sign"}
spec: {text: "{{ .Values.color }}"{{ with .Values.extra }}, extra: "{{ . }}"{{ end }}}
`,
  'templates/own.yaml':
    '{{ with .Values.own }}apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ . }}}\ndata: {a: b}\n{{ end }}',
  'templates/hook.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}-hook", annotations: {helm.sh/hook: "pre-install,pre-upgrade", helm.sh/hook-delete-policy: {{ .Values.policy | default "before-hook-creation" }}}}\n',
  'crds/sign.yaml':
    'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: signs.shop.example.com}\nspec: {group: shop.example.com, scope: Namespaced, names: {plural: signs, kind: Sign}, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]}\n',
}

interface Result {
  status: number
  stdout: string
  stderr: string
}

type Run = (line: string) => Promise<Result>

let cluster: ClusterProcess
let client: KubeClient

/** Runs lines in a namespace: those that begin with `kubectl`, and all others with the helm that is given. */
function runIn(namespace: string, helm: readonly string[]): Run {
  const env = {
    ...process.env,
    KUBECONFIG: kubeconfig,
    HELM_NAMESPACE: namespace,
    HELM_CONFIG_HOME: folder,
    HELM_CACHE_HOME: folder,
  }
  return (line) => {
    const words = line.split(' ').map((word) => word.replaceAll('~', ' '))
    const [command = '', ...args] =
      words[0] === 'kubectl' ? [kubectl ?? '', '-n', namespace, ...words.slice(1)] : [...helm, ...words]
    return new Promise((resolve) => {
      execFile(command, args, { cwd: folder, env }, (error, stdout, stderr) => {
        resolve({ status: error ? Number(error.code ?? 1) : 0, stdout: plain(stdout), stderr: plain(stderr) })
      })
    })
  }
  /** What differs from run to run. */
  function plain(text: string): string {
    return text
      .replaceAll(/^([IWE]\d{4}) .*(warnings\.go)/gm, '$1 $2')
      .replaceAll(namespace, 'NAMESPACE')
      .replaceAll(/[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}/g, 'DATE')
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME')
      .replaceAll(/(modifiedAt=)\d+/g, '$1N')
  }
}

const kinds = [
  { apiVersion: 'v1', kind: 'ConfigMap' },
  { apiVersion: 'v1', kind: 'Service' },
  { apiVersion: 'apps/v1', kind: 'Deployment' },
  { apiVersion: 'shop.example.com/v1', kind: 'Sign' },
]

/** The objects of a namespace with who manages what, without what the server gives each. */
async function objectsIn(namespace: string): Promise<unknown> {
  const lists = await Promise.all(
    kinds.map((kind) => client.list<KubeObject>({ ...kind, namespace }).catch(() => null)),
  )
  return lists
    .flatMap((list) => list?.items ?? [])
    .filter(({ metadata }) => metadata.name !== 'kube-root-ca.crt')
    .map(({ metadata, spec, status: _status, ...object }) => ({
      ...object,
      spec: { ...spec, clusterIP: undefined, clusterIPs: undefined },
      metadata: { ...metadata, uid: '', resourceVersion: '', creationTimestamp: '', managedFields: managed(metadata) },
    }))
    .map((object) => JSON.parse(JSON.stringify(object).replaceAll(namespace, 'NAMESPACE')) as unknown)
}

const managed = ({ managedFields }: KubeObject['metadata']): unknown =>
  (managedFields as { manager: string; operation: string; fieldsV1: unknown }[])
    .map(({ manager, operation, fieldsV1 }) => ({ manager, operation, fieldsV1 }))
    .sort((a, b) => `${a.manager}${a.operation}`.localeCompare(`${b.manager}${b.operation}`))

beforeAll(async () => {
  for (const [file, text] of Object.entries(chart)) {
    const path = join(folder, 'shop', file)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  cluster = startClusterProcess(['--nodes', 'none', '--kubeconfig', kubeconfig])
  await cluster.ready
  client = new KubeClient(parseKubeconfig(readFileSync(kubeconfig, 'utf8')))
})

afterAll(async () => {
  await client.close()
  await cluster.end('SIGTERM')
  rmSync(folder, { recursive: true, force: true })
})

const clientSide = `
install a shop --server-side=false
get metadata a
upgrade a shop --set color=blue,extra=more
kubectl patch configmap a-settings --type merge -p {"data":{"color":"hand","own":"hand"}}
kubectl patch sign a-sign --type merge -p {"spec":{"text":"hand","own":"hand"}}
kubectl patch deployment a-web -p {"spec":{"replicas":4,"template":{"spec":{"containers":[{"name":"one","env":[{"name":"HAND","value":"x"}]},{"name":"side","image":"s"}]}}}}
kubectl label configmap/a-settings sign/a-sign app.kubernetes.io/managed-by-
upgrade a shop --set color=blue
upgrade a shop --set env.A=1,env.B=2
upgrade a shop --set env.B=3,env.C=2
upgrade a shop --set containers={two,one}
upgrade a shop --set empty=1,strategy=Recreate
upgrade a shop --set port=81
upgrade a shop --set app=other
upgrade a shop --set app=other --force-replace
upgrade a shop --force
upgrade a shop --set unknown=1
upgrade a shop --set unknown=1 --force-replace
upgrade a shop --set fixed=true
upgrade a shop --set fixed=true,color=green
upgrade a shop --set fixed=true,color=green --force-replace
upgrade a shop --force-conflicts
upgrade a shop --set policy=hook-failed
upgrade a shop --set policy=hook-failed
history a
`

const bothSides = `
install b shop
upgrade b shop --set color=2 --server-side=false
upgrade b shop --set color=3
rollback b 1
rollback b 2
rollback b 2 --server-side=true
rollback b 1 --server-side=false --force-replace
upgrade b shop --server-side true --set color=4
upgrade b shop --set policy=hook-failed
upgrade b shop --set policy=hook-failed
kubectl patch configmap b-settings --type merge -p {"data":{"color":"hand"}}
upgrade b shop --set color=5
rollback b 1
upgrade b shop --set color=5 --force-conflicts
upgrade b shop --force-replace
rollback b 1 --force
rollback b 1 --server-side=false --force-conflicts
rollback b 1 --server-side=maybe
upgrade b shop --server-side=maybe
upgrade b shop --server-side
upgrade b shop --force --force-conflicts
rollback b 1 --force-replace --force-conflicts
install c shop --force-replace --force-conflicts
install c shop --server-side=auto
install c shop --server-side false
upgrade c shop --install --server-side=maybe
upgrade d shop --install --server-side false
get metadata d
`

const takingOver = `
kubectl create configmap own --from-literal=c=d
install e shop --set own=own --server-side=false
install e shop --set own=own --server-side=false --take-ownership
install f shop --set own=own --take-ownership --force-replace
install g shop --set own=own --take-ownership --force-replace --server-side=false
install h shop --set own=own --take-ownership --force-conflicts --server-side=false --skip-crds
install i shop --set own=own --take-ownership
kubectl patch crd signs.shop.example.com --type merge -p {"spec":{"names":{"shortNames":["hand"]}}}
install j shop
kubectl get crd signs.shop.example.com -o jsonpath={.spec.names}
install k shop --server-side=false --force-conflicts
`

describe.runIf(helm4 && kubectl)('who applies a release, beside Helm 4', () => {
  it.each([
    ['the client', clientSide],
    ['the client and the server by turns', bothSides],
    ['what was there before', takingOver],
  ])('%s: same words, same objects, same managers', async (what, lines) => {
    const [theirs, ours] = ['theirs', 'ours'].map((who) => `${who}-${what.replaceAll(' ', '-')}`) as [string, string]
    for (const name of [theirs, ours]) await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
    const [helm, slipway] = [runIn(theirs, [helm4 ?? '']), runIn(ours, [process.execPath, PROGRAM, 'helm'])]
    for (const line of lines.trim().split('\n')) {
      const [expected, actual] = [await helm(line), await slipway(line)]
      // An edit only has to be made; of what both share, the second finds nothing to change.
      if (line.startsWith('kubectl')) expect({ line, ...actual }).toMatchObject({ line, status: expected.status })
      else expect({ line, ...actual }).toEqual({ line, ...expected })
      expect({ line, objects: await objectsIn(ours) }).toEqual({ line, objects: await objectsIn(theirs) })
    }
  })

  it('a CRD that is there is applied with the next install, and is left alone by one of the client', async () => {
    const ours = runIn('crds', [process.execPath, PROGRAM, 'helm'])
    const file = join(folder, 'shop', 'crds', 'sign.yaml')
    const namesAfter = async (...args: string[]): Promise<unknown> => {
      expect(await ours(`install ${args.join(' ')} shop --create-namespace`)).toMatchObject({ status: 0 })
      return JSON.parse(
        (await ours('kubectl get crd signs.shop.example.com -o jsonpath={.spec.names.shortNames}')).stdout,
      )
    }
    writeFileSync(file, (chart['crds/sign.yaml'] ?? '').replace('kind: Sign}', 'kind: Sign, shortNames: [one]}'))
    expect(await namesAfter('--force-conflicts', 'a')).toEqual(['one'])
    writeFileSync(file, (chart['crds/sign.yaml'] ?? '').replace('kind: Sign}', 'kind: Sign, shortNames: [two]}'))
    expect(await namesAfter('--server-side=false', 'b')).toEqual(['one'])
    expect(await namesAfter('c')).toEqual(['two'])
  })
})
