import type { FieldSpec } from './field-spec.ts'
import { NAME_REFERENCES } from './name-reference-fields.ts'
import { sortedConfig } from './transformer-config.ts'

// The defaults of kustomize (api/internal/konfig/builtinpluginconsts), built from the shapes that they repeat.

const METADATA_LABELS: FieldSpec = { path: 'metadata/labels', create: true }

/** Labels of the objects themselves and of what they make. */
const TEMPLATE_LABELS: FieldSpec[] = [
  METADATA_LABELS,
  { path: 'spec/template/metadata/labels', create: true, version: 'v1', kind: 'ReplicationController' },
  ...['Deployment', 'ReplicaSet', 'DaemonSet'].map(
    (kind): FieldSpec => ({ path: 'spec/template/metadata/labels', create: true, kind }),
  ),
  { path: 'spec/template/metadata/labels', create: true, group: 'apps', kind: 'StatefulSet' },
  { path: 'spec/volumeClaimTemplates[]/metadata/labels', create: true, group: 'apps', kind: 'StatefulSet' },
  { path: 'spec/template/metadata/labels', create: true, group: 'batch', kind: 'Job' },
  { path: 'spec/jobTemplate/metadata/labels', create: true, group: 'batch', kind: 'CronJob' },
  { path: 'spec/jobTemplate/spec/template/metadata/labels', create: true, group: 'batch', kind: 'CronJob' },
]

const AFFINITIES = ['podAffinity', 'podAntiAffinity'].flatMap((affinity) => [
  `spec/template/spec/affinity/${affinity}/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels`,
  `spec/template/spec/affinity/${affinity}/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels`,
])

const inWorkloads = (kind: string): FieldSpec[] =>
  [...AFFINITIES, 'spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels'].map((path) => ({
    path,
    group: 'apps',
    kind,
  }))

/** Where `commonLabels` go: also into selectors. */
const COMMON_LABELS: FieldSpec[] = [
  { path: 'spec/selector', create: true, version: 'v1', kind: 'Service' },
  { path: 'spec/selector', create: true, version: 'v1', kind: 'ReplicationController' },
  { path: 'spec/selector/matchLabels', create: true, kind: 'Deployment' },
  ...inWorkloads('Deployment'),
  { path: 'spec/selector/matchLabels', create: true, kind: 'ReplicaSet' },
  { path: 'spec/selector/matchLabels', create: true, kind: 'DaemonSet' },
  { path: 'spec/selector/matchLabels', create: true, group: 'apps', kind: 'StatefulSet' },
  ...inWorkloads('StatefulSet'),
  { path: 'spec/selector/matchLabels', group: 'batch', kind: 'Job' },
  { path: 'spec/jobTemplate/spec/selector/matchLabels', group: 'batch', kind: 'CronJob' },
  { path: 'spec/selector/matchLabels', group: 'policy', kind: 'PodDisruptionBudget' },
  ...['spec/podSelector', 'spec/ingress/from/podSelector', 'spec/egress/to/podSelector'].map(
    (path): FieldSpec => ({ path: `${path}/matchLabels`, group: 'networking.k8s.io', kind: 'NetworkPolicy' }),
  ),
  ...TEMPLATE_LABELS,
]

const COMMON_ANNOTATIONS: FieldSpec[] = [
  { path: 'metadata/annotations', create: true },
  { path: 'spec/template/metadata/annotations', create: true, version: 'v1', kind: 'ReplicationController' },
  ...['Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet'].map(
    (kind): FieldSpec => ({ path: 'spec/template/metadata/annotations', create: true, kind }),
  ),
  { path: 'spec/template/metadata/annotations', create: true, group: 'batch', kind: 'Job' },
  { path: 'spec/jobTemplate/metadata/annotations', create: true, group: 'batch', kind: 'CronJob' },
  { path: 'spec/jobTemplate/spec/template/metadata/annotations', create: true, group: 'batch', kind: 'CronJob' },
]

const inContainers = ['args', 'command', 'env/value', 'volumeMounts/mountPath']

/** Where vars are replaced in what has a pod, by the path to the pod. */
const inPods = (kind: string, spec: string): FieldSpec[] =>
  ['containers', 'initContainers'].flatMap((list) =>
    inContainers.map((field) => ({ path: `${spec}/${list}/${field}`, kind })),
  )

const inTemplates = (kind: string, volumes: string): FieldSpec[] => [
  ...inPods(kind, 'spec/template/spec'),
  { path: volumes, kind },
]

const NFS = 'spec/template/spec/volumes/nfs/server'

const VAR_REFERENCES: FieldSpec[] = [
  ...inPods('CronJob', 'spec/jobTemplate/spec/template/spec'),
  { path: 'spec/jobTemplate/spec/template/volumes/nfs/server', kind: 'CronJob' },
  ...inTemplates('DaemonSet', NFS),
  ...inTemplates('Deployment', NFS),
  { path: 'spec/template/metadata/annotations', kind: 'Deployment' },
  ...['spec/rules/host', 'spec/tls/hosts', 'spec/tls/secretName'].map((path) => ({ path, kind: 'Ingress' })),
  ...inTemplates('Job', NFS),
  ...inPods('Pod', 'spec'),
  { path: 'spec/volumes/nfs/server', kind: 'Pod' },
  ...inTemplates('ReplicaSet', NFS),
  ...['spec/ports/port', 'spec/ports/targetPort'].map((path) => ({ path, kind: 'Service' })),
  ...inTemplates('StatefulSet', 'spec/volumeClaimTemplates/spec/nfs/server'),
  { path: 'spec/nfs/server', kind: 'PersistentVolume' },
  { path: 'metadata/labels' },
  { path: 'metadata/annotations' },
]

const IMAGES = ['spec', 'spec/template/spec'].flatMap((spec) =>
  ['containers[]/image', 'initContainers[]/image', 'volumes[]/image/reference'].map((path) => ({
    path: `${spec}/${path}`,
    create: true,
  })),
)

export const DEFAULT_CONFIG = sortedConfig({
  namePrefix: [{ path: 'metadata/name' }],
  nameSuffix: [{ path: 'metadata/name' }],
  namespace: [
    { path: 'metadata/name', kind: 'Namespace', create: true },
    { path: 'spec/service/namespace', group: 'apiregistration.k8s.io', kind: 'APIService', create: true },
    {
      path: 'spec/conversion/webhook/clientConfig/service/namespace',
      group: 'apiextensions.k8s.io',
      kind: 'CustomResourceDefinition',
    },
  ],
  commonLabels: COMMON_LABELS,
  labels: [],
  templateLabels: TEMPLATE_LABELS,
  commonAnnotations: COMMON_ANNOTATIONS,
  nameReference: NAME_REFERENCES,
  varReference: VAR_REFERENCES,
  images: IMAGES,
  replicas: ['Deployment', 'ReplicationController', 'ReplicaSet', 'StatefulSet'].map((kind) => ({
    path: 'spec/replicas',
    create: true,
    kind,
  })),
})
