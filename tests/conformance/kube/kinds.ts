/** A type of objects, and one that any server takes. */
export interface Kind {
  /** `apps/v1 deployments` */
  name: string
  group: string
  plural: string
  namespaced: boolean
  /** Everything but metadata; a function where it names the namespace. */
  content: object | ((namespace: string) => object)
  /** What the status subresource takes; absent = the kind has none, or its controller writes it at once. */
  status?: object
  /** The name, where it must have a form. */
  objectName?: (suffix: string) => string
}

const template = {
  metadata: { labels: { app: 'x' } },
  spec: { containers: [{ name: 'c', image: 'registry.example/x:1' }] },
}
const jobTemplate = { ...template, spec: { ...template.spec, restartPolicy: 'Never' } }
const selector = { matchLabels: { app: 'x' } }
const condition = (type: string) => [{ type, status: 'True', reason: 'Test', message: 'set by a test' }]
const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }]
const subjects = [{ kind: 'User', name: 'someone', apiGroup: 'rbac.authorization.k8s.io' }]
const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' }
const RBAC = '/apis/rbac.authorization.k8s.io/v1'
const STORAGE = '/apis/storage.k8s.io/v1'
const ADMISSION = '/apis/admissionregistration.k8s.io/v1'
const NETWORKING = '/apis/networking.k8s.io/v1'
const FLOW = '/apis/flowcontrol.apiserver.k8s.io/v1'
const webhook = {
  name: 'hook.conformance.example',
  clientConfig: { url: 'https://127.0.0.1:1/nothing' },
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  rules: [{ operations: ['CREATE'], apiGroups: ['none.example'], apiVersions: ['v1'], resources: ['none'] }],
}
const kind = (group: string, plural: string, content: Kind['content'], extra: Partial<Kind> = {}): Kind => ({
  name: `${group.replace(/^\/apis?\//, '')} ${plural}`,
  group,
  plural,
  namespaced: true,
  content,
  ...extra,
})
const cluster = { namespaced: false }

