// The levels of docs/ARCHITECTURE.md: imports point down, engines do no I/O, the programs alone know every package.
const L0 = ['errors', 'go-yaml', 'kube-objects', 'x509']
const L1 = ['go-template', 'helm-chart', 'kustomize', 'pipeline-yaml', 'oci-format', 'git-format']
const L2 = ['storage']
const L3 = ['http-server', 'kube-client', 'controller-runtime', 'registry-client', 'git-client', 'container-engine']
const L4 = [
  'kube-apiserver',
  'kube-node',
  'git-host',
  'registry',
  'pipeline-runner',
  'image-builder',
  'source-controller',
  'kustomize-controller',
  'helm-controller',
  'image-policy',
]
const within = (names) => `^packages/(${names.join('|')})/`
const notTests = '\\.test\\.ts$|/testing/'

export default {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'L0-imports-L0',
      severity: 'error',
      from: { path: within(L0), pathNot: notTests },
      to: { path: within([...L1, ...L2, ...L3, ...L4]) },
    },
    {
      name: 'L1-imports-down',
      severity: 'error',
      from: { path: within(L1), pathNot: notTests },
      to: { path: within([...L2, ...L3, ...L4]) },
    },
    {
      name: 'L2-imports-down',
      severity: 'error',
      from: { path: within(L2), pathNot: notTests },
      to: { path: within([...L3, ...L4]) },
    },
    {
      name: 'L3-imports-down',
      severity: 'error',
      from: { path: within(L3), pathNot: notTests },
      to: { path: within(L4) },
    },
    {
      name: 'L4-stands-alone',
      severity: 'error',
      from: { path: '^packages/([^/]+)/', pathNot: notTests },
      to: { path: within(L4), pathNot: '^packages/$1/' },
    },
    { name: 'no-app-imports', severity: 'error', from: { path: '^packages/' }, to: { path: '^apps/' } },
    {
      name: 'engines-do-no-io',
      severity: 'error',
      from: { path: within([...L0, ...L1]), pathNot: notTests },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'by-name-only',
      severity: 'error',
      from: { path: '^(packages|apps)/([^/]+)/' },
      to: { path: '^packages/[^/]+/src/', pathNot: ['^packages/$2/', '/src/index\\.ts$', '/src/testing/index\\.ts$'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(dist|testdata)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
}
