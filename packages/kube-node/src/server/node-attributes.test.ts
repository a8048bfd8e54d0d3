import { expect, it } from 'vitest'
import { nodeAttributes } from './node-attributes.ts'

/** As GetRequestAttributes of the kubelet has it (server/auth_test.go). */
it.each([
  ['GET', '/pods', 'get', ['pods', 'proxy']],
  ['GET', '/runningpods/', 'get', ['pods', 'proxy']],
  ['GET', '/healthz/ping', 'get', ['healthz', 'proxy']],
  ['GET', '/configz', 'get', ['configz', 'proxy']],
  ['GET', '/stats/summary', 'get', ['stats']],
  ['GET', '/metrics', 'get', ['metrics']],
  ['GET', '/metrics/resource', 'get', ['metrics']],
  ['GET', '/metricsx', 'get', ['proxy']],
  ['GET', '/logs/', 'get', ['log']],
  ['POST', '/checkpoint/n/p/c', 'create', ['checkpoint']],
  ['POST', '/exec/n/p/c', 'create', ['proxy']],
  ['GET', '/containerLogs/n/p/c', 'get', ['proxy']],
  ['PUT', '/run/n/p/c', 'update', ['proxy']],
  ['OPTIONS', '/', '', ['proxy']],
])('%s %s is %s of %j', (method, path, verb, subresources) => {
  expect(nodeAttributes(method, path)).toEqual({ verb, subresources })
})
