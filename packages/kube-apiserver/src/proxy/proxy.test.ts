import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { createServer as createTlsServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { gunzipSync, gzipSync } from 'node:zlib'
import { parse } from '@slipway/go-yaml'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCertificates, createKubeletCertificate } from '../index.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { startWebhookServer } from '../testing/webhook-server.ts'

let api: TestServer
let kubelet: Server
const seen: { method: string; url: string; authorization: string }[] = []

beforeAll(async () => {
  api = await startTestServer({ kubeletToken: 'kubelet-secret' })
  const pair = await createKubeletCertificate(api.ca, { node: 'n', hosts: ['127.0.0.1'], now: new Date() })
  kubelet = createTlsServer(pair, (incoming, response) => {
    seen.push({
      method: incoming.method ?? '',
      url: incoming.url ?? '',
      authorization: incoming.headers.authorization ?? '',
    })
    if (incoming.url?.includes('/broken'))
      response.writeHead(400).end('container "broken" in pod "p" is waiting to start: ContainerCreating')
    else response.writeHead(200, { 'content-type': 'text/plain' }).end('line 1\nline 2\n')
  })
  kubelet.on('upgrade', (incoming, socket) => {
    seen.push({
      method: incoming.method ?? '',
      url: incoming.url ?? '',
      authorization: incoming.headers.authorization ?? '',
    })
    socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: SPDY/3.1\r\nconnection: Upgrade\r\n\r\n')
    socket.pipe(socket)
  })
  await new Promise<void>((resolve) => kubelet.listen(0, '127.0.0.1', resolve))
  const { port } = kubelet.address() as AddressInfo
  const status = {
    addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
  }
  await api.call('POST', '/api/v1/nodes', { body: { metadata: { name: 'n' }, status } })
  const containers = [
    { name: 'a', image: 'x' },
    { name: 'broken', image: 'x' },
  ]
  const pods = '/api/v1/namespaces/default/pods'
  await api.call('POST', pods, { body: { metadata: { name: 'p' }, spec: { nodeName: 'n', containers } } })
  await api.call('POST', pods, {
    body: { metadata: { name: 'single' }, spec: { nodeName: 'n', containers: containers.slice(0, 1) } },
  })
  await api.call('POST', pods, {
    body: { metadata: { name: 'nowhere' }, spec: { containers: containers.slice(0, 1) } },
  })
})
afterAll(async () => {
  await api.stop()
  kubelet.closeAllConnections()
  kubelet.close()
})

const LOG = '/api/v1/namespaces/default/pods'

describe('logs', () => {
  it('come from the kubelet of the pod, with its token and its path', async () => {
    const { status, body } = await api.call('GET', `${LOG}/single/log?tailLines=5&timestamps=true`)

    expect({ status, body }).toEqual({ status: 200, body: 'line 1\nline 2\n' })
    expect(seen.at(-1)).toEqual({
      method: 'GET',
      url: '/containerLogs/default/single/a?timestamps=true&tailLines=5',
      authorization: 'Bearer kubelet-secret',
    })
  })

  it.each([
    ['p/log', 400, 'a container name must be specified for pod p, choose one of: [a broken]'],
    ['p/log?container=zzz', 400, 'container zzz is not valid for pod p'],
    ['p/log?container=broken', 400, 'container "broken" in pod "p" is waiting to start: ContainerCreating'],
    ['p/log?container=a&tailLines=x', 400, 'strconv.ParseInt: parsing "x": invalid syntax'],
    [
      'p/log?container=a&tailLines=-1&limitBytes=0',
      422,
      'PodLogOptions "p" is invalid: [tailLines: Invalid value: -1: must be greater than or equal to 0, limitBytes: Invalid value: 0: must be greater than 0]',
    ],
    [
      'p/log?container=a&sinceSeconds=0',
      422,
      'PodLogOptions "p" is invalid: sinceSeconds: Invalid value: 0: must be greater than 0',
    ],
    [
      'p/log?container=a&sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z',
      422,
      'PodLogOptions "p" is invalid: []: Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
    ],
    [
      'p/log?container=a&sinceTime=now',
      400,
      'parsing time "now" as "2006-01-02T15:04:05Z07:00": cannot parse "now" as "2006"',
    ],
    ['nowhere/log?container=zzz', 400, 'container zzz is not valid for pod nowhere'],
    ['none/log', 404, 'pods "none" not found'],
  ])('%s is refused in words that help', async (path, code, message) => {
    const { body } = await api.call('GET', `${LOG}/${path}`)

    expect(body).toMatchObject({ kind: 'Status', code, message })
  })

  it('of a pod without a node are empty', async () => {
    expect((await api.call('GET', `${LOG}/nowhere/log`)).status).toBe(204)
  })
})

