/** values.yaml of a new chart. */
export const starterValues = `# Defaults of <NAME>. Whoever installs the chart can set each of them.

# How many pods run.
replicaCount: 1

image:
  repository: nginx
  pullPolicy: IfNotPresent
  # Empty takes the chart's appVersion.
  tag: ""

# Secrets for a private registry, such as [{name: pull-secret}].
imagePullSecrets: []

# Names of the objects: the chart's part of them, or all of it.
nameOverride: ""
fullnameOverride: ""

serviceAccount:
  # Whether the chart makes an account of its own.
  create: true
  # Whether pods get its API token.
  automount: true
  annotations: {}
  # Empty takes the full name when create is true, "default" otherwise.
  name: ""

podAnnotations: {}
podLabels: {}

# Security context of the pod, such as {fsGroup: 2000}.
podSecurityContext: {}

# Security context of the container, such as {runAsNonRoot: true, readOnlyRootFilesystem: true}.
securityContext: {}

service:
  # ClusterIP, NodePort or LoadBalancer.
  type: ClusterIP
  port: 80

ingress:
  enabled: false
  # Name of an IngressClass.
  className: ""
  annotations: {}
  hosts:
    - host: chart-example.local
      paths:
        - path: /
          pathType: ImplementationSpecific
  # Such as [{secretName: example-tls, hosts: [chart-example.local]}].
  tls: []

# A route of the Gateway API, for clusters that have a gateway.
httpRoute:
  enabled: false
  annotations: {}
  parentRefs:
    - name: gateway
      sectionName: http
  hostnames:
    - chart-example.local
  # Each rule may have filters beside its matches.
  rules:
    - matches:
        - path:
            type: PathPrefix
            value: /headers

# Requests and limits of the container, such as {requests: {cpu: 100m, memory: 128Mi}}.
resources: {}

livenessProbe:
  httpGet:
    path: /
    port: http
readinessProbe:
  httpGet:
    path: /
    port: http

autoscaling:
  enabled: false
  minReplicas: 1
  maxReplicas: 100
  targetCPUUtilizationPercentage: 80
  # Another measure: targetMemoryUtilizationPercentage.

# More volumes of the pod and where the container finds them.
volumes: []
volumeMounts: []

nodeSelector: {}
tolerations: []
affinity: {}
`
