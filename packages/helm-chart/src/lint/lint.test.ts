import { bytesOf } from '@slipway/go-template'
import { describe, expect, it } from 'vitest'
import { testPlatform } from '../testing/test-platform.ts'
import { lintChart } from './lint.ts'

const sound = {
  'Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.2.3\nicon: https://example.com/icon.png\n',
  'values.yaml': 'size: 3\n',
  'templates/config.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config\n',
}

/** What is found in the sound chart with other files, as `helm lint` prints it. */
function lint(files: Record<string, string>, options: { kubeVersion?: string } = {}): string[] {
  const all = Object.entries({ ...sound, ...files }).filter(([, text]) => text !== 'none')
  const found = lintChart(
    all.map(([name, text]) => ({ name, data: bytesOf(text) })),
    { values: {}, namespace: 'ns', platform: testPlatform(), skipSchemaValidation: false, folder: '/shop', ...options },
  )
  return found.map(({ severity, path, message }) => `[${severity}] ${path}: ${message}`)
}

const chart = (lines: string): Record<string, string> => ({ 'Chart.yaml': sound['Chart.yaml'] + lines })
const object = (kind: string, name: string, rest = ''): Record<string, string> => ({
  'templates/config.yaml': `apiVersion: apps/v1\nkind: ${kind}\nmetadata:\n  name: ${name}\n${rest}`,
})

describe('lint', () => {
  it('finds nothing in a sound chart', () => {
    expect(lint({})).toEqual([])
  })

  // Each line as Helm 4.1.4 prints it.
  it.each<[string, Record<string, string>, string[]]>([
    [
      'an unknown field',
      chart('colour: red\n'),
      [
        '[WARNING] Chart.yaml: failed to strictly parse chart metadata file\n\terror unmarshaling JSON: while decoding JSON: json: unknown field "colour"',
      ],
    ],
    [
      'a number for a version',
      chart('appVersion: 1.10\n'),
      ["[ERROR] Chart.yaml: appVersion should be of type string but it's of type float64"],
    ],
    [
      'a list in place of metadata',
      { 'templates/config.yaml': 'kind: ConfigMap\nmetadata: [x]\n' },
      [
        '[ERROR] templates/config.yaml: unable to parse YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go struct field k8sYamlStruct.Metadata of type rules.k8sYamlMetadata',
      ],
    ],
    [
      'a maintainer without a name',
      chart('maintainers:\n- email: a@b.co\n'),
      ['[ERROR] Chart.yaml: each maintainer requires a name'],
    ],
    [
      'a wrong address',
      chart('maintainers:\n- name: ann\n  email: nobody\n'),
      ["[ERROR] Chart.yaml: invalid email 'nobody' for maintainer 'ann'"],
    ],
    [
      'a page that is none',
      chart('maintainers:\n- name: ann\n  url: nowhere\n'),
      ["[ERROR] Chart.yaml: invalid url 'nowhere' for maintainer 'ann'"],
    ],
    ['a source that is none', chart('sources: [here]\n'), ["[ERROR] Chart.yaml: invalid source URL 'here'"]],
    [
      'a version with a v',
      { 'Chart.yaml': sound['Chart.yaml'].replace('1.2.3', 'v1.2.3') },
      ["[WARNING] Chart.yaml: version 'v1.2.3' is not a valid SemVerV2"],
    ],
    ['no values.yaml', { 'values.yaml': 'none' }, ['[INFO] values.yaml: file does not exist']],
    ['no templates', { 'templates/config.yaml': 'none' }, ['[WARNING] templates/: directory does not exist']],
    [
      'a file of another kind',
      { 'templates/run.sh': 'true' },
      ["[ERROR] templates/run.sh: file extension '.sh' not valid. Valid extensions are .yaml, .yml, .tpl, or .txt"],
    ],
    [
      'a Deployment that selects nothing',
      object('Deployment', 'web'),
      ['[ERROR] templates/config.yaml: a Deployment must contain matchLabels or matchExpressions, and "web" does not'],
    ],
    [
      'a dependency that is not there',
      chart('dependencies:\n- name: db\n  version: 1.0.0\n'),
      ['[WARNING] /shop: chart directory is missing these dependencies: db'],
    ],
    [
      'a CRD that is none',
      { 'crds/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n' },
      [
        "[ERROR] crds/a.yaml: apiVersion is not in 'apiextensions.k8s.io'",
        "[ERROR] crds/a.yaml: object kind is not 'CustomResourceDefinition'",
      ],
    ],
  ])('tells of %s', (_, files, expected) => {
    expect(lint(files)).toEqual(expected)
  })

  it('tells of a name that Kubernetes refuses', () => {
    expect(lint(object('ConfigMap', 'My_Config')).join()).toMatch(
      /^\[WARNING\] templates\/config\.yaml: object name does not conform to Kubernetes naming requirements: "My_Config": metadata\.name: Invalid value: "My_Config": a lowercase RFC 1123 subdomain must /,
    )
  })

  it('tells of an API version that the version of Kubernetes has deprecated, and of no other', () => {
    const files = {
      'templates/config.yaml': 'apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata:\n  name: a\n',
    }

    expect(lint(files)).toEqual([
      '[WARNING] templates/config.yaml: policy/v1beta1 PodDisruptionBudget is deprecated in v1.21+, unavailable in v1.25+; use policy/v1 PodDisruptionBudget',
    ])
    expect(lint(files, { kubeVersion: 'v1.20.0' })).toEqual([])
  })

  it('looks at every document of a file', () => {
    const [first = ''] = Object.values(object('StatefulSet', 'one'))
    const [second = ''] = Object.values(object('DaemonSet', 'two'))

    expect(lint({ 'templates/config.yaml': `${first}---\n${second}` })).toHaveLength(2)
  })
})