describe('a node', () => {
  const nodes = '/api/v1/nodes'

  it('is asked at its kubelet, path, query and body and all, by the server itself', async () => {
    const { port } = kubelet.address() as AddressInfo
    for (const name of ['n', `n:${port}`, `https:n:${port}`]) {
      const { status, body } = await api.call('GET', `${nodes}/${name}/proxy/stats/summary?only_cpu_and_memory=true`, {
        headers: { authorization: 'Bearer of-the-client' },
      })

      expect({ status, body }).toEqual({ status: 200, body: 'line 1\nline 2\n' })
      expect(seen.at(-1)).toEqual({
        method: 'GET',
        url: '/stats/summary?only_cpu_and_memory=true',
        authorization: 'Bearer kubelet-secret',
      })
    }
  })

  it('is not told who the server is when something else listens there', async () => {
    const calls: string[] = []
    const { key, cert } = await createKubeletCertificate((await createCertificates({ now: new Date() })).ca, {
      node: 'n',
      hosts: ['127.0.0.1'],
      now: new Date(),
    })
    const other = createTlsServer({ key, cert }, ({ headers }, response) => {
      calls.push(headers.authorization ?? '')
      response.end('mine')
    })
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    const status = {
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      daemonEndpoints: { kubeletEndpoint: { Port: port } },
    }
    await api.call('POST', nodes, { body: { metadata: { name: 'false' }, status } })

    const asKubelet = await api.call('GET', `${nodes}/false/proxy/pods`)
    const asServer = await api.call('GET', `${nodes}/https:n:${port}/proxy/pods`)

    expect([asKubelet.status, asServer.status, asServer.body]).toEqual([503, 200, 'mine'])
    expect(calls).toEqual([''])
    other.closeAllConnections()
    other.close()
  })
})

/** What the test server's kubeconfig says of it and of its user. */
function connection() {
  // biome-ignore lint/suspicious/noExplicitAny: a kubeconfig that the test server wrote.
  const config = parse(readFileSync(api.kubeconfig, 'utf8')) as any
  const [{ cluster }, { user }] = [config.clusters[0], config.users[0]]
  const pem = (text: string) => Buffer.from(text, 'base64')
  return {
    server: cluster.server as string,
    ca: pem(cluster['certificate-authority-data']),
    client: { cert: pem(user['client-certificate-data']), key: pem(user['client-key-data']) },
  }
}

