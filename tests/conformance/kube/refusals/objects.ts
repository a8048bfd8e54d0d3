type Json = Record<string, unknown>

/** A valid object with much in it, and where it is created. */
export interface Specimen {
  path(namespace: string): string
  body(namespace: string): Json
}

const podSpec = (): Json => ({
  containers: [
    {
      name: 'c',
      image: 'x:1',
      command: ['a'],
      env: [
        { name: 'A', value: '1' },
        { name: 'B', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'C', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
        { name: 'D', valueFrom: { configMapKeyRef: { name: 'm', key: 'k' } } },
        { name: 'E', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
      ],
      envFrom: [{ prefix: 'P_', configMapRef: { name: 'm' } }, { secretRef: { name: 's' } }],
      ports: [
        { name: 'web', containerPort: 80, protocol: 'TCP' },
        { name: 'dns', containerPort: 53, hostPort: 5353, protocol: 'UDP' },
      ],
      resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m', memory: '512Mi' } },
      volumeMounts: [
        { name: 'cfg', mountPath: '/cfg', readOnly: true, subPath: 'a' },
        { name: 'tmp', mountPath: '/tmp', mountPropagation: 'None' },
      ],
      livenessProbe: {
        httpGet: { path: '/', port: 80, scheme: 'HTTP', httpHeaders: [{ name: 'X-A', value: '1' }] },
        periodSeconds: 5,
        successThreshold: 1,
        failureThreshold: 3,
        timeoutSeconds: 1,
        initialDelaySeconds: 1,
      },
      readinessProbe: { exec: { command: ['true'] }, successThreshold: 2 },
      startupProbe: { tcpSocket: { port: 'web' } },
      lifecycle: { postStart: { exec: { command: ['a'] } }, preStop: { sleep: { seconds: 5 } } },
      securityContext: {
        runAsUser: 1000,
        runAsGroup: 1000,
        privileged: false,
        allowPrivilegeEscalation: false,
        capabilities: { add: ['NET_ADMIN'] },
        seccompProfile: { type: 'RuntimeDefault' },
      },
      imagePullPolicy: 'Always',
      terminationMessagePolicy: 'File',
    },
    { name: 'd', image: 'y' },
  ],
  initContainers: [
    { name: 'i', image: 'x:1', volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }] },
    { name: 'side', image: 'x', restartPolicy: 'Always', livenessProbe: { grpc: { port: 9 } } },
  ],
  volumes: [
    { name: 'cfg', configMap: { name: 'm', items: [{ key: 'a', path: 'a', mode: 256 }], defaultMode: 420 } },
    { name: 'tmp', emptyDir: { sizeLimit: '1Gi' } },
    { name: 'sec', secret: { secretName: 's' } },
    { name: 'h', hostPath: { path: '/x', type: 'Directory' } },
    {
      name: 'proj',
      projected: {
        sources: [
          { serviceAccountToken: { path: 't', expirationSeconds: 3600 } },
          { configMap: { name: 'm', items: [{ key: 'k', path: 'p' }] } },
          { downwardAPI: { items: [{ path: 'l', fieldRef: { fieldPath: 'metadata.labels' } }] } },
        ],
      },
    },
    { name: 'pvc', persistentVolumeClaim: { claimName: 'c' } },
    { name: 'nfs', nfs: { server: 's', path: '/p' } },
    {
      name: 'dw',
      downwardAPI: { items: [{ path: 'cpu', resourceFieldRef: { containerName: 'c', resource: 'limits.cpu' } }] },
    },
    {
      name: 'eph',
      ephemeral: {
        volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
      },
    },
  ],
  nodeSelector: { a: 'b' },
  tolerations: [
    { key: 'k', operator: 'Equal', value: 'v', effect: 'NoSchedule' },
    { key: 'k2', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 },
  ],
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          {
            matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }],
            matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }],
          },
        ],
      },
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 5, preference: { matchExpressions: [{ key: 'a', operator: 'Gt', values: ['1'] }] } },
      ],
    },
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        {
          weight: 100,
          podAffinityTerm: { topologyKey: 'zone', labelSelector: { matchLabels: { a: 'b' } }, namespaces: ['x'] },
        },
      ],
    },
    podAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: 'zone', labelSelector: { matchExpressions: [{ key: 'a', operator: 'Exists' }] } },
      ],
    },
  },
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: 'zone',
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: { a: 'b' } },
      minDomains: 2,
      nodeAffinityPolicy: 'Honor',
    },
  ],
  hostAliases: [{ ip: '10.0.0.1', hostnames: ['a.b'] }],
  dnsConfig: { nameservers: ['1.1.1.1'], searches: ['a.b'], options: [{ name: 'ndots', value: '2' }] },
  dnsPolicy: 'ClusterFirst',
  securityContext: {
    fsGroup: 1,
    runAsUser: 5,
    supplementalGroups: [1, 2],
    sysctls: [{ name: 'kernel.shm', value: '1' }],
    fsGroupChangePolicy: 'Always',
  },
  serviceAccountName: 'default',
  schedulingGates: [{ name: 'a.b/c' }],
  readinessGates: [{ conditionType: 'a.b/c' }],
  activeDeadlineSeconds: 100,
  terminationGracePeriodSeconds: 30,
  hostname: 'h',
  subdomain: 's',
  restartPolicy: 'Always',
  imagePullSecrets: [{ name: 'p' }],
  schedulerName: 's',
  os: { name: 'linux' },
})
const template = (labels: Json, extra: Json = {}): Json => {
  const { activeDeadlineSeconds: _, ...spec } = podSpec()
  return { metadata: { labels, annotations: { a: 'b' } }, spec: { ...spec, ...extra } }
}
const sel = { matchLabels: { app: 'x' }, matchExpressions: [{ key: 'tier', operator: 'In', values: ['a', 'b'] }] }
const lab = { app: 'x', tier: 'a' }
const G = {
  core: 'api/v1',
  apps: 'apis/apps/v1',
  batch: 'apis/batch/v1',
  net: 'apis/networking.k8s.io/v1',
  rbac: 'apis/rbac.authorization.k8s.io/v1',
}
const webhook = {
  name: 'a.b.c',
  clientConfig: { service: { name: 's', namespace: 'n', path: '/p', port: 443 } },
  rules: [
    {
      operations: ['CREATE', 'UPDATE'],
      apiGroups: [''],
      apiVersions: ['v1'],
      resources: ['pods', 'pods/status'],
      scope: 'Namespaced',
    },
  ],
  sideEffects: 'None',
  admissionReviewVersions: ['v1', 'v1beta1'],
  timeoutSeconds: 5,
  failurePolicy: 'Fail',
  matchPolicy: 'Exact',
  namespaceSelector: { matchLabels: { a: 'b' } },
  objectSelector: { matchExpressions: [{ key: 'a', operator: 'Exists' }] },
  matchConditions: [{ name: 'c', expression: 'true' }],
}
export const OBJECTS: Record<string, Specimen> = {
  pod: { path: (n) => `/${G.core}/namespaces/${n}/pods`, body: () => ({ spec: podSpec() }) },
  deployment: {
    path: (n) => `/${G.apps}/namespaces/${n}/deployments`,
    body: () => ({
      spec: {
        replicas: 1,
        selector: sel,
        template: template(lab),
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: 1 } },
        minReadySeconds: 1,
        progressDeadlineSeconds: 10,
        revisionHistoryLimit: 3,
      },
    }),
  },
  replicaset: {
    path: (n) => `/${G.apps}/namespaces/${n}/replicasets`,
    body: () => ({ spec: { replicas: 1, selector: sel, template: template(lab), minReadySeconds: 1 } }),
  },
  statefulset: {
    path: (n) => `/${G.apps}/namespaces/${n}/statefulsets`,
    body: () => ({
      spec: {
        replicas: 1,
        serviceName: 's',
        selector: sel,
        template: template(lab),
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } },
        podManagementPolicy: 'Parallel',
        persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Delete' },
        volumeClaimTemplates: [
          {
            metadata: { name: 'data' },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
          },
        ],
        ordinals: { start: 1 },
        minReadySeconds: 2,
      },
    }),
  },
  daemonset: {
    path: (n) => `/${G.apps}/namespaces/${n}/daemonsets`,
    body: () => ({
      spec: {
        selector: sel,
        template: template(lab),
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
        minReadySeconds: 1,
      },
    }),
  },
  rc: {
    path: (n) => `/${G.core}/namespaces/${n}/replicationcontrollers`,
    body: () => ({ spec: { replicas: 1, selector: { app: 'x' }, template: template(lab) } }),
  },
  job: {
    path: (n) => `/${G.batch}/namespaces/${n}/jobs`,
    body: () => ({
      spec: {
        parallelism: 1,
        completions: 3,
        completionMode: 'Indexed',
        backoffLimit: 2,
        backoffLimitPerIndex: 1,
        maxFailedIndexes: 1,
        activeDeadlineSeconds: 10,
        ttlSecondsAfterFinished: 5,
        podFailurePolicy: {
          rules: [
            { action: 'FailJob', onExitCodes: { operator: 'In', values: [1, 2], containerName: 'c' } },
            { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
          ],
        },
        successPolicy: { rules: [{ succeededCount: 1 }] },
        template: template({}, { restartPolicy: 'Never' }),
      },
    }),
  },
  cronjob: {
    path: (n) => `/${G.batch}/namespaces/${n}/cronjobs`,
    body: () => ({
      spec: {
        schedule: '*/5 1-3 * jan,feb mon',
        timeZone: 'Europe/Berlin',
        concurrencyPolicy: 'Forbid',
        startingDeadlineSeconds: 5,
        successfulJobsHistoryLimit: 2,
        failedJobsHistoryLimit: 1,
        suspend: false,
        jobTemplate: { spec: { template: template({}, { restartPolicy: 'OnFailure' }) } },
      },
    }),
  },
  service: {
    path: (n) => `/${G.core}/namespaces/${n}/services`,
    body: () => ({
      spec: {
        type: 'NodePort',
        selector: { a: 'b' },
        ports: [
          { name: 'a', port: 80, targetPort: 'web', protocol: 'TCP', appProtocol: 'http', nodePort: 31999 },
          { name: 'b', port: 81, targetPort: 8080 },
        ],
        sessionAffinity: 'ClientIP',
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 100 } },
        externalTrafficPolicy: 'Local',
        internalTrafficPolicy: 'Cluster',
        externalIPs: ['1.2.3.4'],
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
        trafficDistribution: 'PreferClose',
      },
    }),
  },
  loadbalancer: {
    path: (n) => `/${G.core}/namespaces/${n}/services`,
    body: () => ({
      spec: {
        type: 'LoadBalancer',
        ports: [{ port: 80 }],
        loadBalancerSourceRanges: ['10.0.0.0/8'],
        loadBalancerClass: 'a.b/c',
        allocateLoadBalancerNodePorts: false,
        externalTrafficPolicy: 'Cluster',
      },
    }),
  },
  externalname: {
    path: (n) => `/${G.core}/namespaces/${n}/services`,
    body: () => ({ spec: { type: 'ExternalName', externalName: 'a.b.c', ports: [{ port: 80 }] } }),
  },
  headless: {
    path: (n) => `/${G.core}/namespaces/${n}/services`,
    body: () => ({ spec: { clusterIP: 'None', clusterIPs: ['None'], selector: { a: 'b' }, ports: [{ port: 80 }] } }),
  },
  endpoints: {
    path: (n) => `/${G.core}/namespaces/${n}/endpoints`,
    body: () => ({
      subsets: [
        {
          addresses: [{ ip: '10.0.0.1', hostname: 'h', nodeName: 'n' }],
          notReadyAddresses: [{ ip: '10.0.0.2' }],
          ports: [
            { name: 'a', port: 80, protocol: 'TCP' },
            { name: 'b', port: 81, appProtocol: 'http' },
          ],
        },
      ],
    }),
  },
  endpointslice: {
    path: (n) => `/apis/discovery.k8s.io/v1/namespaces/${n}/endpointslices`,
    body: () => ({
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: true }, hostname: 'h', nodeName: 'n', zone: 'z' }],
      ports: [
        { name: 'a', port: 80, protocol: 'TCP', appProtocol: 'http' },
        { name: 'b', port: 81 },
      ],
    }),
  },
  ingress: {
    path: (n) => `/${G.net}/namespaces/${n}/ingresses`,
    body: () => ({
      spec: {
        ingressClassName: 'c',
        defaultBackend: { service: { name: 's', port: { number: 80 } } },
        tls: [{ hosts: ['a.b', '*.c.d'], secretName: 's' }],
        rules: [
          {
            host: 'a.b',
            http: {
              paths: [
                { path: '/a', pathType: 'Prefix', backend: { service: { name: 's', port: { name: 'web' } } } },
                {
                  path: '/b',
                  pathType: 'ImplementationSpecific',
                  backend: { resource: { apiGroup: 'a.b', kind: 'K', name: 'n' } },
                },
              ],
            },
          },
          {
            host: '*.c.d',
            http: {
              paths: [{ path: '/', pathType: 'Exact', backend: { service: { name: 's', port: { number: 1 } } } }],
            },
          },
        ],
      },
    }),
  },
  ingressclass: {
    path: () => `/${G.net}/ingressclasses`,
    body: () => ({
      spec: {
        controller: 'a.b/c',
        parameters: { apiGroup: 'a.b', kind: 'K', name: 'n', scope: 'Namespace', namespace: 'x' },
      },
    }),
  },
  netpol: {
    path: (n) => `/${G.net}/namespaces/${n}/networkpolicies`,
    body: () => ({
      spec: {
        podSelector: { matchLabels: { a: 'b' } },
        policyTypes: ['Ingress', 'Egress'],
        ingress: [
          {
            from: [
              { podSelector: { matchLabels: { a: 'b' } }, namespaceSelector: {} },
              { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } },
            ],
            ports: [{ port: 80, endPort: 90, protocol: 'TCP' }, { port: 'web' }],
          },
        ],
        egress: [
          { to: [{ namespaceSelector: { matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['b'] }] } }] },
        ],
      },
    }),
  },
  pvc: {
    path: (n) => `/${G.core}/namespaces/${n}/persistentvolumeclaims`,
    body: () => ({
      spec: {
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: '1Gi' } },
        storageClassName: 's',
        volumeMode: 'Filesystem',
        selector: { matchLabels: { a: 'b' } },
        dataSource: { kind: 'PersistentVolumeClaim', name: 'n' },
      },
    }),
  },
  pv: {
    path: () => `/${G.core}/persistentvolumes`,
    body: () => ({
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce', 'ReadOnlyMany'],
        persistentVolumeReclaimPolicy: 'Retain',
        hostPath: { path: '/x' },
        storageClassName: 's',
        volumeMode: 'Filesystem',
        nodeAffinity: {
          required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] }] },
        },
      },
    }),
  },
  pvlocal: {
    path: () => `/${G.core}/persistentvolumes`,
    body: () => ({
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOncePod'],
        csi: { driver: 'a.b', volumeHandle: 'h', nodePublishSecretRef: { name: 'a', namespace: 'b' } },
      },
    }),
  },
  storageclass: {
    path: () => '/apis/storage.k8s.io/v1/storageclasses',
    body: () => ({
      provisioner: 'a.b/c',
      reclaimPolicy: 'Delete',
      volumeBindingMode: 'Immediate',
      parameters: { a: 'b' },
      allowedTopologies: [{ matchLabelExpressions: [{ key: 'a', values: ['b', 'c'] }] }],
    }),
  },
  csidriver: {
    path: () => '/apis/storage.k8s.io/v1/csidrivers',
    body: () => ({
      spec: {
        attachRequired: true,
        fsGroupPolicy: 'File',
        volumeLifecycleModes: ['Persistent', 'Ephemeral'],
        tokenRequests: [{ audience: 'a' }, { audience: 'b', expirationSeconds: 600 }],
      },
    }),
  },
  volumeattachment: {
    path: () => '/apis/storage.k8s.io/v1/volumeattachments',
    body: () => ({ spec: { attacher: 'a.b', nodeName: 'n', source: { persistentVolumeName: 'p' } } }),
  },
  hpa: {
    path: (n) => `/apis/autoscaling/v2/namespaces/${n}/horizontalpodautoscalers`,
    body: () => ({
      spec: {
        minReplicas: 1,
        maxReplicas: 3,
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' },
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
          { type: 'Pods', pods: { metric: { name: 'm' }, target: { type: 'AverageValue', averageValue: '1' } } },
          {
            type: 'Object',
            object: {
              describedObject: { kind: 'K', name: 'n', apiVersion: 'v1' },
              metric: { name: 'm', selector: { matchLabels: { a: 'b' } } },
              target: { type: 'Value', value: '2' },
            },
          },
          { type: 'External', external: { metric: { name: 'e' }, target: { type: 'Value', value: '1' } } },
          {
            type: 'ContainerResource',
            containerResource: {
              name: 'memory',
              container: 'c',
              target: { type: 'Utilization', averageUtilization: 5 },
            },
          },
        ],
        behavior: {
          scaleUp: {
            stabilizationWindowSeconds: 5,
            selectPolicy: 'Max',
            policies: [{ type: 'Pods', value: 1, periodSeconds: 10 }],
          },
          scaleDown: { policies: [{ type: 'Percent', value: 10, periodSeconds: 60 }] },
        },
      },
    }),
  },
  pdb: {
    path: (n) => `/apis/policy/v1/namespaces/${n}/poddisruptionbudgets`,
    body: () => ({ spec: { minAvailable: '50%', selector: sel, unhealthyPodEvictionPolicy: 'AlwaysAllow' } }),
  },
  role: {
    path: (n) => `/${G.rbac}/namespaces/${n}/roles`,
    body: () => ({ rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'], resourceNames: ['a'] }] }),
  },
  clusterrole: {
    path: () => `/${G.rbac}/clusterroles`,
    body: () => ({
      rules: [
        { verbs: ['get'], apiGroups: [''], resources: ['pods'] },
        { verbs: ['get'], nonResourceURLs: ['/x'] },
      ],
    }),
  },
  clusterroleagg: {
    path: () => `/${G.rbac}/clusterroles`,
    body: () => ({ aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] } }),
  },
  rolebinding: {
    path: (n) => `/${G.rbac}/namespaces/${n}/rolebindings`,
    body: () => ({
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [
        { kind: 'User', name: 'u', apiGroup: 'rbac.authorization.k8s.io' },
        { kind: 'ServiceAccount', name: 's', namespace: 'n' },
        { kind: 'Group', name: 'g', apiGroup: 'rbac.authorization.k8s.io' },
      ],
    }),
  },
  clusterrolebinding: {
    path: () => `/${G.rbac}/clusterrolebindings`,
    body: () => ({
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [
        { kind: 'User', name: 'u' },
        { kind: 'ServiceAccount', name: 's', namespace: 'n' },
      ],
    }),
  },
  validatingwebhook: {
    path: () => '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations',
    body: () => ({ webhooks: [webhook, { ...webhook, name: 'd.e.f', clientConfig: { url: 'https://a.b/c' } }] }),
  },
  mutatingwebhook: {
    path: () => '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations',
    body: () => ({ webhooks: [{ ...webhook, reinvocationPolicy: 'IfNeeded' }] }),
  },
  vap: {
    path: () => '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies',
    body: () => ({
      spec: {
        failurePolicy: 'Fail',
        paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
        matchConstraints: {
          resourceRules: [
            {
              operations: ['CREATE'],
              apiGroups: ['apps'],
              apiVersions: ['v1'],
              resources: ['deployments'],
              resourceNames: ['a'],
            },
          ],
          matchPolicy: 'Equivalent',
        },
        matchConditions: [{ name: 'c', expression: 'true' }],
        variables: [{ name: 'v', expression: '1' }],
        validations: [
          { expression: 'object.spec.replicas < 5', message: 'm', reason: 'Invalid' },
          { expression: 'true', messageExpression: '"a"' },
        ],
        auditAnnotations: [{ key: 'k', valueExpression: '"x"' }],
      },
    }),
  },
  vapb: {
    path: () => '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings',
    body: () => ({
      spec: {
        policyName: 'p',
        validationActions: ['Deny', 'Audit'],
        paramRef: { name: 'p', namespace: 'n', parameterNotFoundAction: 'Deny' },
        matchResources: { namespaceSelector: { matchLabels: { a: 'b' } } },
      },
    }),
  },
  quota: {
    path: (n) => `/${G.core}/namespaces/${n}/resourcequotas`,
    body: () => ({
      spec: {
        hard: { pods: '5', 'requests.cpu': '1', 'limits.memory': '1Gi' },
        scopes: ['NotBestEffort', 'Terminating'],
        scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['a'] }] },
      },
    }),
  },
  limitrange: {
    path: (n) => `/${G.core}/namespaces/${n}/limitranges`,
    body: () => ({
      spec: {
        limits: [
          {
            type: 'Container',
            max: { cpu: '2' },
            min: { cpu: '1' },
            default: { cpu: '2' },
            defaultRequest: { cpu: '1' },
            maxLimitRequestRatio: { cpu: '2' },
          },
          { type: 'Pod', max: { memory: '1Gi' } },
          { type: 'PersistentVolumeClaim', min: { storage: '1Gi' } },
        ],
      },
    }),
  },
  configmap: {
    path: (n) => `/${G.core}/namespaces/${n}/configmaps`,
    body: () => ({ data: { a: '1', 'b.c': '2' }, binaryData: { d: 'YQ==' } }),
  },
  secrettls: {
    path: (n) => `/${G.core}/namespaces/${n}/secrets`,
    body: () => ({ type: 'kubernetes.io/tls', data: { 'tls.crt': 'YQ==', 'tls.key': 'YQ==' } }),
  },
  secretdocker: {
    path: (n) => `/${G.core}/namespaces/${n}/secrets`,
    body: () => ({ type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': 'e30=' } }),
  },
  secretbasic: {
    path: (n) => `/${G.core}/namespaces/${n}/secrets`,
    body: () => ({ type: 'kubernetes.io/basic-auth', stringData: { username: 'u', password: 'p' } }),
  },
  secretssh: {
    path: (n) => `/${G.core}/namespaces/${n}/secrets`,
    body: () => ({ type: 'kubernetes.io/ssh-auth', stringData: { 'ssh-privatekey': 'p' } }),
  },
  lease: {
    path: (n) => `/apis/coordination.k8s.io/v1/namespaces/${n}/leases`,
    body: () => ({ spec: { holderIdentity: 'h', leaseDurationSeconds: 5, leaseTransitions: 1 } }),
  },
  eventsv1: {
    path: (n) => `/apis/events.k8s.io/v1/namespaces/${n}/events`,
    body: (n) => ({
      eventTime: '2026-01-01T00:00:00.000000Z',
      regarding: { kind: 'Pod', namespace: n, name: 'p' },
      note: 'n',
      reason: 'R',
      action: 'A',
      type: 'Normal',
      reportingController: 'a.b/c',
      reportingInstance: 'i',
      series: { count: 2, lastObservedTime: '2026-01-01T00:00:00.000000Z' },
    }),
  },
  event: {
    path: (n) => `/${G.core}/namespaces/${n}/events`,
    body: (n) => ({
      involvedObject: { kind: 'Pod', namespace: n, name: 'p' },
      message: 'm',
      reason: 'R',
      type: 'Normal',
      source: { component: 'c' },
      count: 1,
    }),
  },
  priorityclass: {
    path: () => '/apis/scheduling.k8s.io/v1/priorityclasses',
    body: () => ({ value: 5, preemptionPolicy: 'Never', description: 'd' }),
  },
  runtimeclass: {
    path: () => '/apis/node.k8s.io/v1/runtimeclasses',
    body: () => ({
      handler: 'h',
      overhead: { podFixed: { cpu: '10m' } },
      scheduling: { nodeSelector: { a: 'b' }, tolerations: [{ key: 'k', operator: 'Exists' }] },
    }),
  },
  podtemplate: { path: (n) => `/${G.core}/namespaces/${n}/podtemplates`, body: () => ({ template: template(lab) }) },
  node: {
    path: () => `/${G.core}/nodes`,
    body: () => ({
      spec: {
        taints: [
          { key: 'a', value: 'b', effect: 'NoSchedule' },
          { key: 'a', effect: 'NoExecute' },
        ],
        podCIDRs: ['10.0.0.0/24'],
        providerID: 'p',
      },
    }),
  },
  csr: {
    path: () => '/apis/certificates.k8s.io/v1/certificatesigningrequests',
    body: () => ({
      spec: {
        request:
          'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIRk1HNENBUUF3RERFS01BZ0dBMVVFQXd3QmVEQlpNQk1HQnlxR1NNNDlBZ0VHQ0NxR1NNNDlBd0VIQTBJQQpCTHoxY1hPT2ViSWIvTnhCR3Bxbng4dVVxQ2poM1lZTUZzK3Q1UnlXcjVSdHlFNUZxTFJqanJVQUVjSHQ2MmN5CkVGOWJEcDJKcHN1ZkVkeldDeEJvNkxTZ0FEQUtCZ2dxaGtqT1BRUURBZ05IQURCRUFpQmpGeUdqQXNFcjVRZloKWDVkMUJnK2twb01qd1hoeWVPSlBmbDZVb09rdzV3SWdMR0xDQU52dDIyeU15UDMzdTU1QzF6WGM0MHgwakF1NApUVWVBZlNkZWRadz0KLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg==',
        signerName: 'a.b/c',
        usages: ['client auth', 'digital signature'],
        expirationSeconds: 3600,
      },
    }),
  },
  serviceaccount: {
    path: (n) => `/${G.core}/namespaces/${n}/serviceaccounts`,
    body: () => ({ secrets: [{ name: 's' }], imagePullSecrets: [{ name: 'p' }], automountServiceAccountToken: false }),
  },
  controllerrevision: {
    path: (n) => `/${G.apps}/namespaces/${n}/controllerrevisions`,
    body: () => ({ revision: 1, data: { a: 1 } }),
  },
}
