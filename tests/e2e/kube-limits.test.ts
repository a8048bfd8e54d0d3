import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { type ClusterConnection, KubeClient, parseKubeconfig } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ClusterProcess, startClusterProcess } from './cluster-process.ts'

/** How many watches stay open at once. */
const WATCHES = Number(process.env.WATCHES ?? 2_000)
const MAPS = '/api/v1/namespaces/default/configmaps'
const configMap = (name: string, text = ''): KubeObject & { data: object } => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data: { text },
})

describe('clients that want too much of the Kubernetes API', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-kube-limits-'))
  const kubeconfig = join(folder, 'kubeconfig')
  const sockets: TLSSocket[] = []
  let cluster: ClusterProcess
  let target: ClusterConnection
  let api: KubeClient
  beforeAll(async () => {
    cluster = startClusterProcess(['--nodes', 'none', '--kubeconfig', kubeconfig])
    await cluster.ready
    target = parseKubeconfig(readFileSync(kubeconfig, 'utf8'))
    api = new KubeClient(target)
  })
  afterAll(async () => {
    for (const socket of sockets) socket.destroy()
    await api?.close()
    await cluster?.end('SIGTERM')
    rmSync(folder, { recursive: true, force: true })
  })

  it('may have thousands of watches open that see nothing, and others are served as ever', {
    timeout: 600_000,
  }, async () => {
    const before = cluster.memory()
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        for (let n = 0; n < WATCHES / 50; n++) await headOf(await send(`GET ${MAPS}?watch=true`))
      }),
    )
    const perWatch = (cluster.memory() - before) / WATCHES

    expect(perWatch).toBeLessThan(0.1)
    await api.create(configMap('seen-by-all'))
    await Promise.all(sockets.map((socket) => textFrom(socket, '"name":"seen-by-all"')))
  })

  it('may leave unread what they watch: they are cut off, and nobody else waits', async () => {
    for (const socket of sockets.splice(0)) socket.destroy()
    const deaf = await Promise.all(Array.from({ length: 20 }, () => send(`GET ${MAPS}?watch=true`)))
    for (const socket of deaf) socket.pause()
    const closed = deaf.map((socket) => once(socket, 'close'))
    const before = cluster.memory()

    await api.create(configMap('large'))
    for (let n = 0; n < 100; n++) {
      await api.patch({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'large' }, 'merge', {
        data: { text: String(n).repeat(500_000) },
      })
    }

    expect(cluster.memory() - before).toBeLessThan(400)
    for (const socket of deaf) socket.resume()
    await Promise.all(closed)
  })

  it.each([
    ['is longer than three megabytes', `{"metadata":{"name":"x"},"data":{"a":"${'x'.repeat(4_000_000)}"}}`, 413],
    ['says that it is longer, and never comes', undefined, 413],
    ['is nested a hundred thousand times', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, 400],
    [
      'nests arrays a million times',
      `{"metadata":{"name":"x"},"data":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`,
      400,
    ],
    ['is no JSON', '{"metadata":', 400],
    ['is no object', '[1]', 400],
    ['is no text', '\u0000\u0001\ufffd', 400],
  ])('get a status for a body that %s', async (_, body, status) => {
    const length = body === undefined ? 10_000_000 : Buffer.byteLength(body)
    const socket = await send(`POST ${MAPS}`, `content-type: application/json\r\ncontent-length: ${length}\r\n`)
    socket.write(body ?? '{')

    expect(await textFrom(socket, '"code":')).toMatch(new RegExp(`^HTTP/1.1 ${status} .*"kind":"Status"`, 's'))
    expect(await api.getText('/readyz')).toBe('ok')
  })

  it('may begin requests that never end, and others are served meanwhile', async () => {
    for (let n = 0; n < 300; n++) {
      const socket = await send(`POST ${MAPS}`, 'content-type: application/json\r\ncontent-length: 1000\r\n')
      socket.write('{"metadata":')
    }

    expect((await api.create(configMap('meanwhile'))).metadata.uid).toBeDefined()
  })

  /** A request on a connection of its own, whose answer nobody reads yet. */
  async function send(request: string, headers = ''): Promise<TLSSocket> {
    const { hostname, port } = new URL(target.server)
    const { certificateAuthority: ca, clientCertificate: cert, clientKey: key } = target
    const socket = connect({ host: hostname, port: Number(port), ca, cert, key })
    sockets.push(socket)
    socket.on('error', () => {})
    await once(socket, 'secureConnect')
    socket.write(`${request} HTTP/1.1\r\nhost: x\r\n${headers}\r\n`)
    return socket
  }

  const headOf = (socket: TLSSocket): Promise<string> => textFrom(socket, '\r\n\r\n')

  /** What comes until it holds the text. */
  async function textFrom(socket: TLSSocket, text: string): Promise<string> {
    let received = ''
    while (!received.includes(text)) received += String((await once(socket, 'data'))[0])
    return received
  }
})
