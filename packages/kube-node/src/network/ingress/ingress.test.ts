import { createServer, get, type IncomingMessage, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import type { Address } from '../services/forwarder.ts'
import { type Ingress, isOurs } from './ingress.ts'
import { IngressRouter } from './ingress-router.ts'
import { IngressRoutes } from './routes.ts'
import { SecureContexts } from './secure-contexts.ts'

type Path = [path: string, type: 'Exact' | 'Prefix', service: string]

const ingress = (
  name: string,
  host: string | undefined,
  paths: Path[],
  more: Partial<Ingress['spec']> = {},
): Ingress => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name, namespace: 'n', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: {
    rules: [
      {
        ...(host && { host }),
        http: {
          paths: paths.map(([path, pathType, service]) => ({
            path,
            pathType,
            backend: { service: { name: service, port: { number: 80 } } },
          })),
        },
      },
    ],
    ...more,
  },
})

describe('IngressRoutes', () => {
  const routes = new IngressRoutes([
    ingress('a', 'app.example', [
      ['/', 'Prefix', 'root'],
      ['/api', 'Prefix', 'api'],
      ['/api/v1', 'Prefix', 'v1'],
      ['/api', 'Exact', 'exact'],
    ]),
    ingress('b', '*.example', [['/', 'Prefix', 'wild']]),
    ingress('c', undefined, [['/any', 'Prefix', 'any']]),
    ingress('d', undefined, [], { defaultBackend: { service: { name: 'fallback', port: { number: 80 } } }, rules: [] }),
  ])

  it.each([
    ['app.example', '/', 'root'],
    ['app.example', '/other', 'root'],
    ['APP.example', '/api', 'exact'],
    ['app.example', '/api/', 'api'],
    ['app.example', '/api/v1/x', 'v1'],
    ['app.example', '/apix', 'root'],
    ['www.example', '/x', 'wild'],
    ['a.b.example', '/any/thing', 'any'],
    ['elsewhere', '/any', 'any'],
    ['elsewhere', '/', 'fallback'],
  ])('lead %s%s to %s', (host, path, service) => {
    expect(routes.find(host, path)?.backend.service?.name).toBe(service)
  })

  it('prefer the older of equal ones', () => {
    const older = ingress('z', 'x', [['/', 'Prefix', 'older']])
    const newer = ingress('a', 'x', [['/', 'Prefix', 'newer']])
    newer.metadata.creationTimestamp = '2026-02-01T00:00:00Z'

    expect(new IngressRoutes([newer, older]).find('x', '/')?.backend.service?.name).toBe('older')
  })
})

describe('isOurs', () => {
  it.each([
    ['no class', {}, undefined, true],
    ['our class', { ingressClassName: 'slipway' }, undefined, true],
    ['a class of our controller', { ingressClassName: 'mine' }, undefined, true],
    ["somebody else's class", { ingressClassName: 'nginx' }, undefined, false],
    ["somebody else's annotation", {}, 'nginx', false],
  ])('judges an Ingress with %s', (_name, spec, annotation, expected) => {
    const one = ingress('a', undefined, [], spec)
    if (annotation) one.metadata.annotations = { 'kubernetes.io/ingress.class': annotation }

    expect(isOurs(one, new Set(['slipway', 'mine']))).toBe(expected)
  })
})

describe('IngressRouter', () => {
  const ends: (() => unknown)[] = []
  afterEach(() => {
    for (const end of ends.splice(0).reverse()) end()
  })

  async function backend(handle: (server: Server) => void): Promise<Address> {
    const server = createServer()
    handle(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    ends.push(
      () => server.close(),
      () => server.closeAllConnections(),
    )
    return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
  }

  async function router(targets: Address[]): Promise<number> {
    const routes = new IngressRoutes([ingress('a', 'app.example', [['/', 'Prefix', 'web']])])
    const certificates = new SecureContexts(
      () => [],
      async () => undefined,
    )
    const made = new IngressRouter({ routes: () => routes, certificates, targets: () => targets })
    ends.push(() => made.close())
    return (await made.listen('127.0.0.1', 0)) ?? 0
  }

  async function ask(
    port: number,
    path = '/',
    host = 'app.example',
  ): Promise<{ status: number | undefined; body: string }> {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      get({ host: '127.0.0.1', port, path, headers: { host }, agent: false }, resolve).on('error', reject)
    })
    return { status: answer.statusCode, body: await text(answer) }
  }

  it('passes a request on with its host, and tells who asked', async () => {
    const web = await backend((server) =>
      server.on('request', ({ headers, url }, response) => {
        response.end(JSON.stringify([url, headers.host, headers['x-forwarded-for'], headers['x-forwarded-proto']]))
      }),
    )

    const { body } = await ask(await router([web]), '/path?query=1')

    expect(JSON.parse(body)).toEqual(['/path?query=1', 'app.example', '127.0.0.1', 'http'])
  })

  it('asks the next backend when one does not take the connection', async () => {
    const gone = await backend(() => {})
    for (const end of ends.splice(0)) end()
    const web = await backend((server) => server.on('request', (_request, response) => response.end('next')))

    expect(await ask(await router([gone, web]))).toEqual({ status: 200, body: 'next' })
  })

  it.each([
    ['404 for a host that nobody has', 'elsewhere', 404],
    ['503 without backends', 'app.example', 503],
  ])('answers %s', async (_name, host, status) => {
    expect((await ask(await router([]), '/', host)).status).toBe(status)
  })

  it('passes an upgrade on, byte by byte, to the first backend that takes it', async () => {
    const gone = await backend(() => {})
    for (const end of ends.splice(0)) end()
    const web = await backend((server) =>
      server.on('upgrade', (_request, socket, head) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: echo\r\n\r\n')
        socket.write(head)
        socket.pipe(socket)
      }),
    )
    const socket = connect(await router([gone, web]), '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nhost: app.example\r\nconnection: Upgrade\r\nupgrade: echo\r\n\r\nhello')

    let received = ''
    for await (const chunk of socket) {
      received += String(chunk)
      if (received.endsWith('hello')) break
    }

    expect(received).toMatch(/^HTTP\/1\.1 101 /)
  })
})
