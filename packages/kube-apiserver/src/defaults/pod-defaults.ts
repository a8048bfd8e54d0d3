// biome-ignore lint/suspicious/noExplicitAny: specs of any kind, whose structure the schema has checked.
export type Spec = Record<string, any>

/** Sets a field that is absent. */
export function fill(object: Spec, defaults: Spec): void {
  for (const [field, value] of Object.entries(defaults)) if (object[field] === undefined) object[field] = value
}

/** What Kubernetes fills into every pod spec, in pods and in templates (core/v1/defaults.go). */
export function fillPodSpec(spec: Spec): void {
  fill(spec, {
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    terminationGracePeriodSeconds: 30,
    securityContext: {},
  })
  // The deprecated alias is kept equal for old clients (core/v1/conversion.go).
  const account = spec.serviceAccountName ?? spec.serviceAccount
  if (account) Object.assign(spec, { serviceAccountName: account, serviceAccount: account })
  for (const container of [
    ...(spec.initContainers ?? []),
    ...(spec.containers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ]) {
    fillContainer(container)
  }
  for (const volume of spec.volumes ?? []) fillVolume(volume)
}

function fillContainer(container: Spec): void {
  fill(container, {
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: pullPolicy(container.image ?? ''),
    resources: {},
  })
  for (const port of container.ports ?? []) fill(port, { protocol: 'TCP' })
  for (const { valueFrom } of container.env ?? [])
    if (valueFrom?.fieldRef) fill(valueFrom.fieldRef, { apiVersion: 'v1' })
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    if (container[probe]) fillProbe(container[probe])
  }
  for (const hook of Object.values<Spec>(container.lifecycle ?? {})) if (hook?.httpGet) fillHttpGet(hook.httpGet)
}

/** `latest`, or no tag at all, is pulled always; what a tag or digest pins only when absent. */
function pullPolicy(image: string): string {
  if (image.includes('@')) return 'IfNotPresent'
  const tag = /:([^:/]+)$/.exec(image)?.[1] ?? 'latest'
  return tag === 'latest' ? 'Always' : 'IfNotPresent'
}

function fillProbe(probe: Spec): void {
  fill(probe, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 })
  if (probe.httpGet) fillHttpGet(probe.httpGet)
  if (probe.grpc) fill(probe.grpc, { service: '' })
}

function fillHttpGet(action: Spec): void {
  fill(action, { path: '/', scheme: 'HTTP' })
}

const FILE_MODE = 0o644

function fillVolume(volume: Spec): void {
  if (Object.keys(volume).length === 1) volume.emptyDir = {}
  for (const source of ['secret', 'configMap', 'downwardAPI', 'projected']) {
    if (volume[source]) fill(volume[source], { defaultMode: FILE_MODE })
  }
  if (volume.hostPath) fill(volume.hostPath, { type: '' })
  for (const { serviceAccountToken } of volume.projected?.sources ?? []) {
    if (serviceAccountToken) fill(serviceAccountToken, { expirationSeconds: 3600 })
  }
  const items = [
    ...(volume.downwardAPI?.items ?? []),
    ...(volume.projected?.sources ?? []).flatMap((source: Spec) => source.downwardAPI?.items ?? []),
  ]
  for (const item of items) if (item.fieldRef) fill(item.fieldRef, { apiVersion: 'v1' })
}

/** What only a pod itself gets, not a template: links to services, and requests from limits. */
export function fillPod(pod: Spec): void {
  const { spec } = pod
  if (!spec) return
  fillPodSpec(spec)
  fill(spec, { enableServiceLinks: true })
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    const { limits } = container.resources
    if (limits) container.resources.requests = { ...limits, ...container.resources.requests }
  }
}
