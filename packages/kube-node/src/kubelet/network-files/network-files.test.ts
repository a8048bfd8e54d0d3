import { describe, expect, it } from 'vitest'
import type { Pod } from '../../model/pod.ts'
import { kernelHostName } from './host-name.ts'
import { hostsFile } from './hosts-file.ts'
import { parseResolvConf, type Resolver, resolvConf } from './resolv-conf.ts'

const pod = (spec: Partial<Pod['spec']> = {}, name = 'web'): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop' },
  spec: { containers: [], ...spec },
})
const machine = (): Resolver => ({ servers: ['192.0.2.53'], searches: ['example.com'], options: ['edns0'] })
const CLUSTER = 'shop.svc.cluster.local svc.cluster.local cluster.local example.com'

describe('resolvConf', () => {
  it.each([
    ['asks the cluster first', {}, '10.0.0.10', `search ${CLUSTER}\nnameserver 10.0.0.10\noptions ndots:5\n`],
    ['leaves a host-network pod the machine', { hostNetwork: true }, '10.0.0.10', undefined],
    [
      'asks the cluster in a host-network pod that wants it',
      { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' },
      '10.0.0.10',
      `search ${CLUSTER}\nnameserver 10.0.0.10\noptions ndots:5\n`,
    ],
    ['leaves the machine where there is no cluster DNS', {}, undefined, undefined],
    ['leaves the machine on request', { dnsPolicy: 'Default' }, '10.0.0.10', undefined],
    [
      'adds to the machine',
      { dnsPolicy: 'Default', dnsConfig: { nameservers: ['192.0.2.54'], options: [{ name: 'edns0' }] } },
      '10.0.0.10',
      'search example.com\nnameserver 192.0.2.53\nnameserver 192.0.2.54\noptions edns0\n',
    ],
    [
      'is only what the pod says',
      {
        dnsPolicy: 'None',
        dnsConfig: { nameservers: ['192.0.2.1'], searches: ['a'], options: [{ name: 'ndots', value: '2' }] },
      },
      '10.0.0.10',
      'search a\nnameserver 192.0.2.1\noptions ndots:2\n',
    ],
    [
      'lets the pod change an option',
      { dnsConfig: { options: [{ name: 'ndots', value: '1' }] } },
      '10.0.0.10',
      `search ${CLUSTER}\nnameserver 10.0.0.10\noptions ndots:1\n`,
    ],
  ] as [string, Partial<Pod['spec']>, string | undefined, string | undefined][])('%s', (_name, spec, dns, expected) => {
    expect(resolvConf(pod(spec), dns, machine)).toBe(expected)
  })

  it('is read back as it was written', () => {
    const text = 'search a b\nnameserver 192.0.2.1\noptions ndots:2 edns0\n# a comment\nsearch c\n'

    expect(parseResolvConf(text)).toEqual({ servers: ['192.0.2.1'], searches: ['c'], options: ['ndots:2', 'edns0'] })
  })
})

describe('hostsFile', () => {
  it('names the pod and its aliases', () => {
    const spec = { hostname: 'a', subdomain: 'sub', hostAliases: [{ ip: '192.0.2.9', hostnames: ['foo', 'bar'] }] }

    const text = hostsFile(pod(spec), '10.88.0.7', () => '')

    expect(text).toMatch(/^# Kubernetes-managed hosts file\.\n127\.0\.0\.1\tlocalhost\n/)
    expect(text).toContain('10.88.0.7\ta.sub.shop.svc.cluster.local\ta\n')
    expect(text).toContain('\n# Entries added by HostAliases.\n192.0.2.9\tfoo\tbar\n')
  })

  it('is that of the machine in a host-network pod', () => {
    const text = hostsFile(pod({ hostNetwork: true }), '192.0.2.2', () => '192.0.2.2 here\n')

    expect(text).toBe('# Kubernetes-managed hosts file (host network).\n192.0.2.2 here\n')
  })
})

describe('kernelHostName', () => {
  it.each([
    ['the name of the pod', pod(), 'web'],
    ['cut to what kernels take', pod({}, `${'a'.repeat(62)}-b`), 'a'.repeat(62)],
    ['with its domain on request', pod({ subdomain: 's', setHostnameAsFQDN: true }), 'web.s.shop.svc.cluster.local'],
  ])('%s', (_name, input, expected) => {
    expect(kernelHostName(input)).toBe(expected)
  })
})
