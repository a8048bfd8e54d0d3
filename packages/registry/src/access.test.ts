import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NULL_GUID } from './auth/callers.ts'
import { basic, endpoints, startRegistry, type TestRegistry } from './testing/index.ts'

let registry: TestRegistry
beforeAll(async () => {
  registry = await startRegistry()
})
afterAll(async () => {
  await registry.stop()
  await registry.remove()
})

const statusOf = async (method: string, path: string, auth: string): Promise<number> =>
  (await registry.client.send(method, path, { auth })).status

const isOpen = (path: string): boolean => path === '/health'
const isLogin = (path: string): boolean => path.startsWith('/oauth2/')
const guarded = endpoints.filter(([, path]) => !isOpen(path) && !isLogin(path))

/** By the meaning of methods, not by what the routes say of themselves. */
function needOf(method: string, path: string): 'read' | 'push' | 'delete' | 'administer' {
  if (path.startsWith('/v2/_slipway/') && path !== '/v2/_slipway/usage') return 'administer'
  if (path.includes('/blobs/uploads/')) return 'push'
  if (method === 'GET' || method === 'HEAD') return 'read'
  return method === 'DELETE' ? 'delete' : 'push'
}

it('every route of the registry is among those that are tried here', () => {
  const missing = registry.paths.filter((path) => !endpoints.some(([, tried]) => tried.startsWith(path)))

  expect(missing).toEqual([])
})

describe('without credentials or with wrong ones', () => {
  it.each(guarded)('%s %s is refused', async (method, path) => {
    const forged = `${(await registry.client.token('admin', 'repository:a:pull')).slice(0, -4)}AAAA`
    for (const auth of [
      '',
      basic('admin', 'wrong'),
      basic('nobody'),
      basic(NULL_GUID, 'x'),
      'Bearer x.y.z',
      forged,
      'Digest x',
    ]) {
      const { status, headers } = await registry.client.send(method, path, { auth })

      expect({ auth, status }).toEqual({ auth, status: 401 })
      expect(headers.get('www-authenticate')).toContain(
        `Bearer realm="${registry.url}/oauth2/token",service="registry.test"`,
      )
    }
  })

  const paths = [...new Set(guarded.map(([, path]) => path)), '/v2/_slipway/other', '/helm/v1/repo/other']
  it.each(paths)('no other method reveals whether it is served: %s', async (path) => {
    const statuses = []
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      statuses.push(await statusOf(method, path, ''))
    }

    expect(statuses).toEqual(Array(7).fill(401))
  })

  it.each(endpoints.filter(([, path]) => isLogin(path)))('%s %s gives nothing', async (method, path) => {
    const grant = path === '/oauth2/exchange' ? 'access_token=x&grant_type=access_token' : 'grant_type=refresh_token'
    const sent = {
      body: `${grant}&refresh_token=x&service=registry.test`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    }

    const { status } = await registry.client.send(method, `${path}?scope=repository:a:pull`, {
      auth: '',
      ...(method === 'POST' && sent),
    })

    expect(status).toBe(401)
  })
})

it.each(
  guarded.map(([method, path]) => [method, path, needOf(method, path)] as const),
)('%s %s is refused to whoever may not %s', async (method, path, need) => {
  const narrow = await registry.client.token('admin', 'repository:other:pull,push,delete')

  const reader = await statusOf(method, path, basic('reader'))
  const developer = await statusOf(method, path, basic('developer'))
  const byToken = await statusOf(method, path, narrow)

  expect(reader === 403).toBe(need !== 'read')
  expect(developer === 403).toBe(need === 'delete' || need === 'administer')
  // Every token may see that it is good.
  if (path !== '/v2' && path !== '/v2/') expect(byToken).toBe(401)
})
