import { type KubeObject, schemaFor } from '@slipway/kube-objects'
import { expect, it } from 'vitest'
import { statusRules } from '../statuses.ts'
import { builtinTypes } from '../type-rules.ts'

function faultsOf(kind: string, spec: object): string[] {
  const type = { apiVersion: 'resource.k8s.io/v1', kind }
  const schema = schemaFor(type)
  const object = { ...type, metadata: { name: 'x' }, spec } as unknown as KubeObject
  const found = schema ? builtinTypes.check(object, schema) : []
  return found.map(({ field, message }) => `${field}: ${message}`)
}

const exactly = { deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 1 }
const asking = (request: object, more: object = {}) => ({ devices: { requests: [{ name: 'r', ...request }], ...more } })
const selecting = (expression: string) => asking({ exactly: { ...exactly, selectors: [{ cel: { expression } }] } })
const CEL = 'spec.devices.requests[0].exactly.selectors[0].cel.expression'
const UNKNOWN = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"

it.each([
  [
    asking(
      { firstAvailable: [{ name: 's', ...exactly }] },
      { constraints: [{ requests: ['r', 'r/s'], matchAttribute: 'a.b/c' }] },
    ),
    [],
  ],
  [asking({}), ['spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required']],
  [
    asking({ exactly: { ...exactly, allocationMode: 'All' } }),
    [`spec.devices.requests[0].exactly.count: Invalid value: 1: must not be specified when allocationMode is 'All'`],
  ],
  [
    asking({ exactly }, { constraints: [{ requests: ['x'], matchAttribute: 'model' }] }),
    [
      `spec.devices.constraints[0].requests[0]: Invalid value: "x": ${UNKNOWN}`,
      'spec.devices.constraints[0].matchAttribute: Invalid value: "model": must include a domain',
    ],
  ],
  [
    asking({ exactly }, { config: [{ opaque: { driver: 'a.b', parameters: [1] } }] }),
    ['spec.devices.config[0].opaque.parameters: Invalid value: "<value omitted>": must be a valid JSON object'],
  ],
  [selecting('device.driver == "a.b" && device.capacity["a.b"].memory.isGreaterThan(quantity("1Gi"))'), []],
  [selecting('cel.bind(own, device.attributes["a.b"], own.ready && own.fast)'), []],
  [
    selecting('device.driver'),
    [`${CEL}: Invalid value: "device.driver": must evaluate to bool or the unknown type, not string`],
  ],
  [
    selecting(
      'device.attributes.all(a, device.attributes.all(b, device.attributes.all(c, device.attributes.all(d, a == d))))',
    ),
    [`${CEL}: Forbidden: too complex, exceeds cost limit`],
  ],
])('claims %#', (spec, faults) => {
  expect(faultsOf('ResourceClaim', spec)).toEqual(faults)
})

const pool = { name: 'p', generation: 1, resourceSliceCount: 1 }
const slice = (more: object) => ({ driver: 'a.b', pool, nodeName: 'n', ...more })

it.each([
  [
    slice({ devices: [{ name: 'd', attributes: { 'a.b/ready': { bool: true } }, capacity: { mem: { value: '1' } } }] }),
    [],
  ],
  [
    slice({ nodeName: undefined }),
    [
      'spec: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required',
    ],
  ],
  [
    slice({ allNodes: true, pool: { ...pool, resourceSliceCount: 0 } }),
    [
      'spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero',
      'spec: Invalid value: "{`nodeName`, `allNodes`}": exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set',
    ],
  ],
  [
    slice({
      devices: [
        { name: 'd', attributes: { a: { string: 'x', int: 1 }, b: { version: '1.0' }, 'no-id': { bool: true } } },
      ],
    }),
    [
      'spec.devices[0].attributes[a]: Invalid value: {"IntValue":1,"BoolValue":null,"StringValue":"x","VersionValue":null}: exactly one value must be specified',
      'spec.devices[0].attributes[b].version: Invalid value: "1.0": must be a string compatible with semver.org spec 2.0.0',
      expect.stringContaining('spec.devices[0].attributes[no-id]: Invalid value: "no-id": a valid C identifier'),
    ],
  ],
  [slice({ devices: [{ name: 'd' }, { name: 'd' }] }), ['spec.devices[1].name: Duplicate value: "d"']],
])('slices %#', (spec, faults) => {
  expect(faultsOf('ResourceSlice', spec)).toEqual(faults)
})

const device = { driver: 'a.b', pool: 'p', device: 'd' }
const allocation = { devices: { results: [{ ...device, request: 'r' }] } }
const user = { resource: 'pods', name: 'x', uid: '1' }

it.each([
  [{ allocation, reservedFor: [user], devices: [device] }, []],
  [{ reservedFor: [user] }, ['status.reservedFor: Forbidden: may not be specified when `allocated` is not set']],
  [{ allocation, reservedFor: [user, user] }, ['status.reservedFor[1].uid: Duplicate value: "1"']],
  [
    { allocation: { devices: { results: [{ ...device, request: 'x' }] } } },
    [`status.allocation.devices.results[0].request: Invalid value: "x": ${UNKNOWN}`],
  ],
  [
    { allocation, devices: [{ ...device, networkData: { ips: ['10.0.0.1'] }, device: 'd' }] },
    [
      'status.devices[0].networkData.ips[0]: Invalid value: "10.0.0.1": must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)',
    ],
  ],
])('statuses of claims %#', (status, faults) => {
  const claim = { metadata: { name: 'x' }, spec: asking({ exactly }) }
  const found = statusRules.get('resource.k8s.io/resourceclaims')?.(
    { ...claim, status } as unknown as KubeObject,
    claim as unknown as KubeObject,
  )

  expect(found?.map(({ field, message }) => `${field}: ${message}`)).toEqual(faults)
})
