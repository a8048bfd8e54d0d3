import type { FieldSpec } from './field-path.ts'

// The defaults of kustomize (api/internal/konfig/builtinpluginconsts), built from the shapes that they repeat.

/** Kinds with a pod template, and the path to the pod's part of the object. */
export const POD_TEMPLATES: { kind: string; group?: string; template: string; create?: boolean }[] = [
  { kind: 'ReplicationController', template: 'spec/template' },
  { kind: 'Deployment', template: 'spec/template' },
  { kind: 'ReplicaSet', template: 'spec/template' },
  { kind: 'DaemonSet', template: 'spec/template' },
  { kind: 'StatefulSet', group: 'apps', template: 'spec/template' },
  { kind: 'Job', group: 'batch', template: 'spec/template' },
  { kind: 'CronJob', group: 'batch', template: 'spec/jobTemplate/spec/template' },
]

const AFFINITIES = ['podAffinity', 'podAntiAffinity'].flatMap((affinity) => [
  `spec/affinity/${affinity}/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels`,
  `spec/affinity/${affinity}/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels`,
])

const templateMetadata = (field: string): FieldSpec[] =>
  POD_TEMPLATES.map(({ kind, template }) => ({ kind, path: `${template}/metadata/${field}`, create: true }))

/** Labels of the objects themselves and of what they make. */
export const TEMPLATE_LABELS: FieldSpec[] = [
  ...templateMetadata('labels'),
  { kind: 'CronJob', path: 'spec/jobTemplate/metadata/labels', create: true },
  { kind: 'StatefulSet', path: 'spec/volumeClaimTemplates[]/metadata/labels', create: true },
]

export const METADATA_LABELS: FieldSpec = { path: 'metadata/labels', create: true }

/** Where `commonLabels` go: also into selectors. */
export const COMMON_LABELS: FieldSpec[] = [
  METADATA_LABELS,
  { kind: 'Service', version: 'v1', path: 'spec/selector', create: true },
  { kind: 'ReplicationController', version: 'v1', path: 'spec/selector', create: true },
  ...['Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet'].map(
    (kind): FieldSpec => ({
      kind,
      path: 'spec/selector/matchLabels',
      create: true,
    }),
  ),
  ...['Deployment', 'StatefulSet'].flatMap((kind) =>
    [...AFFINITIES, 'spec/topologySpreadConstraints/labelSelector/matchLabels'].map((path) => ({
      kind,
      path: `spec/template/${path}`,
    })),
  ),
  { kind: 'Job', path: 'spec/selector/matchLabels' },
  { kind: 'CronJob', path: 'spec/jobTemplate/spec/selector/matchLabels' },
  { kind: 'PodDisruptionBudget', path: 'spec/selector/matchLabels' },
  { kind: 'NetworkPolicy', path: 'spec/podSelector/matchLabels' },
  { kind: 'NetworkPolicy', path: 'spec/ingress/from/podSelector/matchLabels' },
  { kind: 'NetworkPolicy', path: 'spec/egress/to/podSelector/matchLabels' },
  ...TEMPLATE_LABELS,
]

export const COMMON_ANNOTATIONS: FieldSpec[] = [
  { path: 'metadata/annotations', create: true },
  ...templateMetadata('annotations'),
  { kind: 'CronJob', path: 'spec/jobTemplate/metadata/annotations', create: true },
]

export const REPLICAS: FieldSpec[] = ['Deployment', 'ReplicationController', 'ReplicaSet', 'StatefulSet'].map(
  (kind) => ({
    kind,
    path: 'spec/replicas',
    create: true,
  }),
)

/** Where `namespace` goes besides metadata.namespace. */
export const NAMESPACES: FieldSpec[] = [
  { kind: 'Namespace', path: 'metadata/name', create: true },
  { group: 'apiregistration.k8s.io', kind: 'APIService', path: 'spec/service/namespace', create: true },
  {
    group: 'apiextensions.k8s.io',
    kind: 'CustomResourceDefinition',
    path: 'spec/conversion/webhook/clientConfig/service/namespace',
  },
]

/** Fields that hold the names of other objects, by the kind that they name. */
export interface NameReference {
  kind: string
  group?: string
  fields: FieldSpec[]
}

/** A path inside pods' specs, but for the kinds of which kustomize does not know it. */
function inPods(paths: string[], unknown: string): FieldSpec[] {
  const templates = [...POD_TEMPLATES, { kind: 'PodTemplate', template: 'template' }]
  return paths.flatMap((path) => [
    { kind: 'Pod', path: `spec/${path}` },
    ...templates
      .filter(({ kind }) => kind !== unknown)
      .map(({ kind, template }) => ({ kind, path: `${template}/spec/${path}` })),
  ])
}

/** References to ConfigMaps and Secrets. */
const toConfiguration = (...paths: string[]): FieldSpec[] => inPods(paths, 'ReplicationController')

