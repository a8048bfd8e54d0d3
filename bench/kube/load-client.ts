/**
 * Puts one server under load from a process of its own, as `bench/kube.ts` tells it, and prints what it measured as JSON:
 * `load-client.ts KUBECONFIG STEP COUNT`.
 */
import { readFileSync } from 'node:fs'
import { type ClusterConnection, parseKubeconfig } from '@slipway/kube-client'
import { openStream, RawConnection } from './raw-connection.ts'

/** What a step measured: how many operations, in how long, and the milliseconds of each. */
export interface Measured {
  operations: number
  seconds: number
  p50: number
  p99: number
}

const CONNECTIONS = 16
const WATCHERS = 100
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps'
const JSON_TYPE = 'application/json'
/** An event is a line of JSON; no other line ends so, neither the answer's head nor a chunk's size. */
const EVENT_END = Buffer.from('}}\n')

const [file = '', step = '', count = '1'] = process.argv.slice(2)
const cluster = parseKubeconfig(readFileSync(file, 'utf8'))
const total = Number(count)

const steps: Record<string, () => Promise<Measured>> = {
  create: () => each((n) => wire('POST', CONFIG_MAPS, { type: JSON_TYPE, body: configMap(n, 'first') }), 201),
  get: () => each((n) => wire('GET', `${CONFIG_MAPS}/bench-${(n * 7919) % total}`), 200),
  apply: () =>
    each((n) => wire('PATCH', applyPath(n), { type: 'application/apply-patch+yaml', body: applied(n) }), 200),
  'create-more': () =>
    each((n) => wire('POST', CONFIG_MAPS, { type: JSON_TYPE, body: configMap(total + n, 'first') }), 201),
  list: () => each(() => wire('GET', CONFIG_MAPS), 200, { connections: 1, operations: 20 }),
  watch,
}

function configMap(n: number, version: string): object {
  const labels = { app: `app-${n % 50}`, 'app.kubernetes.io/managed-by': 'bench' }
  const data = { 'config.yaml': `replicas: ${n}\nversion: ${version}\nendpoint: https://example.com/${n}\n`, version }
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `bench-${n}`, labels }, data }
}

const began = Date.now()
let applies = 0
/** Each apply changes the object, so that none is answered without a write. */
const applied = (n: number): object => configMap(n, `${began}-${applies++}`)
const applyPath = (n: number): string => `${CONFIG_MAPS}/bench-${n}?fieldManager=bench&force=true`

/** Does the operation `total` times over a number of connections, each with one request at a time. */
async function each(
  request: (n: number) => Buffer,
  expected: number,
  { connections = CONNECTIONS, operations = total } = {},
): Promise<Measured> {
  const open = await Promise.all(Array.from({ length: connections }, () => RawConnection.open(tls(cluster))))
  // The first request of a connection pays for what all others share.
  await Promise.all(open.map((connection) => connection.request(wire('GET', `${CONFIG_MAPS}?limit=1`))))
  const times: number[] = []
  let next = 0
  const start = performance.now()
  await Promise.all(
    open.map(async (connection) => {
      for (let n = next++; n < operations; n = next++) {
        const message = request(n)
        const sent = performance.now()
        const { status, body } = await connection.request(message)
        times.push(performance.now() - sent)
        if (status !== expected) throw new Error(`${step}: status ${status}: ${Buffer.concat(body).toString()}`)
      }
    }),
  )
  const seconds = (performance.now() - start) / 1000
  for (const connection of open) connection.close()
  return measured(times, seconds)
}

/** Watchers of one namespace, while objects in it change: an operation is one event that one watcher got. */
async function watch(): Promise<Measured> {
  const newest = await RawConnection.open(tls(cluster))
  const { body } = await newest.request(wire('GET', `${CONFIG_MAPS}?limit=1`))
  const version = /"resourceVersion":"(\d+)"/.exec(Buffer.concat(body).toString())?.[1]
  const path = `${CONFIG_MAPS}?watch=true&resourceVersion=${version}&timeoutSeconds=600`
  const sent: number[] = []
  const times: number[] = []
  let all = (): void => {}
  const arrived = new Promise<void>((resolve) => {
    all = resolve
  })
  const openWatcher = () => {
    let seen = 0
    return openStream(tls(cluster), wire('GET', path), (part) => {
      for (let at = part.indexOf(EVENT_END); at >= 0; at = part.indexOf(EVENT_END, at + EVENT_END.length)) {
        times.push(performance.now() - (sent[seen++] ?? Number.NaN))
      }
      if (times.length === WATCHERS * total) all()
    })
  }
  const watchers = await Promise.all(Array.from({ length: WATCHERS }, openWatcher))
  // A watch has no answer before its first event: this one shows that all are open.
  await new Promise((resolve) => setTimeout(resolve, 1000))
  const start = performance.now()
  for (let n = 0; n < total; n++) {
    sent.push(performance.now())
    const { status } = await newest.request(
      wire('PATCH', applyPath(n), { type: 'application/apply-patch+yaml', body: applied(n) }),
    )
    if (status !== 200) throw new Error(`watch: status ${status}`)
  }
  await arrived
  const seconds = (performance.now() - start) / 1000
  for (const connection of [newest, ...watchers]) connection.close()
  return measured(times, seconds)
}

function measured(times: number[], seconds: number): Measured {
  const sorted = Float64Array.from(times).sort()
  const quantile = (q: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
  return { operations: times.length, seconds, p50: quantile(0.5), p99: quantile(0.99) }
}

function wire(method: string, path: string, content?: { type: string; body: object }): Buffer {
  const { host } = new URL(cluster.server)
  const lines = [`${method} ${path} HTTP/1.1`, `host: ${host}`, `accept: ${JSON_TYPE}`]
  if (cluster.token) lines.push(`authorization: Bearer ${cluster.token}`)
  const body = content ? JSON.stringify(content.body) : ''
  if (content) lines.push(`content-type: ${content.type}`, `content-length: ${Buffer.byteLength(body)}`)
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`)
}

function tls({ server, certificateAuthority, clientCertificate, clientKey }: ClusterConnection): object {
  const { hostname, port } = new URL(server)
  return { host: hostname, port: Number(port), ca: certificateAuthority, cert: clientCertificate, key: clientKey }
}

const run = steps[step]
if (!run) throw new Error(`no step ${step}`)
console.log(JSON.stringify(await run()))
process.exit(0)
