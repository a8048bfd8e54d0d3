import { expect, it } from 'vitest'
import { internalStruct } from './internal-struct.ts'

it('shows a pod as Kubernetes holds it: fields of its host in its security context, sources of volumes and handlers of probes beside names', () => {
  const probe = { httpGet: { port: 80 }, periodSeconds: 3 }
  const spec = {
    hostNetwork: true,
    volumes: [{ name: 'v', emptyDir: {} }],
    containers: [{ name: 'c', livenessProbe: probe, resources: { limits: { memory: '1Gi', cpu: '1' } } }],
  }

  const { SecurityContext, Volumes, Containers, InitContainers, RestartPolicy } =
    internalStruct(spec, 'core.PodSpec') ?? {}

  expect(SecurityContext).toMatchObject({ HostNetwork: true, HostPID: false, HostUsers: null, FSGroup: null })
  expect(Volumes[0]).toMatchObject({ Name: 'v', EmptyDir: { Medium: '', SizeLimit: null }, Secret: null })
  expect(Containers[0].LivenessProbe).toMatchObject({ HTTPGet: { Port: 80, Path: '' }, Exec: null, PeriodSeconds: 3 })
  expect(JSON.stringify(Containers[0].Resources)).toBe(
    '{"Limits":{"cpu":"1","memory":"1Gi"},"Requests":null,"Claims":null}',
  )
  expect([InitContainers, RestartPolicy]).toEqual([null, ''])
})

it("shows the API's own structs by their names of JSON, in Go's order and without what is empty", () => {
  const metadata = { labels: { b: '1', a: '2' }, name: 'n', annotations: {} }
  const topologySpreadConstraints = [{ labelSelector: { matchExpressions: [], matchLabels: { z: '1' } } }]

  const template = internalStruct({ metadata, spec: { topologySpreadConstraints } }, 'core.PodTemplateSpec')

  expect(JSON.stringify(template)).toContain('{"name":"n","labels":{"a":"2","b":"1"},"Spec":{"Volumes":null')
  expect(template?.Spec.TopologySpreadConstraints[0].LabelSelector).toEqual({ matchLabels: { z: '1' } })
})
