import type { FieldSpec } from './field-spec.ts'
import type { NameReference } from './transformer-config.ts'

// Which fields hold names of other objects (api/internal/konfig/builtinpluginconsts/namereference.go).

/** Kinds with a pod template, and the path to the pod's part of the object. */
const TEMPLATES: readonly [kind: string, spec: string][] = [
  ['Deployment', 'spec/template/spec'],
  ['ReplicaSet', 'spec/template/spec'],
  ['DaemonSet', 'spec/template/spec'],
  ['StatefulSet', 'spec/template/spec'],
  ['Job', 'spec/template/spec'],
  ['CronJob', 'spec/jobTemplate/spec/template/spec'],
]

const of = (kind: string, ...paths: string[]): FieldSpec[] => paths.map((path) => ({ kind, path }))

/** References to ConfigMaps and Secrets: kustomize does not know those of ReplicationControllers. */
const toConfiguration = (...paths: string[]): FieldSpec[] =>
  paths.flatMap((path) => [
    { kind: 'Pod', version: 'v1', path: `spec/${path}` },
    ...of('PodTemplate', `template/spec/${path}`),
    ...TEMPLATES.flatMap(([kind, spec]) => of(kind, `${spec}/${path}`)),
  ])

const inContainers = (...paths: string[]): FieldSpec[] =>
  toConfiguration(...['containers', 'initContainers'].flatMap((list) => paths.map((path) => `${list}/${path}`)))

/** References to other objects: here it knows not those of ReplicaSets. */
const toOthers = (path: string): FieldSpec[] => [
  ...of('Pod', `spec/${path}`),
  ...of('ReplicationController', `spec/template/spec/${path}`),
  ...TEMPLATES.filter(([kind]) => kind !== 'ReplicaSet').flatMap(([kind, spec]) => of(kind, `${spec}/${path}`)),
]

const scaled = of('HorizontalPodAutoscaler', 'spec/scaleTargetRef/name')
const resourceNames = [...of('Role', 'rules/resourceNames'), ...of('ClusterRole', 'rules/resourceNames')]
const nginx = (...names: string[]): FieldSpec[] =>
  of('Ingress', ...names.map((name) => `metadata/annotations/nginx.ingress.kubernetes.io\\/${name}`))

const RBAC = 'rbac.authorization.k8s.io'
const bindings = (path: string): FieldSpec[] =>
  ['RoleBinding', 'ClusterRoleBinding'].map((kind) => ({ kind, group: RBAC, path }))

export const NAME_REFERENCES: NameReference[] = [
  ...['Deployment', 'ReplicationController', 'ReplicaSet', 'StatefulSet'].map((kind) => ({ kind, fieldSpecs: scaled })),
  {
    kind: 'ConfigMap',
    version: 'v1',
    fieldSpecs: [
      ...toConfiguration('volumes/configMap/name', 'volumes/projected/sources/configMap/name'),
      ...inContainers('env/valueFrom/configMapKeyRef/name', 'envFrom/configMapRef/name'),
      ...of('Node', 'spec/configSource/configMap'),
      ...resourceNames,
      ...nginx('fastcgi-params-configmap'),
    ],
  },
  {
    kind: 'Secret',
    version: 'v1',
    fieldSpecs: [
      ...toConfiguration('volumes/secret/secretName', 'volumes/projected/sources/secret/name', 'imagePullSecrets/name'),
      ...inContainers('env/valueFrom/secretKeyRef/name', 'envFrom/secretRef/name'),
      ...of('Ingress', 'spec/tls/secretName', 'metadata/annotations/ingress.kubernetes.io\\/auth-secret'),
      ...nginx('auth-secret', 'auth-tls-secret'),
      ...of('ServiceAccount', 'imagePullSecrets/name'),
      ...of(
        'StorageClass',
        ...['secretName', 'adminSecretName', 'userSecretName', 'secretRef'].map((name) => `parameters/${name}`),
      ),
      ...resourceNames,
      {
        kind: 'Service',
        group: 'serving.knative.dev',
        version: 'v1',
        path: 'spec/template/spec/containers/env/valueFrom/secretKeyRef/name',
      },
      ...of('PersistentVolume', 'spec/azureFile/secretName'),
    ],
  },
  {
    kind: 'Service',
    version: 'v1',
    fieldSpecs: [
      { kind: 'StatefulSet', group: 'apps', path: 'spec/serviceName' },
      ...of(
        'Ingress',
        'spec/rules/http/paths/backend/serviceName',
        'spec/backend/serviceName',
        'spec/rules/http/paths/backend/service/name',
        'spec/defaultBackend/service/name',
      ),
      { kind: 'APIService', group: 'apiregistration.k8s.io', path: 'spec/service/name' },
      ...['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'].map((kind) => ({
        kind,
        group: 'admissionregistration.k8s.io',
        path: 'webhooks/clientConfig/service',
      })),
    ],
  },
  { kind: 'Role', group: RBAC, fieldSpecs: bindings('roleRef/name').slice(0, 1) },
  { kind: 'ClusterRole', group: RBAC, fieldSpecs: bindings('roleRef/name') },
  { kind: 'ServiceAccount', version: 'v1', fieldSpecs: [...bindings('subjects'), ...toOthers('serviceAccountName')] },
  {
    kind: 'PersistentVolumeClaim',
    version: 'v1',
    fieldSpecs: toOthers('volumes/persistentVolumeClaim/claimName'),
  },
  {
    kind: 'PersistentVolume',
    version: 'v1',
    fieldSpecs: [...of('PersistentVolumeClaim', 'spec/volumeName'), ...of('ClusterRole', 'rules/resourceNames')],
  },
  {
    kind: 'StorageClass',
    version: 'v1',
    group: 'storage.k8s.io',
    fieldSpecs: [
      ...of('PersistentVolume', 'spec/storageClassName'),
      ...of('PersistentVolumeClaim', 'spec/storageClassName'),
      ...of('StatefulSet', 'spec/volumeClaimTemplates/spec/storageClassName'),
    ],
  },
  { kind: 'PriorityClass', version: 'v1', group: 'scheduling.k8s.io', fieldSpecs: toOthers('priorityClassName') },
  // The group is kustomize's own slip, so that nothing is of that kind.
  {
    kind: 'IngressClass',
    version: 'v1',
    group: 'networking.k8s.io/v1',
    fieldSpecs: of('Ingress', 'spec/ingressClassName'),
  },
  {
    kind: 'ValidatingAdmissionPolicy',
    group: 'admissionregistration.k8s.io',
    fieldSpecs: [
      {
        kind: 'ValidatingAdmissionPolicyBinding',
        group: 'admissionregistration.k8s.io',
        path: 'spec/policyName',
      },
    ],
  },
]
