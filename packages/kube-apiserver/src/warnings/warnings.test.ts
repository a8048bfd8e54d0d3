import { generateKeyPairSync } from 'node:crypto'
import type { KubeObject } from '@slipway/kube-objects'
import { describe, expect, it } from 'vitest'
import { createCertificates } from '../certificates.ts'
import type { Resource } from '../registry/resource.ts'
import { warningsOf } from './warnings.ts'

const warned = (type: string, object: object, old?: object, subresource?: string): string[] => {
  const [group = '', plural = ''] = type.split('/')
  const resource = { group, plural } as Resource
  const named = (one: object): KubeObject => ({ metadata: { name: 'a' }, ...one }) as unknown as KubeObject
  return warningsOf({ resource, ...(subresource && { subresource }) }, named(object), old && named(old))
}
const pod = (spec: object, container: object = {}) => ({ spec: { ...spec, containers: [{ name: 'c', ...container }] } })

describe('what a pod may have but better had not', () => {
  it.each<[string, object, string[]]>([
    ['nothing', pod({}, { env: [{ name: 'A', value: 'b' }] }), []],
    [
      'a variable that hides another, unless it is made of it',
      pod(
        {},
        {
          env: [
            { name: 'A', value: 'b' },
            { name: 'A', value: '$(A)c' },
            { name: 'A', value: 'c' },
          ],
        },
      ),
      ['spec.containers[0].env[2]: hides previous definition of "A", which may be dropped when using apply'],
    ],
    [
      'ports that are there twice',
      pod(
        {},
        {
          ports: [
            { containerPort: 80, protocol: 'TCP' },
            { containerPort: 80, protocol: 'TCP' },
            { containerPort: 80, protocol: 'TCP', hostPort: 8 },
          ],
        },
      ),
      [
        'spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]',
        'spec.containers[0].ports[2]: overlapping port definition with spec.containers[0].ports[0]',
        'spec.containers[0].ports[2]: overlapping port definition with spec.containers[0].ports[1]',
      ],
    ],
    [
      'half a byte',
      pod({}, { resources: { requests: { memory: '100m', cpu: '100m' } } }),
      ['spec.containers[0].resources.requests[memory]: fractional byte value "100m" is invalid, must be an integer'],
    ],
    [
      'labels of nodes that are no more',
      pod({ nodeSelector: { 'beta.kubernetes.io/os': 'linux' } }),
      ['spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead'],
    ],
    [
      'selectors that select nothing',
      pod({
        affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ podAffinityTerm: {} }] } },
      }),
      [
        'spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.labelSelector: a null labelSelector results in matching no pod',
      ],
    ],
    [
      'files in the place of others',
      pod({ volumes: [{ name: 'v', configMap: { name: 'c', items: [{ path: 'x' }, { path: 'x/y' }] } }] }),
      ['volume "v" (ConfigMap "c"): overlapping paths: "x/y" with "x"'],
    ],
  ])('%s', (_, object, warnings) => {
    expect(warned('/pods', object)).toEqual(warnings)
  })

  it('is said of the template of a new or changed workload, and not again when it only scales', () => {
    const set = (generation: number) => ({
      metadata: { name: 'a', generation },
      spec: { template: pod({ imagePullSecrets: [{}] }) },
    })
    const why = ['spec.template.spec.imagePullSecrets[0].name: invalid empty name ""']
    expect(warned('apps/deployments', set(1))).toEqual(why)
    expect(warned('apps/deployments', set(2), set(1))).toEqual(why)
    expect(warned('apps/deployments', set(2), set(2))).toEqual([])
  })
})

describe('what other objects may have but better had not', () => {
  it.each<[string, string, object, string[]]>([
    [
      'a Service with addresses that nothing uses',
      '/services',
      { spec: { type: 'ClusterIP', clusterIP: 'None', sessionAffinity: 'None', externalIPs: ['2001:DB8::1'] } },
      [
        'spec.externalIPs is ignored for headless services',
        'spec.externalIPs[0]: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")',
      ],
    ],
    [
      'a network that names a machine',
      'networking.k8s.io/networkpolicies',
      { spec: { ingress: [{ from: [{ ipBlock: { cidr: '10.1.2.3/8' } }] }] } },
      [
        'spec.ingress[0].from[0].ipBlock.cidr: CIDR value "10.1.2.3/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.1.2.3/32"?)',
      ],
    ],
    [
      'a format that nobody checks',
      'apiextensions.k8s.io/customresourcedefinitions',
      { spec: { versions: [{ schema: { openAPIV3Schema: { type: 'string', format: 'colour' } } }] } },
      ['unrecognized format "colour"'],
    ],
    [
      'a name that no host can have',
      'batch/jobs',
      { metadata: { name: 'a.b' }, spec: {} },
      [
        'metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]',
      ],
    ],
  ])('%s', (_, type, object, warnings) => {
    expect(warned(type, object)).toEqual(warnings)
  })

  it('a finalizer of a custom resource without a path, once', () => {
    const resource = { group: 'a.b', plural: 'cs', custom: {} } as unknown as Resource
    const object = { metadata: { name: 'a', finalizers: ['x.y.z', 'orphan', 'a.b/c', 'mine'] } } as KubeObject
    const say = (finalizer: string, path: string) =>
      `metadata.finalizers: "${finalizer}": prefer a domain-qualified finalizer name${path} to avoid accidental conflicts with other finalizer writers`
    expect(warningsOf({ resource }, object)).toEqual([say('mine', ''), say('x.y.z', ' including a path (/)')])
    expect(warningsOf({ resource }, object, object)).toEqual([])
  })
})

describe('the certificate and the key of a Secret', async () => {
  const { cert, key } = (await createCertificates({ now: new Date() })).server
  const other = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  const text = (value: string) => Buffer.from(value).toString('base64')
  it.each([
    ['that belong together', cert, key, []],
    ['of different kinds', cert, other.privateKey, ['tls: private key type does not match public key type']],
    ['that are none', 'x', 'y', ['tls: failed to find any PEM data in certificate input']],
    [
      'that were switched',
      key,
      cert,
      [
        'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched',
      ],
    ],
    [
      'that are both certificates',
      cert,
      cert,
      ['tls: found a certificate rather than a key in the PEM for the private key'],
    ],
  ])('%s', (_, certificate, privateKey, warnings) => {
    const data = { 'tls.crt': text(certificate), 'tls.key': text(privateKey) }
    expect(warned('/secrets', { type: 'kubernetes.io/tls', data })).toEqual(warnings)
  })
})