describe('exec and port-forward', () => {
  function upgrade(path: string, credentials = true): Promise<{ status: number; echo: string }> {
    const { server, ca, client } = connection()
    return new Promise((resolve, reject) => {
      const call = request(`${server}${path}`, {
        method: 'POST',
        ca,
        ...(credentials && client),
        headers: { connection: 'Upgrade', upgrade: 'SPDY/3.1' },
        agent: false,
      })
      call.on('upgrade', (response, socket) => {
        socket.once('data', (data: Buffer) => {
          socket.destroy()
          resolve({ status: response.statusCode ?? 0, echo: data.toString() })
        })
        socket.write('\0any bytes\xff')
      })
      call.on('response', (response) => {
        response.resume()
        resolve({ status: response.statusCode ?? 0, echo: '' })
      })
      call.on('error', reject)
      call.end()
    })
  }

  it('pass every byte both ways after the upgrade', async () => {
    const exec = await upgrade(`${LOG}/single/exec?command=ls&command=-l&stdin=true&stdout=true&stderr=true&tty=false`)
    const execUrl = seen.at(-1)?.url
    const forward = await upgrade(`${LOG}/p/portforward`)

    expect(exec).toEqual({ status: 101, echo: '\0any bytes\xff' })
    expect(execUrl).toBe('/exec/default/single/a?input=1&output=1&error=1&command=ls&command=-l')
    expect(forward.status).toBe(101)
    expect(seen.at(-1)).toEqual({
      method: 'POST',
      url: '/portForward/default/p',
      authorization: 'Bearer kubelet-secret',
    })
  })

  it('read flags as Go does, whatever their case: clients for Python send True and False', async () => {
    await upgrade(`${LOG}/single/exec?command=ls&stdin=False&stdout=True&stderr=0&tty=`)

    expect(seen.at(-1)?.url).toBe('/exec/default/single/a?output=1&tty=1&command=ls')
  })

  it('show admission their options, by their types', async () => {
    // biome-ignore lint/suspicious/noExplicitAny: reviews as they come in.
    const reviews: any[] = []
    const hook = await startWebhookServer('AdmissionReview', 'admission.k8s.io/v1', (review) => {
      reviews.push(review)
      return { allowed: true }
    })
    const path = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations'
    const rule = { operations: ['CONNECT'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'] }
    const [name, sideEffects, admissionReviewVersions] = ['connect.example.com', 'None', ['v1']]
    const webhook = { name, clientConfig: hook.client, rules: [rule], sideEffects, admissionReviewVersions }
    await api.call('POST', path, { body: { metadata: { name: 'connect' }, webhooks: [webhook] } })

    await upgrade(`${LOG}/single/exec?command=true&command=-l&stdout=true&stderr=false&container=a`)
    await upgrade(`${LOG}/p/portforward?ports=80&ports=81`)
    await api.call('GET', `${LOG}/nowhere/proxy/some/page/`)
    await api.call('DELETE', `${path}/connect`)
    hook.stop()

    expect(reviews.map(({ kind, object }) => [kind.kind, object])).toEqual([
      [
        'PodExecOptions',
        { kind: 'PodExecOptions', apiVersion: 'v1', stdout: true, container: 'a', command: ['true', '-l'] },
      ],
      ['PodPortForwardOptions', { kind: 'PodPortForwardOptions', apiVersion: 'v1', ports: [80, 81] }],
      ['PodProxyOptions', { kind: 'PodProxyOptions', apiVersion: 'v1', path: '/some/page/' }],
    ])
  })

  it('are refused without credentials, and for pods that are not there', async () => {
    expect((await upgrade(`${LOG}/p/portforward`, false)).status).toBe(403)
    expect((await upgrade(`${LOG}/none/portforward`)).status).toBe(404)
  })
})

describe('proxies of pods and Services', () => {
  const NAMESPACE = '/api/v1/namespaces/default'
  const LARGE_PAGE = Buffer.alloc(20_000_000, '<a href="/other">other</a>')
  const BROKEN_PAGE = Buffer.from('<a href="/other">other</a>')
  let backend: Server

  beforeAll(async () => {
    backend = createServer(async (incoming, response) => {
      let body = ''
      for await (const chunk of incoming.setEncoding('utf8')) body += chunk
      if (incoming.url === '/page') {
        const page = gzipSync('<a href="/other">other</a>')
        const headers = { 'content-type': 'text/html', 'content-encoding': 'gzip', 'access-control-allow-origin': '*' }
        return response.writeHead(200, headers).end(page)
      }
      if (incoming.url === '/large') return response.writeHead(200, { 'content-type': 'text/html' }).end(LARGE_PAGE)
      if (incoming.url === '/broken') {
        return response.writeHead(200, { 'content-type': 'text/html', 'content-encoding': 'gzip' }).end(BROKEN_PAGE)
      }
      if (incoming.url === '/moved') return response.writeHead(302, { location: '/elsewhere?a=b' }).end()
      const { authorization = 'none', 'x-forwarded-uri': uri } = incoming.headers
      const told = { method: incoming.method, url: incoming.url, body, authorization, uri }
      response.writeHead(201, { 'content-type': 'application/json', 'x-own': 'yes' }).end(JSON.stringify(told))
    })
    await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve))
    const { port } = backend.address() as AddressInfo
    const containers = [{ name: 'c', image: 'x', ports: [{ name: 'web', containerPort: port }] }]
    await api.call('POST', `${NAMESPACE}/pods`, { body: { metadata: { name: 'web' }, spec: { containers } } })
    await api.call('PATCH', `${NAMESPACE}/pods/web/status`, {
      body: { status: { podIP: '127.0.0.1' } },
      type: 'application/merge-patch+json',
    })
    await api.call('POST', `${NAMESPACE}/services`, {
      body: { metadata: { name: 'web' }, spec: { ports: [{ name: 'http', port: 80 }] } },
    })
    const ofPod = { targetRef: { kind: 'Pod', namespace: 'default', name: 'web' } }
    await api.call('POST', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', {
      body: {
        metadata: { name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
        addressType: 'IPv4',
        ports: [{ name: 'http', port }],
        endpoints: [
          { addresses: ['192.0.2.1'], conditions: { ready: false } },
          { addresses: ['192.0.2.3'], conditions: { ready: true } },
          { ...ofPod, addresses: ['192.0.2.2'], conditions: { ready: true } },
          { ...ofPod, addresses: ['127.0.0.1'], conditions: { ready: true } },
        ],
      },
    })
  })
  afterAll(() => backend.close())

  it.each([
    'pods/web',
    'pods/http:web:web',
    'services/web',
    'services/http:web:80',
    'services/web:http',
  ])('%s: method, path, query and body reach the backend, credentials do not', async (name) => {
    const path = `${NAMESPACE}/${name}/proxy/a%20b/c/`
    const { status, headers, body } = await api.call('PUT', `${path}?x=1&watch=true`, {
      body: 'text',
      type: 'text/plain',
    })

    expect(status).toBe(201)
    expect(headers['x-own']).toBe('yes')
    expect(body).toEqual({
      method: 'PUT',
      url: '/a%20b/c/?x=1&watch=true',
      body: 'text',
      authorization: 'none',
      uri: path,
    })
  })

  it('lead redirects through themselves, and the bare path to its root', async () => {
    const moved = await api.call('GET', `${NAMESPACE}/pods/web/proxy/moved`)
    const bare = await api.call('GET', `${NAMESPACE}/services/web/proxy?x=1`)

    expect(moved.headers.location).toBe(`${NAMESPACE}/pods/web/proxy/elsewhere?a=b`)
    expect({ status: bare.status, to: bare.headers.location }).toEqual({
      status: 301,
      to: `${NAMESPACE}/services/web/proxy/?x=1`,
    })
  })

  async function pageAt(path: string): Promise<{ answer: IncomingMessage; bytes: Buffer }> {
    const { server, ca, client } = connection()
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      request(`${server}${NAMESPACE}/pods/web/proxy/${path}`, { ca, ...client, agent: false }, resolve)
        .on('error', reject)
        .end()
    })
    return { answer, bytes: await buffer(answer) }
  }

  it.each([
    ['is too large to be kept in memory', 'large', LARGE_PAGE],
    ['is not what its coding says', 'broken', BROKEN_PAGE],
  ])('give a page as it is that %s', async (_, path, page) => {
    expect((await pageAt(path)).bytes.equals(page)).toBe(true)
  })

  it('lead the links of pages through themselves, whatever their coding', async () => {
    const { answer, bytes } = await pageAt('page')
    const page = gunzipSync(bytes).toString()

    expect(page).toBe(`<a href="${NAMESPACE}/pods/web/proxy/other">other</a>`)
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
  })

  it.each([
    ['pods/none/proxy/', 404, 'pods "none" not found'],
    ['services/web:nothing/proxy/', 503, 'no service port "nothing" found for service "web"'],
    ['pods/ftp:web:1/proxy/', 400, 'invalid pod request "ftp:web:1"'],
    ['pods/web:1/proxy/', 503, 'error trying to reach service: connect ECONNREFUSED 127.0.0.1:1'],
  ])('%s is refused', async (path, code, message) => {
    expect((await api.call('GET', `${NAMESPACE}/${path}`)).body).toMatchObject({ code, message })
  })
})