/** The types that every Kubernetes 1.34 serves, with objects for which no controller starts a pod. */
export const KINDS: Kind[] = [
  kind('/api/v1', 'configmaps', { data: { a: '1' } }),
  kind('/api/v1', 'secrets', { stringData: { a: '1' } }),
  kind(
    '/api/v1',
    'services',
    { spec: { ports: [{ port: 80 }] } },
    { status: { conditions: [{ ...condition('Test')[0], lastTransitionTime: '2026-01-01T00:00:00Z' }] } },
  ),
  kind('/api/v1', 'endpoints', { subsets: [{ addresses: [{ ip: '192.0.2.1' }], ports: [{ port: 80 }] }] }),
  kind('/api/v1', 'limitranges', { spec: { limits: [{ type: 'Container', max: { cpu: '4' } }] } }),
  kind('/api/v1', 'resourcequotas', { spec: { hard: { 'count/nothing.example.com': '5' } } }),
  kind('/api/v1', 'podtemplates', { template }),
  kind('/api/v1', 'serviceaccounts', {}),
  kind(
    '/api/v1',
    'replicationcontrollers',
    { spec: { replicas: 0, selector: { app: 'x' }, template } },
    { status: { conditions: condition('Test') } },
  ),
  kind('/api/v1', 'persistentvolumeclaims', {
    spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'none', resources: { requests: { storage: '1Gi' } } },
  }),
  kind(
    '/api/v1',
    'persistentvolumes',
    {
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        hostPath: { path: '/tmp/none' },
        storageClassName: 'none',
      },
    },
    { ...cluster },
  ),
  kind(
    '/apis/apps/v1',
    'deployments',
    { spec: { replicas: 0, selector, template } },
    { status: { conditions: condition('Test') } },
  ),
  kind(
    '/apis/apps/v1',
    'replicasets',
    { spec: { replicas: 0, selector, template } },
    { status: { conditions: condition('Test') } },
  ),
  kind(
    '/apis/apps/v1',
    'statefulsets',
    { spec: { replicas: 0, serviceName: 'x', selector, template } },
    { status: { conditions: condition('Test') } },
  ),
  kind(
    '/apis/apps/v1',
    'daemonsets',
    { spec: { selector, template: { ...template, spec: { ...template.spec, nodeSelector: { none: 'such' } } } } },
    { status: { conditions: condition('Test') } },
  ),
  kind('/apis/apps/v1', 'controllerrevisions', { revision: 1, data: { a: 1 } }),
  kind('/apis/batch/v1', 'jobs', { spec: { parallelism: 0, template: jobTemplate } }),
  kind(
    '/apis/batch/v1',
    'cronjobs',
    { spec: { schedule: '0 0 1 1 *', suspend: true, jobTemplate: { spec: { template: jobTemplate } } } },
    { status: { lastScheduleTime: '2026-01-01T00:00:00Z' } },
  ),
  kind('/apis/autoscaling/v2', 'horizontalpodautoscalers', {
    spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'none' } },
  }),
  kind(
    NETWORKING,
    'ingresses',
    { spec: { defaultBackend: { service: { name: 'x', port: { number: 80 } } } } },
    { status: { loadBalancer: { ingress: [{ ip: '192.0.2.7' }] } } },
  ),
  kind(NETWORKING, 'networkpolicies', { spec: { podSelector: {} } }),
  kind(NETWORKING, 'ingressclasses', { spec: { controller: 'example.com/none' } }, cluster),
  kind(
    NETWORKING,
    'ipaddresses',
    { spec: { parentRef: { resource: 'services', namespace: 'default', name: 'none' } } },
    {
      ...cluster,
      objectName: (suffix) => `192.0.2.${(Number.parseInt(suffix, 36) % 250) + 1}`,
    },
  ),
  kind('/apis/policy/v1', 'poddisruptionbudgets', {
    spec: { minAvailable: 1, selector: { matchLabels: { none: 'such' } } },
  }),
  kind(RBAC, 'roles', { rules }),
  kind(RBAC, 'rolebindings', { subjects, roleRef }),
  kind(RBAC, 'clusterroles', { rules }, cluster),
  kind(RBAC, 'clusterrolebindings', { subjects, roleRef }, cluster),
  kind('/apis/coordination.k8s.io/v1', 'leases', { spec: { holderIdentity: 'me', leaseDurationSeconds: 30 } }),
  kind('/apis/discovery.k8s.io/v1', 'endpointslices', {
    addressType: 'IPv4',
    endpoints: [{ addresses: ['192.0.2.1'] }],
    ports: [{ name: 'a', port: 80, protocol: 'TCP' }],
  }),
  kind('/apis/events.k8s.io/v1', 'events', (namespace) => ({
    eventTime: '2026-01-01T00:00:00.000000Z',
    action: 'Test',
    reason: 'Test',
    type: 'Normal',
    note: 'a note',
    reportingController: 'conformance.example/test',
    reportingInstance: 'one',
    regarding: { kind: 'ConfigMap', namespace, name: 'x' },
  })),
  kind(STORAGE, 'storageclasses', { provisioner: 'none.example.com' }, cluster),
  kind(STORAGE, 'csidrivers', { spec: { attachRequired: false } }, cluster),
  kind(STORAGE, 'csinodes', { spec: { drivers: [] } }, cluster),
  kind(STORAGE, 'csistoragecapacities', { storageClassName: 'none', nodeTopology: {}, capacity: '1Gi' }),
  kind(
    STORAGE,
    'volumeattachments',
    { spec: { attacher: 'none.example.com', nodeName: 'none', source: { persistentVolumeName: 'none' } } },
    cluster,
  ),
  kind('/apis/scheduling.k8s.io/v1', 'priorityclasses', { value: 10 }, cluster),
  kind('/apis/node.k8s.io/v1', 'runtimeclasses', { handler: 'none' }, cluster),
  kind(
    FLOW,
    'prioritylevelconfigurations',
    { spec: { type: 'Limited', limited: { nominalConcurrencyShares: 1, limitResponse: { type: 'Reject' } } } },
    cluster,
  ),
  kind(
    FLOW,
    'flowschemas',
    { spec: { priorityLevelConfiguration: { name: 'global-default' }, matchingPrecedence: 9000 } },
    { ...cluster },
  ),
  kind(ADMISSION, 'validatingwebhookconfigurations', { webhooks: [webhook] }, cluster),
  kind(ADMISSION, 'mutatingwebhookconfigurations', { webhooks: [webhook] }, cluster),
  kind(
    ADMISSION,
    'validatingadmissionpolicies',
    {
      spec: {
        matchConstraints: {
          resourceRules: [
            { operations: ['CREATE'], apiGroups: ['none.example'], apiVersions: ['v1'], resources: ['none'] },
          ],
        },
        validations: [{ expression: 'true' }],
      },
    },
    cluster,
  ),
  kind(
    ADMISSION,
    'validatingadmissionpolicybindings',
    { spec: { policyName: 'none', validationActions: ['Deny'] } },
    cluster,
  ),
]
