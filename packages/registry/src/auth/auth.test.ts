import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { matcher } from '../policy/matcher.ts'
import { NO_SETTINGS, type RegistrySettings, type ScopedToken } from '../policy/settings.ts'
import { basic as basicAuth, startRegistry, type TestRegistry } from '../testing/index.ts'
import { hashPassword, NULL_GUID } from './callers.ts'

const token = (
  name: string,
  repositories: string[],
  actions: string[],
  expires = Number.POSITIVE_INFINITY,
): ScopedToken => ({
  name,
  permissions: [{ covers: matcher(repositories), actions }],
  passwords: [{ hash: hashPassword('pw'), expires }],
})
const everything = ['pull', 'push', 'delete', 'metadata_read', 'metadata_write']
const settings: RegistrySettings = {
  ...NO_SETTINGS,
  tokens: [
    token('iot', ['samples/hello'], ['pull']),
    token('ci', ['samples/**', 'helm/*'], ['pull', 'push', 'metadata_read']),
    token('clerk', ['samples/hello'], ['metadata_read']),
    token('sweeper', ['samples/hello'], everything),
    token('over', ['**'], everything, Date.now() - 1),
  ],
  policies: [{ name: 'open', repositories: ['open/*'], covers: matcher(['open/*', 'charts/*']), anonymousPull: true }],
}

let registry: TestRegistry
beforeAll(async () => {
  registry = await startRegistry({ settings: () => settings })
  for (const name of ['samples/hello', 'samples/other', 'open/base']) await registry.client.pushIndex(name, '1', [])
})
afterAll(async () => {
  await registry.stop()
  await registry.remove()
})

const basic = (user: string, password = 'pw'): string => basicAuth(user, password)

const send = (method: string, path: string, auth: string, body?: string, contentType?: string): Promise<Response> =>
  registry.client.send(method, path, {
    auth,
    ...(body !== undefined && { body }),
    ...(contentType && { headers: { 'content-type': contentType } }),
  })

async function bearer(path: string, authorization = ''): Promise<string> {
  const answer = await send('GET', path, authorization)
  return answer.ok
    ? `Bearer ${((await answer.json()) as { access_token: string }).access_token}`
    : String(answer.status)
}

describe('a token for some repositories', () => {
  const digest = `sha256:${'0'.repeat(64)}`
  /** What each may do to samples/hello: pull, list tags, push, delete. */
  it.each([
    ['iot', [200, 403, 403, 403]],
    ['ci', [200, 200, 202, 403]],
    ['clerk', [403, 200, 403, 403]],
    ['sweeper', [200, 200, 202, 404]],
    ['over', [401, 401, 401, 401]],
    ['nobody', [401, 401, 401, 401]],
  ])('%s can do what its permissions say, by password and by bearer token', async (name, expected) => {
    const requests: [string, string][] = [
      ['GET', '/v2/samples/hello/manifests/1'],
      ['GET', '/v2/samples/hello/tags/list'],
      ['POST', '/v2/samples/hello/blobs/uploads/'],
      ['DELETE', `/v2/samples/hello/manifests/${digest}`],
    ]
    const scope = 'repository:samples/hello:pull,push,delete,metadata_read'
    const asBearer = await bearer(`/oauth2/token?scope=${scope}`, basic(name))

    const byPassword: number[] = []
    const byToken: number[] = []
    for (const [method, path] of requests) {
      byPassword.push((await send(method, path, basic(name))).status)
      byToken.push((await send(method, path, asBearer)).status)
    }

    expect({ byPassword, byToken }).toEqual({ byPassword: expected, byToken: expected })
  })

  it.each(['constructor', '__proto__', 'none'])('gets nothing of the registry by the name %s', async (name) => {
    const answer = await send('GET', `/oauth2/token?scope=registry:${name}:*`, basic('ci'))

    expect([answer.status, await answer.json()]).toMatchObject([200, { scope: '' }])
  })

  it('sees and reaches nothing else', async () => {
    const catalog = await (await send('GET', '/v2/_catalog', basic('clerk'))).json()
    const other = await send('GET', '/v2/samples/other/manifests/1', basic('iot'))
    const wrong = await send('GET', '/v2/samples/hello/manifests/1', basic('iot', 'wrong'))

    expect(catalog).toEqual({ repositories: ['samples/hello'] })
    expect([other.status, wrong.status]).toEqual([403, 401])
  })

  it('opens a repository of charts only when it is good for the whole of it', async () => {
    const index = '/helm/v1/repo/index.yaml'

    const statuses = [(await send('GET', index, basic('ci'))).status, (await send('GET', index, basic('iot'))).status]

    expect(statuses).toEqual([200, 403])
  })

  it('may hand its refresh token on, which ends when it does', async () => {
    const form = `grant_type=password&username=ci&password=pw&service=registry.test&scope=repository:samples/hello:pull`
    const type = 'application/x-www-form-urlencoded'
    const answer = await send('POST', '/oauth2/token', '', form, type)
    const { access_token: access } = (await answer.json()) as { access_token: string }
    const asBearer = () => send('GET', '/v2/samples/hello/manifests/1', `Bearer ${access}`)

    const before = await asBearer()
    const [, ci, ...others] = settings.tokens
    settings.tokens = others
    const after = await asBearer()
    settings.tokens = [ci as ScopedToken, ...others]

    expect([before.status, after.status]).toEqual([200, 401])
  })

  it('is never the whole caller when its access token is a password', async () => {
    const asBearer = await bearer('/oauth2/token?scope=repository:samples/hello:pull', basic('sweeper'))
    const password = asBearer.slice('Bearer '.length)

    const pull = await send('GET', '/v2/samples/hello/manifests/1', basic(NULL_GUID, password))
    const remove = await send('DELETE', `/v2/samples/hello/manifests/${digest}`, basic(NULL_GUID, password))

    expect([pull.status, remove.status]).toEqual([200, 401])
  })
})

describe('whoever shows nothing', () => {
  it('may pull what is open, with and without a token, and is told of the login at the door', async () => {
    const anonymous = await bearer('/oauth2/token?scope=repository:open/base:pull,push')

    const door = await send('GET', '/v2/', '')
    const pull = await send('GET', '/v2/open/base/manifests/1', '')
    const withToken = await send('GET', '/v2/open/base/manifests/1', anonymous)
    const charts = await send('GET', '/helm/v1/charts/index.yaml', '')
    const catalog = await (await send('GET', '/v2/_catalog', '')).json()

    expect([door.status, pull.status, withToken.status, charts.status]).toEqual([401, 200, 200, 200])
    expect(catalog).toEqual({ repositories: ['open/base'] })
    expect(door.headers.get('www-authenticate')).toContain('Bearer realm=')
  })

  it('may do nothing else', async () => {
    const anonymous = await bearer('/oauth2/token?scope=repository:open/base:pull,push')
    const statuses = [
      (await send('POST', '/v2/open/base/blobs/uploads/', '')).status,
      (await send('POST', '/v2/open/base/blobs/uploads/', anonymous)).status,
      (await send('GET', '/v2/samples/hello/manifests/1', '')).status,
      (await send('GET', '/v2/samples/hello/manifests/1', anonymous)).status,
      (await send('GET', '/v2/open/base/manifests/1', basic('nobody'))).status,
      (await send('GET', '/v2/open/base/manifests/1', 'Nonsense')).status,
    ]

    expect(statuses).toEqual([401, 403, 401, 403, 401, 401])
  })
})
