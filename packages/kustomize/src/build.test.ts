import { createHash } from 'node:crypto'
import { UserError } from '@slipway/errors'
import { stringify } from '@slipway/go-yaml'
import { describe, expect, it } from 'vitest'
import { build, hasKustomization, type Tree } from './index.ts'

function treeOf(files: Record<string, string | Uint8Array>): Tree {
  return {
    files: (path) => files[path],
    list: (dir) => Object.keys(files).filter((path) => path.startsWith(dir ? `${dir}/` : '')),
    sha256: (text) => createHash('sha256').update(text).digest('hex'),
  }
}

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      containers:
      - {name: main, image: 'nginx:1', envFrom: [{configMapRef: {name: cfg}}]}
      - {name: proxy, image: 'quay.io/x/proxy:1'}
`
const service = 'apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}], selector: {a: b}}\n'

function built(kustomization: string, files: Record<string, string | Uint8Array> = {}): string {
  const tree = treeOf({ 'kustomization.yaml': kustomization, 'd.yaml': deployment, 's.yaml': service, ...files })
  return build(tree, '')
    .map(({ object }) => stringify(object))
    .join('---\n')
}

function faultOf(run: () => unknown): UserError {
  try {
    run()
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('build', () => {
  it('says for each object which file it came from, in the order of the real tool', () => {
    const objects = build(
      treeOf({
        'app/kustomization.yaml': 'resources: [../base, s.yaml]\nconfigMapGenerator: [{name: c}]\n',
        'app/s.yaml': service,
        'base/kustomization.yml': 'resources: [all.yaml]\n',
        'base/all.yaml': `${deployment}---\napiVersion: v1\nkind: Namespace\nmetadata: {name: prod}\n`,
      }),
      'app',
    )

    expect(objects.map(({ object, file, line }) => [object.kind, file, line])).toEqual([
      ['Namespace', 'base/all.yaml', 13],
      ['ConfigMap', 'app/kustomization.yaml', 2],
      ['Service', 'app/s.yaml', 1],
      ['Deployment', 'base/all.yaml', 1],
    ])
  })

  // The suffixes are those that kubectl kustomize prints for the same input.
  it('names generated objects by their content, and fixes references', () => {
    const text = built('namePrefix: p-\nresources: [d.yaml]\nconfigMapGenerator: [{name: cfg, literals: [A=1]}]\n')

    expect(text).toContain('  name: p-cfg-89g4tffbfk\n')
    expect(text).toContain('- configMapRef:\n            name: p-cfg-89g4tffbfk\n')
  })

  it('generates from literals, files and env files', () => {
    const text = built(
      `configMapGenerator:
- name: cfg
  literals: [A=1, B=x=y, 'C="quoted"']
  files: [f.txt, key=f.txt]
  envs: [e.env]
secretGenerator:
- name: sec
  literals: [P=1]
  options: {disableNameSuffixHash: true, labels: {l: "1"}}
