import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { createCertificates } from '@slipway/kube-apiserver'
import { MemoryApiServer } from '@slipway/kube-client/testing'
import { hashSync } from 'bcryptjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DataFolder } from '../data-folder.ts'
import { parseListenAddress } from './option-values.ts'
import { startRegistryServer } from './start-registry-server.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'registry-server-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const INDEX = 'application/vnd.oci.image.index.v1+json'
const RETENTION = `apiVersion: slipway.dev/v1alpha1
kind: RegistryPolicy
metadata: { name: newest }
spec:
  repositories: ['**']
  retention: { keepNewest: 1 }
`
const WORKLOADS = [
  { apiVersion: 'v1', kind: 'Pod', plural: 'pods' },
  ...['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet'].map((kind) => ({
    apiVersion: 'apps/v1',
    kind,
    plural: `${kind.toLowerCase()}s`,
  })),
  { apiVersion: 'batch/v1', kind: 'Job', plural: 'jobs' },
  { apiVersion: 'batch/v1', kind: 'CronJob', plural: 'cronjobs' },
]
const kubeconfigOf = (server: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server } }],
    users: [{ name: 'u', user: {} }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  })
const LOCAL = { host: '127.0.0.1', port: 0 }
const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

async function statusOf(url: string, authorization?: string): Promise<number> {
  return (await fetch(url, { headers: { ...(authorization && { authorization }) } })).status
}

/** The fingerprint of what it shows to whoever connects now. */
async function certificateOf(url: string): Promise<string> {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const { fingerprint256 } = socket.getPeerCertificate()
  socket.destroy()
  return fingerprint256
}

describe('the registry alone', () => {
  it('has one administrator, whose token is made once', async () => {
    const folder = new DataFolder(join(dir, 'token'))

    const first = await startRegistryServer(folder, LOCAL)
    const token = first.adminToken ?? ''
    const statuses = [await statusOf(`${first.url}/v2/`), await statusOf(`${first.url}/v2/`, `Bearer ${token}`)]
    await first.stop()
    const second = await startRegistryServer(folder, LOCAL)
    statuses.push(await statusOf(`${second.url}/v2/`, basic('anybody', token)))
    await second.stop()

    expect(token).toMatch(/^slw_/)
    expect(second.adminToken).toBeUndefined()
    expect(statuses).toEqual([401, 200, 200])
  })

  it('takes users from a file, over HTTPS, under the address that clients know it by', async () => {
    const { ca, server: own } = await createCertificates({ hosts: ['127.0.0.1'], now: new Date() })
    const htpasswd = join(dir, 'users')
    await writeFile(htpasswd, `ci:${hashSync('secret', 4)}\n`)
    const options = { ...LOCAL, htpasswd, tls: () => own, url: 'https://registry.example' }
    const server = await startRegistryServer(new DataFolder(join(dir, 'tls')), options)
    const get = (authorization?: string): Promise<{ status: number; challenge: string }> =>
      new Promise((resolve, reject) => {
        const headers = { ...(authorization && { authorization }) }
        request(`${server.url}/v2/`, { ca: ca.cert, headers }, (response) => {
          response.resume()
          const challenge = String(response.headers['www-authenticate'] ?? '')
          resolve({ status: response.statusCode ?? 0, challenge })
        })
          .on('error', reject)
          .end()
      })

    const refused = await get()
    const admitted = await get(basic('ci', 'secret'))
    await server.stop()

    expect(refused.status).toBe(401)
    expect(refused.challenge).toContain('realm="https://registry.example/oauth2/token",service="registry.example"')
    expect(admitted.status).toBe(200)
  })

  it('shows a renewed certificate once it is told to look, and keeps what it has where the new one is none', async () => {
    let { server: shown } = await createCertificates({ hosts: ['127.0.0.1'], now: new Date() })
    const { server: renewed } = await createCertificates({ hosts: ['127.0.0.1'], now: new Date() })
    const server = await startRegistryServer(new DataFolder(join(dir, 'renewed')), { ...LOCAL, tls: () => shown })
    const fingerprint = ({ cert }: { cert: string }): string => new X509Certificate(cert).fingerprint256

    const before = await certificateOf(server.url)
    const first = shown
    shown = renewed
    await server.reload()
    const after = await certificateOf(server.url)
    shown = { cert: 'none', key: 'none' }
    await expect(server.reload()).rejects.toThrow(/PEM/)
    const still = await certificateOf(server.url)
    await server.stop()

    expect([before, after, still]).toEqual([first, renewed, renewed].map(fingerprint))
  })

  it.each([
    ['under any name where it was not told its own', {}, ['1', '2']],
    ['under its own name', { url: 'https://registry.example' }, ['2']],
  ])('keeps what the cluster runs %s', async (_, options, kept) => {
    const api = new MemoryApiServer(WORKLOADS)
    const cluster = await api.start()
    const spec = { containers: [{ name: 'web', image: 'registry.corp:5000/web:1' }] }
    await cluster.create({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'default' }, spec })
    const config = join(dir, 'retention.yaml')
    await writeFile(config, RETENTION)
    const folder = new DataFolder(await mkdtemp(join(dir, 'retention-')))
    const server = await startRegistryServer(folder, {
      ...LOCAL,
      ...options,
      config,
      kubeconfig: kubeconfigOf(api.url),
    })
    const authorization = `Bearer ${server.adminToken}`
    const send = (method: string, path: string, more: RequestInit = {}): Promise<Response> =>
      fetch(server.url + path, { method, ...more, headers: { authorization, ...more.headers } })
    for (const tag of ['1', '2']) {
      const body = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [], annotations: { tag } })
      await send('PUT', `/v2/web/manifests/${tag}`, { body, headers: { 'content-type': INDEX } })
    }

    const report = await (await send('POST', '/v2/_slipway/gc?grace=0s')).json()
    const { tags } = (await (await send('GET', '/v2/web/tags/list')).json()) as { tags: string[] }
    await server.stop()
    await cluster.close()
    await api.stop()

    expect(report).toMatchObject({ retention: { faults: [] } })
    expect(tags).toEqual(kept)
  })

  it('has its folder for itself', async () => {
    const folder = new DataFolder(join(dir, 'locked'))
    const server = await startRegistryServer(folder, LOCAL)

    await expect(startRegistryServer(folder, LOCAL)).rejects.toMatchObject({ code: 'DATA_DIR_IN_USE' })
    await server.stop()
  })
})

describe('an address to listen on', () => {
  it.each([
    ['127.0.0.1:5000', { host: '127.0.0.1', port: 5000 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['[::1]:5000', { host: '::1', port: 5000 }],
    [':5000', { host: '::', port: 5000 }],
  ])('%s is read', (text, expected) => {
    expect(parseListenAddress(text)).toEqual(expected)
  })

  it.each(['5000', 'localhost', 'a:b', 'a:70000', '::1:5000'])('%s is refused', (text) => {
    expect(() => parseListenAddress(text)).toThrow(/no address to listen on/)
  })
})
