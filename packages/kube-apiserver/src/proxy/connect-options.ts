import type { KubeObject } from '@slipway/kube-objects'
import { flagOf } from '../api/flag.ts'
import type { Target } from '../api/request.ts'

type Read = (query: URLSearchParams, name: string) => unknown

const flag: Read = (query, name) => flagOf(query, name) || undefined
const text: Read = (query, name) => query.get(name) || undefined
const texts: Read = (query, name) => (query.has(name) ? query.getAll(name) : undefined)
const numbers: Read = (query, name) => (query.has(name) ? query.getAll(name).map(Number) : undefined)

const STREAMS = { stdin: flag, stdout: flag, stderr: flag, tty: flag, container: text }

/** The types of core/v1 that queries of connections are read as. */
const OPTIONS: Record<string, { kind: string; fields: Record<string, Read> }> = {
  'pods/attach': { kind: 'PodAttachOptions', fields: STREAMS },
  'pods/exec': { kind: 'PodExecOptions', fields: { ...STREAMS, command: texts } },
  'pods/portforward': { kind: 'PodPortForwardOptions', fields: { ports: numbers } },
  'pods/proxy': { kind: 'PodProxyOptions', fields: {} },
  'services/proxy': { kind: 'ServiceProxyOptions', fields: {} },
  'nodes/proxy': { kind: 'NodeProxyOptions', fields: {} },
}

/** What admission sees of a connection: its options, those of a proxy being the path. Empty ones are left out, as in Go. */
export function connectOptions(
  { resource, subresource, rest }: Pick<Target, 'resource' | 'subresource' | 'rest'>,
  query: URLSearchParams,
): KubeObject {
  const { kind = '', fields = {} } = OPTIONS[`${resource.plural}/${subresource}`] ?? {}
  const read = Object.entries(fields).map(([name, how]) => [name, how(query, name)] as const)
  const given = read.filter(([, value]) => value !== undefined)
  const path = subresource === 'proxy' && rest ? { path: rest } : {}
  return { kind, apiVersion: 'v1', metadata: {}, ...Object.fromEntries(given), ...path } as KubeObject
}