`,
      { 'f.txt': 'hello\n', 'e.env': '# c\nE1=v1\n\nE2="v 2"\n' },
    )

    expect(text).toContain(
      'data:\n  A: "1"\n  B: x=y\n  C: quoted\n  E1: v1\n  E2: \'"v 2"\'\n  f.txt: |\n    hello\n  key: |\n    hello\n',
    )
    expect(text).toContain(
      'data:\n  P: MQ==\nkind: Secret\nmetadata:\n  labels:\n    l: "1"\n  name: sec\ntype: Opaque\n',
    )
  })

  it("takes a target's patterns as Go does: in linear time, and names what is none", () => {
    const label = 'patch: "- {op: add, path: /metadata/labels, value: {a: b}}"'
    const named = (name: string): string => `resources: [s.yaml]\npatches:\n- {target: {name: '${name}'}, ${label}}\n`
    const longName = { 's.yaml': service.replace('name: web', `name: ${'a'.repeat(200)}`) }

    expect(built(named('(?i)WEB'))).toContain('labels')
    expect(built(named('(a+)+b'), longName)).not.toContain('labels')
    expect(faultOf(() => built(named('a('))).message).toContain('error parsing regexp: missing closing ): `^(?:a()$`')
  })

  it('patches by merge and by operations, with and without a target', () => {
    const text = built(`resources: [d.yaml, s.yaml]
patches:
- patch: |
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      template:
        spec:
          containers: [{name: side, image: busybox}, {name: main, env: [{name: X, value: x}]}]
- target: {kind: Serv.*}
  patch: |
    - op: replace
      path: /spec/ports/0/port
      value: 81
`)

    expect(text).toContain('- port: 81\n')
    expect(text.match(/ {8}name: \w+|image: \S+/g)).toEqual([
      'image: busybox',
      '        name: side',
      '        name: cfg',
      'image: nginx:1',
      '        name: main',
      'image: quay.io/x/proxy:1',
      '        name: proxy',
    ])
  })

  it('deletes an object by patch', () => {
    const patch = '{apiVersion: v1, kind: Service, metadata: {name: web}, $patch: delete}'

    expect(built(`resources: [s.yaml, d.yaml]\npatchesStrategicMerge: ['${patch}']\n`)).not.toContain('kind: Service')
  })

  it.each([
    ['an item that is there stays', '[{name: main, $patch: replace, image: z}]', ['nginx:1', 'quay.io/x/proxy:1']],
    ['a list is replaced', '[{$patch: replace}, {name: new, image: z}]', ['z']],
    ['a list is deleted', '[{$patch: delete}]', []],
  ])('obeys directives of lists as kustomize does: %s', (_what, containers, images) => {
    const patch = `{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {template: {spec: {containers: ${containers}}}}}`

    const text = built(`resources: [d.yaml]\npatches: [{patch: '${patch}'}]\n`)
    expect([...text.matchAll(/image: (\S+)/g)].map(([, image]) => image)).toEqual(images)
  })

  it('takes a port without protocol for the one that has it, and keeps what was there', () => {
    const patch =
      '{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 80, protocol: TCP, name: h}]}}'

    expect(built(`resources: [s.yaml]\npatches: [{patch: '${patch}'}]\n`)).toContain('ports:\n  - port: 80\n  selector')
  })

  it('lets operations add an annotation where none is', () => {
    const patch = '- {op: add, path: /metadata/annotations/a, value: b}'
    const patched = built(`resources: [s.yaml]\npatches: [{target: {kind: Service}, patch: '${patch}'}]\n`)

    expect(patched).toContain('annotations:\n    a: b\n')
    expect(built('resources: [s.yaml]\n')).not.toContain('annotations')
  })

  it('makes no claims for labels, and keeps labels that hold nothing', () => {
    const set = 'apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: s}\nspec: {selector: {matchLabels: {a: b}}}\n'
    const map = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m, labels: {}}\n'

    expect(built('resources: [t.yaml]\ncommonLabels: {l: x}\n', { 't.yaml': set })).not.toContain(
      'volumeClaimTemplates',
    )
    expect(built('resources: [m.yaml]\n', { 'm.yaml': map })).toContain('labels: {}')
  })

  it.each([
    ['resources: [m.yaml]', 'name: m\n'],
    ['configMapGenerator: [{name: m, literals: [a=1], options: {disableNameSuffixHash: true}}]', 'name: m\n'],
    ['configMapGenerator: [{name: m, literals: [a=1]}]', 'name: m-f7cbh6d2dk\n'],
  ])('gives what a generator changes a hash only where it had one: %s', (base, name) => {
    const map = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n'
    const files = { 'base/kustomization.yaml': base, 'base/m.yaml': map }
    const over = 'resources: [base]\nconfigMapGenerator: [{name: m, behavior: replace, literals: [k=2]}]\n'

    expect(built(over, files)).toContain(name)
  })

  it('refuses a namespace in which two objects become one', () => {
    const maps = ['a', 'b'].map(
      (namespace) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m, namespace: ${namespace}}\n`,
    )
    const fault = faultOf(() => built('resources: [m.yaml]\nnamespace: c\n', { 'm.yaml': maps.join('---\n') }))

    expect(fault.message).toContain('namespace transformation produces ID conflict')
    expect(fault.at).toMatchObject({ file: 'kustomization.yaml', line: 2 })
  })

  it('sets namespace, labels, images and replicas', () => {
    const text = built(`namespace: prod
resources: [d.yaml, s.yaml]
commonLabels: {app: web}
labels: [{pairs: {only: meta}}]
images: [{name: nginx, newTag: "2"}, {name: quay.io/x/proxy, newName: r/p, digest: 'sha256:abc'}]
replicas: [{name: web, count: 5}]
`)

    expect(text.match(/namespace: prod/g)).toHaveLength(2)
    expect(text).toContain('matchLabels:\n      a: b\n      app: web\n')
    expect(text).toContain('selector:\n    a: b\n    app: web\n')
    expect(text.match(/only: meta/g)).toHaveLength(2)
    expect(text).toContain('image: nginx:2\n')
    expect(text).toContain('image: r/p@sha256:abc\n')
    expect(text).toContain('replicas: 5\n')
  })

  it('lets a component change what its user brought in', () => {
    const text = built('resources: [s.yaml]\ncomponents: [comp]\n', {
      'comp/kustomization.yaml': 'kind: Component\nnameSuffix: -x\n',
    })

    expect(text).toContain('name: web-x\n')
  })

  it('refuses by name what is not supported, with file and line', () => {
    const fault = faultOf(() => built('resources: [s.yaml]\nhelmCharts:\n- name: x\n'))

    expect(fault.code).toBe('KUSTOMIZE_UNSUPPORTED')
    expect(fault.message).toBe('Helm charts are not supported')
    expect(fault.at).toMatchObject({ file: 'kustomization.yaml', line: 3 })
  })

  it.each([
    ['resources: [none.yaml]\n', '"none.yaml" does not exist', 1],
    [
      'resources:\n- s.yaml\n- s.yaml\n',
      'may not add resource with an already registered id: Service.v1.[noGrp]/web.[noNs]',
      3,
    ],
    ['resources: [s.yaml]\nresorces: []\n', 'unknown field "resorces"', 2],
    ['namePrefix: [a]\n', 'field "namePrefix" must be a string', 1],
    ['resources: [../..]\n', 'is outside of the repository', 1],
    ['resources: [.]\n', 'cycle detected', 1],
    ['resources: ["https://example.com/x"]\n', 'remote resource', 1],
    [
      'patches: [{patch: "{apiVersion: v1, kind: Pod, metadata: {name: x}}"}]\n',
      'no matches for Id Pod.v1.[noGrp]/x.[noNs]',
      1,
    ],
    ['replicas: [{name: x, count: 1}]\n', 'resource with name x does not match', 1],
    ['configMapGenerator: [{name: c, files: [none]}]\n', '"none" does not exist', 1],
  ])('refuses %j', (kustomization, message, line) => {
    const fault = faultOf(() => built(kustomization))

    expect(fault.message).toContain(message)
    expect(fault.at).toMatchObject({ file: 'kustomization.yaml', line })
  })

  it('never shows a literal of a secret in an error', () => {
    const fault = faultOf(() => built('secretGenerator: [{name: s, literals: [hunter2]}]\n'))

    expect(fault.message).not.toContain('hunter2')
  })
})

describe('hasKustomization', () => {
  it.each([
    [['a.yaml', 'kustomization.yaml'], true],
    [['Kustomization'], true],
    [['kustomize.yaml'], false],
  ])('%j: %s', (names, expected) => {
    expect(hasKustomization(names)).toBe(expected)
  })
})
