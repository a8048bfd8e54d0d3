import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from './testing/test-server.ts'

let api: TestServer
beforeAll(async () => {
  api = await startTestServer()
})
afterAll(() => api.stop())

/** The body as it was sent. */
async function textOf(path: string, agent = 'kubectl'): Promise<string> {
  return (await api.call('GET', path, { headers: { 'user-agent': agent } })).text
}

describe('health', () => {
  it('is told check by check', async () => {
    const lines = (await textOf('/readyz?verbose')).split('\n')

    expect(lines.slice(0, 5)).toEqual([
      '[+]ping ok',
      '[+]log ok',
      '[+]etcd ok',
      '[+]etcd-readiness ok',
      '[+]informer-sync ok',
    ])
    expect(lines).toContain('[+]poststarthook/rbac/bootstrap-roles ok')
    expect(lines.slice(-3)).toEqual(['[+]shutdown ok', 'readyz check passed', ''])
  })

  it('is told without some of the checks', async () => {
    const text = await textOf('/livez?verbose&exclude=etcd&exclude=other')

    expect(text).toContain('[+]etcd excluded: ok\n')
    expect(text).toMatch(/warn: some health checks cannot be excluded: no matches for "other"\nlivez check passed\n$/)
  })

  it.each([
    ['/healthz', 'ok'],
    ['/readyz/etcd', 'ok'],
    ['/livez/poststarthook/rbac/bootstrap-roles?verbose', 'ok'],
    ['/livez/informer-sync', '404 page not found\n'],
  ])('is told at %s', async (path, text) => {
    expect(await textOf(path)).toBe(text)
  })
})

it.each([
  ['/version?timeout=invalid', 'invalid duration "invalid"'],
  ['/api/v1/pods?timeout=5', 'missing unit in duration "5"'],
  ['/api/v1/pods?timeout=1m1x', 'unknown unit "x" in duration "1m1x"'],
])('a timeout that is no duration is refused: %s', async (path, why) => {
  const { status, body } = await api.call('GET', path)

  expect([status, body.message]).toEqual([400, `invalid timeout specified in the request URL - time: ${why}`])
})

it.each([
  '/version?timeout=0s',
  '/api/v1/pods?timeout=1h2.5m.5s',
  '/api/v1/pods?timeout=-3ms',
  '/api/v1/namespaces?timeout=0',
])('a timeout may be any duration: %s', async (path) => {
  expect((await api.call('GET', path)).status).toBe(200)
})

describe('JSON', () => {
  it.each([
    '/api/v1/namespaces/default',
    '/api/v1/namespaces',
    '/api',
    '/apis',
    '/apis/apps/v1',
    '/api/v1/namespaces/none',
  ])('of %s is one line with its end for programs, many for people', async (path) => {
    const [line, lines] = [await textOf(path), await textOf(path, 'curl/8.0')]

    expect(line.indexOf('\n')).toBe(line.length - 1)
    expect(lines).toBe(JSON.stringify(JSON.parse(line), null, 2))
    expect(await textOf(`${path}?pretty=true`)).toBe(lines)
    expect(await textOf(`${path}?pretty=false`, 'curl/8.0')).toBe(line)
  })

  it.each(['/version', '/'])('of %s is many for all', async (path) => {
    const text = await textOf(path)

    expect(text).toBe(JSON.stringify(JSON.parse(text), null, 2))
  })
})

describe('what is to be read only', () => {
  it.each([
    ['POST', '/version'],
    ['HEAD', '/version'],
    ['DELETE', '/apis'],
    ['POST', '/api'],
    ['PUT', '/apis/apps/v1'],
  ])('refuses %s %s', async (method, path) => {
    expect((await api.call(method, path)).status).toBe(405)
  })
})

describe('metrics', () => {
  it('count requests, objects and what waits, as a real server calls them', async () => {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'counted' } }
    await api.call('POST', '/api/v1/namespaces/default/configmaps', { body })
    await api.call('POST', '/api/v1/namespaces/default/configmaps', { body })
    await api.call('PATCH', '/api/v1/namespaces/default/configmaps/counted?fieldManager=me&dryRun=All', {
      body,
      type: 'application/apply-patch+yaml',
    })

    const { text, headers } = await api.call('GET', '/metrics')

    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
    const of =
      'component="apiserver",dry_run="",group="",resource="configmaps",scope="resource",subresource="",verb="POST"'
    const lines = text.split('\n')
    expect(lines).toContain('# TYPE apiserver_request_total counter')
    expect(lines).toContain(`apiserver_request_total{code="201",${of},version="v1"} 1`)
    expect(lines).toContain(`apiserver_request_total{code="409",${of},version="v1"} 1`)
    expect(lines).toContain(`apiserver_request_duration_seconds_bucket{${of},version="v1",le="+Inf"} 2`)
    expect(lines).toContain(`apiserver_request_duration_seconds_count{${of},version="v1"} 2`)
    expect(text).toMatch(/apiserver_request_total\{code="200",component="apiserver",dry_run="All",[^}]*verb="APPLY"/)
    expect(lines).toContain('apiserver_resource_objects{group="",resource="namespaces"} 4')
    expect(lines).toContain('apiserver_current_inflight_requests{request_kind="mutating"} 0')
    expect(text).toMatch(/^kubernetes_build_info\{.*git_version="v1\.34\.4".*\} 1$/m)
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m)
  })

  it('tell of each health check that it is fine', async () => {
    const lines = (await textOf('/metrics/slis')).split('\n')

    expect(lines).toContain('# TYPE kubernetes_healthcheck gauge')
    expect(lines).toContain('kubernetes_healthcheck{name="etcd",type="livez"} 1')
    expect(lines).toContain('kubernetes_healthcheck{name="shutdown",type="readyz"} 1')
  })

  it('are for those who may read them', async () => {
    expect((await api.call('GET', '/metrics', { anonymous: true })).status).toBe(403)
  })
})
