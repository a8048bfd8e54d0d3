import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { parse } from '@slipway/go-yaml'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

let api: TestServer
let token: string
let url: string
beforeAll(async () => {
  api = await startTestServer()
  const { clusters } = parse(readFileSync(api.kubeconfig, 'utf8')) as { clusters: { cluster: { server: string } }[] }
  url = `${clusters[0]?.cluster.server}`.replace('https', 'wss')
  const accounts = '/api/v1/namespaces/default/serviceaccounts'
  await api.call('POST', accounts, { body: { metadata: { name: 'browser' } } })
  const { body } = await api.call('POST', `${accounts}/browser/token`, { body: { spec: {} } })
  token = body.status.token
  await api.call('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    body: {
      metadata: { name: 'browser' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ kind: 'ServiceAccount', name: 'browser', namespace: 'default' }],
    },
  })
})
afterAll(() => api.stop())

const MAPS = '/api/v1/namespaces/default/configmaps'
const bearer = () => `base64url.bearer.authorization.k8s.io.${Buffer.from(token).toString('base64url')}`
const open = (path: string, protocols: string[] = [], headers = {}) =>
  new WebSocket(`${url}${path}`, protocols, { rejectUnauthorized: false, headers })
const statusOf = async (socket: WebSocket): Promise<number | undefined> => {
  const [, response] = await once(socket, 'unexpected-response')
  response.destroy()
  return response.statusCode
}

it('a watch over a WebSocket has a message for each event', async () => {
  await api.call('POST', MAPS, { body: { metadata: { name: 'one' } } })
  const socket = open(`${MAPS}?watch=true&fieldSelector=metadata.name%3Done`, [], { authorization: `Bearer ${token}` })
  const messages: { type: string; isBinary: boolean }[] = []
  const both = new Promise<void>((resolve) => {
    socket.on('message', (data, isBinary) => {
      messages.push({ type: JSON.parse(String(data)).type, isBinary })
      if (messages.length === 1) void api.call('DELETE', `${MAPS}/one`)
      else resolve()
    })
  })
  await both
  socket.close()

  expect(messages).toEqual([
    { type: 'ADDED', isBinary: false },
    { type: 'DELETED', isBinary: false },
  ])
})

it('it ends after its time', async () => {
  const socket = open(`${MAPS}?watch=true&timeoutSeconds=1`, [], { authorization: `Bearer ${token}` })

  const [code] = await once(socket, 'close')

  expect(code).toBe(1000)
})

it('its token may be a subprotocol, which the answer does not name', async () => {
  const socket = open(`${MAPS}?watch=true`, [bearer(), 'base64.binary.k8s.io'])

  await once(socket, 'open')

  expect(socket.protocol).toBe('base64.binary.k8s.io')
  socket.close()
})

it.each([
  ['without a token', [], {}, MAPS, 403],
  ['with a token that is no other protocol beside', ['token'], {}, MAPS, 401],
  ['with two tokens', ['token', 'other'], {}, MAPS, 401],
  ['of what its user may not see', ['token', 'x'], {}, '/api/v1/secrets', 403],
  ['of what there is not', ['token', 'x'], {}, '/api/v1/nothings', 404],
  ['with a selector that is none', ['token', 'x'], {}, `${MAPS}?labelSelector=%3D%3D&watch=true`, 400],
])('is refused %s', async (_, protocols, headers, path, status) => {
  const offered = protocols.map((one) => {
    if (one === 'token') return bearer()
    return one === 'other' ? `${bearer()}x` : one
  })
  const socket = open(path.includes('?') ? path : `${path}?watch=true`, offered, headers)
  socket.on('error', () => {})

  expect(await statusOf(socket)).toBe(status)
})