const inContainers = (...paths: string[]): FieldSpec[] =>
  toConfiguration(...['containers', 'initContainers'].flatMap((list) => paths.map((path) => `${list}/${path}`)))

/** References to other objects. */
const toOthers = (path: string): FieldSpec[] =>
  inPods([path], 'ReplicaSet').filter(({ kind }) => kind !== 'PodTemplate')

const of = (kind: string, ...paths: string[]): FieldSpec[] => paths.map((path) => ({ kind, path }))

const scaled = of('HorizontalPodAutoscaler', 'spec/scaleTargetRef/name')
const resourceNames = [...of('Role', 'rules/resourceNames'), ...of('ClusterRole', 'rules/resourceNames')]
const nginx = (...names: string[]): FieldSpec[] =>
  of('Ingress', ...names.map((name) => `metadata/annotations/nginx.ingress.kubernetes.io\\/${name}`))

export const NAME_REFERENCES: NameReference[] = [
  ...['Deployment', 'ReplicationController', 'ReplicaSet', 'StatefulSet'].map((kind) => ({ kind, fields: scaled })),
  {
    kind: 'ConfigMap',
    fields: [
      ...toConfiguration('volumes/configMap/name', 'volumes/projected/sources/configMap/name'),
      ...inContainers('env/valueFrom/configMapKeyRef/name', 'envFrom/configMapRef/name'),
      ...of('Node', 'spec/configSource/configMap'),
      ...nginx('fastcgi-params-configmap'),
      ...resourceNames,
    ],
  },
  {
    kind: 'Secret',
    fields: [
      ...toConfiguration('volumes/secret/secretName', 'volumes/projected/sources/secret/name', 'imagePullSecrets/name'),
      ...inContainers('env/valueFrom/secretKeyRef/name', 'envFrom/secretRef/name'),
      ...of('ServiceAccount', 'imagePullSecrets/name'),
      ...of('Ingress', 'spec/tls/secretName'),
      ...nginx('auth-secret', 'auth-tls-secret'),
      ...of('Ingress', 'metadata/annotations/ingress.kubernetes.io\\/auth-secret'),
      ...of('PersistentVolume', 'spec/azureFile/secretName'),
      // Knative's.
      ...of('Service', 'spec/template/spec/containers/env/valueFrom/secretKeyRef/name'),
      ...of(
        'StorageClass',
        'parameters/secretName',
        'parameters/adminSecretName',
        'parameters/userSecretName',
        'parameters/secretRef',
      ),
      ...resourceNames,
    ],
  },
  {
    kind: 'Service',
    fields: [
      { group: 'apps', kind: 'StatefulSet', path: 'spec/serviceName' },
      ...of(
        'Ingress',
        'spec/rules/http/paths/backend/serviceName',
        'spec/backend/serviceName',
        'spec/rules/http/paths/backend/service/name',
        'spec/defaultBackend/service/name',
      ),
      { group: 'apiregistration.k8s.io', kind: 'APIService', path: 'spec/service/name' },
      ...of('ValidatingWebhookConfiguration', 'webhooks/clientConfig/service'),
      ...of('MutatingWebhookConfiguration', 'webhooks/clientConfig/service'),
    ],
  },
  { kind: 'Role', group: 'rbac.authorization.k8s.io', fields: of('RoleBinding', 'roleRef/name') },
  {
    kind: 'ClusterRole',
    group: 'rbac.authorization.k8s.io',
    fields: [...of('RoleBinding', 'roleRef/name'), ...of('ClusterRoleBinding', 'roleRef/name')],
  },
  {
    kind: 'ServiceAccount',
    fields: [
      ...toOthers('serviceAccountName'),
      ...of('RoleBinding', 'subjects'),
      ...of('ClusterRoleBinding', 'subjects'),
    ],
  },
  {
    kind: 'PersistentVolumeClaim',
    fields: toOthers('volumes/persistentVolumeClaim/claimName'),
  },
  {
    kind: 'PersistentVolume',
    fields: [...of('PersistentVolumeClaim', 'spec/volumeName'), ...of('ClusterRole', 'rules/resourceNames')],
  },
  {
    kind: 'StorageClass',
    group: 'storage.k8s.io',
    fields: [
      ...of('PersistentVolume', 'spec/storageClassName'),
      ...of('PersistentVolumeClaim', 'spec/storageClassName'),
      ...of('StatefulSet', 'spec/volumeClaimTemplates/spec/storageClassName'),
    ],
  },
  { kind: 'PriorityClass', group: 'scheduling.k8s.io', fields: toOthers('priorityClassName') },
  { kind: 'IngressClass', group: 'networking.k8s.io', fields: of('Ingress', 'spec/ingressClassName') },
  {
    kind: 'ValidatingAdmissionPolicy',
    group: 'admissionregistration.k8s.io',
    fields: of('ValidatingAdmissionPolicyBinding', 'spec/policyName'),
  },
]
