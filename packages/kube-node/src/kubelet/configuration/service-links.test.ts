import { describe, expect, it } from 'vitest'
import type { Pod } from '../../model/pod.ts'
import type { Service } from '../../model/service.ts'
import { serviceLinks } from './service-links.ts'

const service = (namespace: string, name: string, spec: Service['spec']): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace },
  spec,
})
const api = service('default', 'kubernetes', { clusterIP: '10.0.0.1', ports: [{ name: 'https', port: 443 }] })
const pod = (spec: Partial<Pod['spec']> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'shop' },
  spec: { containers: [], ...spec },
})

describe('serviceLinks', () => {
  it('tells where a service of the namespace is, in the words of Docker', () => {
    const web = service('shop', 'my-web', {
      clusterIP: '10.0.0.7',
      ports: [
        { name: 'http', port: 80 },
        { name: 'dns-udp', port: 53, protocol: 'UDP' },
      ],
    })

    expect(Object.fromEntries(serviceLinks(pod(), [web]))).toEqual({
      MY_WEB_SERVICE_HOST: '10.0.0.7',
      MY_WEB_SERVICE_PORT: '80',
      MY_WEB_SERVICE_PORT_HTTP: '80',
      MY_WEB_SERVICE_PORT_DNS_UDP: '53',
      MY_WEB_PORT: 'tcp://10.0.0.7:80',
      MY_WEB_PORT_80_TCP: 'tcp://10.0.0.7:80',
      MY_WEB_PORT_80_TCP_PROTO: 'tcp',
      MY_WEB_PORT_80_TCP_PORT: '80',
      MY_WEB_PORT_80_TCP_ADDR: '10.0.0.7',
      MY_WEB_PORT_53_UDP: 'udp://10.0.0.7:53',
      MY_WEB_PORT_53_UDP_PROTO: 'udp',
      MY_WEB_PORT_53_UDP_PORT: '53',
      MY_WEB_PORT_53_UDP_ADDR: '10.0.0.7',
    })
  })

  it.each([
    ['always the API', pod(), [api], '10.0.0.1'],
    ['the API also where no links are wanted', pod({ enableServiceLinks: false }), [api], '10.0.0.1'],
    [
      'its own namesake of the API',
      pod(),
      [service('shop', 'kubernetes', { clusterIP: '10.0.0.9', ports: [{ port: 1 }] }), api],
      '10.0.0.9',
    ],
  ] as [string, Pod, Service[], string][])('tells %s', (_name, input, services, host) => {
    expect(serviceLinks(input, services).get('KUBERNETES_SERVICE_HOST')).toBe(host)
  })

  it.each([
    ['of other namespaces', pod(), service('other', 'web', { clusterIP: '10.0.0.7', ports: [{ port: 80 }] })],
    ['that are headless', pod(), service('shop', 'web', { clusterIP: 'None', ports: [{ port: 80 }] })],
    [
      'where none are wanted',
      pod({ enableServiceLinks: false }),
      service('shop', 'web', { clusterIP: '10.0.0.7', ports: [{ port: 80 }] }),
    ],
  ])('tells nothing of services %s', (_name, input, hidden) => {
    expect(serviceLinks(input, [hidden]).size).toBe(0)
  })
})
