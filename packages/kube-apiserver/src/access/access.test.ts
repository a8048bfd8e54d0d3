import { createPublicKey, verify } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

let api: TestServer
beforeAll(async () => {
  api = await startTestServer()
})
afterAll(() => api.stop())

const RBAC = '/apis/rbac.authorization.k8s.io/v1'
const as = (user: string, extra: Record<string, string> = {}) => ({ headers: { 'impersonate-user': user, ...extra } })

async function bind(name: string, role: string, subject: object): Promise<void> {
  const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', ...subject }]
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role }
  const made = await api.call('POST', `${RBAC}/namespaces/default/rolebindings`, {
    body: { metadata: { name }, subjects, roleRef },
  })
  expect(made.status).toBe(201)
}

describe('RBAC', () => {
  it('allows what roles allow, and only where they are bound', async () => {
    await bind('viewers', 'view', { kind: 'User', name: 'vera' })

    expect((await api.call('GET', '/api/v1/namespaces/default/configmaps', as('vera'))).status).toBe(200)
    const secrets = await api.call('GET', '/api/v1/namespaces/default/secrets', as('vera'))
    expect(secrets.body).toMatchObject({
      code: 403,
      message:
        'secrets is forbidden: User "vera" cannot list resource "secrets" in API group "" in the namespace "default"',
    })
    expect((await api.call('GET', '/api/v1/namespaces/kube-system/configmaps', as('vera'))).status).toBe(403)
    expect((await api.call('GET', '/api', as('vera'))).status).toBe(200)
    expect((await api.call('GET', '/api', { anonymous: true })).status).toBe(403)
  })

  it('takes a Namespace that is named for a part of itself, so that roles bound there are about it', async () => {
    await bind('namespace-viewers', 'view', { kind: 'User', name: 'nadia' })
    const words = 'is forbidden: User "nadia" cannot'

    const own = await api.call('GET', '/api/v1/namespaces/default', as('nadia'))
    const other = await api.call('GET', '/api/v1/namespaces/kube-system', as('nadia'))
    const gone = await api.call('DELETE', '/api/v1/namespaces/default', as('nadia'))
    const listed = await api.call('GET', '/api/v1/namespaces?fieldSelector=metadata.name%3Ddefault', as('nadia'))

    expect([own.status, own.body.kind]).toEqual([200, 'Namespace'])
    expect([other, gone, listed].map(({ body }) => body.message)).toEqual([
      `namespaces "kube-system" ${words} get resource "namespaces" in API group "" in the namespace "kube-system"`,
      `namespaces "default" ${words} delete resource "namespaces" in API group "" in the namespace "default"`,
      `namespaces "default" ${words} list resource "namespaces" in API group "" at the cluster scope`,
    ])
  })

  it('puts roles together by label', async () => {
    await api.call('POST', `${RBAC}/clusterroles`, {
      body: {
        metadata: { name: 'gadgets', labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' } },
        rules: [{ apiGroups: ['gadgets.dev'], resources: ['gadgets'], verbs: ['get'] }],
      },
    })

    await expect
      .poll(async () => JSON.stringify((await api.call('GET', `${RBAC}/clusterroles/view`)).body.rules))
      .toContain('gadgets.dev')
  })

  it('lets nobody give what they do not have', async () => {
    await bind('admins', 'admin', { kind: 'User', name: 'ada' })
    const role = (resource: string) => ({
      metadata: { name: `some-${resource}` },
      rules: [{ apiGroups: [''], resources: [resource], verbs: ['get'] }],
    })
    const path = `${RBAC}/namespaces/default/roles`

    expect((await api.call('POST', path, { ...as('ada'), body: role('pods') })).status).toBe(201)
    const refused = await api.call('POST', path, { ...as('ada'), body: role('nodes') })
    expect(refused.body.message).toContain('is attempting to grant RBAC permissions not currently held')
  })
})

describe('impersonation', () => {
  it('needs the right to it', async () => {
    await bind('editors', 'edit', { kind: 'User', name: 'ed' })
    const token = await api.call('POST', '/api/v1/namespaces/default/serviceaccounts', {
      body: { metadata: { name: 'robot' } },
    })
    expect(token.status).toBe(201)
    const { body } = await api.call('POST', '/api/v1/namespaces/default/serviceaccounts/robot/token', {
      body: { spec: {} },
    })
    const robot = {
      anonymous: true,
      headers: { authorization: `Bearer ${body.status.token}`, 'impersonate-user': 'ed' },
    }

    const refused = await api.call('GET', '/api/v1/namespaces/default/pods', robot)
    expect(refused.body.message).toBe(
      'users "ed" is forbidden: User "system:serviceaccount:default:robot" cannot impersonate resource "users" in API group "" at the cluster scope',
    )
    const who = await api.call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
      body: {},
      ...as('someone', { 'impersonate-group': 'devs', 'impersonate-extra-team': 'blue' }),
    })
    expect(who.body.status.userInfo).toEqual({
      username: 'someone',
      groups: ['devs', 'system:authenticated'],
      extra: { team: ['blue'] },
    })
  })
})

describe('reviews', () => {
  const AUTHORIZATION = '/apis/authorization.k8s.io/v1'
  it('answer for others as the authorizer would', async () => {
    const ask = (user: string, verb: string) =>
      api.call('POST', `${AUTHORIZATION}/subjectaccessreviews`, {
        body: { spec: { user, resourceAttributes: { namespace: 'default', verb, resource: 'configmaps' } } },
      })

    expect((await ask('vera', 'list')).body.status.allowed).toBe(true)
    expect((await ask('vera', 'delete')).body.status.allowed).toBe(false)
    const nobody = await api.call('POST', `${AUTHORIZATION}/subjectaccessreviews`, {
      body: { spec: { nonResourceAttributes: { path: '/', verb: 'get' } } },
    })
    expect(nobody.status).toBe(422)
    const elsewhere = await api.call('POST', `${AUTHORIZATION}/namespaces/default/localsubjectaccessreviews`, {
      body: { spec: { user: 'vera', resourceAttributes: { namespace: 'other', verb: 'list', resource: 'pods' } } },
    })
    expect(elsewhere.status).toBe(422)
  })

  it('take no selectors that say nothing, and operators that are not known yet', async () => {
    const ask = (selectors: object) =>
      api.call('POST', `${AUTHORIZATION}/selfsubjectaccessreviews`, {
        body: { spec: { resourceAttributes: { verb: 'list', resource: 'pods', ...selectors } } },
      })
    const missing = { key: 'a', operator: 'In' }

    const fields = await ask({ fieldSelector: {} })
    const labels = await ask({ labelSelector: { rawSelector: 'a=b', requirements: [missing] } })
    const newer = await ask({ labelSelector: { requirements: [{ key: 'a', operator: 'Like', values: ['b'] }] } })

    const at = 'spec.resourceAttributes'
    const causes = ({ body }: typeof fields) => body.details.causes.map(({ field }: { field: string }) => field)
    expect(causes(fields)).toEqual([`${at}.fieldSelector.requirements`])
    expect(causes(labels)).toEqual([`${at}.labelSelector.rawSelector`, `${at}.labelSelector.requirements[0].values`])
    expect(newer.status).toBe(201)
  })

  it('list all rules of whoever asks', async () => {
    const { body } = await api.call('POST', `${AUTHORIZATION}/selfsubjectrulesreviews`, {
      body: { spec: { namespace: 'default' } },
      ...as('vera'),
    })

    expect(body.status.incomplete).toBe(false)
    expect(JSON.stringify(body.status.resourceRules)).toContain('"configmaps"')
    expect(JSON.stringify(body.status.nonResourceRules)).toContain('/healthz')
  })

  it('list what administrators get from all their roles', async () => {
    const { body } = await api.call('POST', `${AUTHORIZATION}/selfsubjectrulesreviews`, {
      body: { spec: { namespace: 'default' } },
    })

    expect(body.status.resourceRules).toContainEqual({ verbs: ['*'], apiGroups: ['*'], resources: ['*'] })
    expect(JSON.stringify(body.status.nonResourceRules)).toContain('/healthz')
  })

  it('are answered as themselves only', async () => {
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io'
    const body = { spec: { nonResourceAttributes: { path: '/', verb: 'get' } } }

    expect((await api.call('POST', `${AUTHORIZATION}/selfsubjectaccessreviews`, { accept, body })).status).toBe(406)
  })
})

describe('tokens of ServiceAccounts', () => {
  const ACCOUNTS = '/api/v1/namespaces/default/serviceaccounts'
  const review = (token: string, audiences?: string[]) =>
    api.call('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { body: { spec: { token, audiences } } })

  it('are good for their audiences', async () => {
    await api.call('POST', ACCOUNTS, { body: { metadata: { name: 'app' } } })
    const { body } = await api.call('POST', `${ACCOUNTS}/app/token`, {
      body: { spec: { audiences: ['vault'], expirationSeconds: 600 } },
    })
    const { token } = body.status

    expect((await review(token, ['vault', 'other'])).body.status).toMatchObject({
      authenticated: true,
      audiences: ['vault'],
      user: {
        username: 'system:serviceaccount:default:app',
        groups: expect.arrayContaining(['system:serviceaccounts:default']),
      },
    })
    expect((await review(token)).body.status.authenticated).toBeUndefined()
    const here = { anonymous: true, headers: { authorization: `Bearer ${token}` } }
    expect((await api.call('GET', '/api', here)).status).toBe(401)
    const short = await api.call('POST', `${ACCOUNTS}/app/token`, { body: { spec: { expirationSeconds: 10 } } })
    expect(short.status).toBe(422)
  })

  it('are checked by others with the published keys, which every account may read', async () => {
    await api.call('POST', ACCOUNTS, { body: { metadata: { name: 'workload' } } })
    const { token } = (await api.call('POST', `${ACCOUNTS}/workload/token`, { body: { spec: {} } })).body.status
    const asItself = { anonymous: true, headers: { authorization: `Bearer ${token}` } }
    const issuer = (await api.call('GET', '/.well-known/openid-configuration', asItself)).body
    const { keys } = (await api.call('GET', new URL(issuer.jwks_uri).pathname, asItself)).body

    const [header = '', claims = '', signature = ''] = token.split('.')
    const { alg, kid } = JSON.parse(Buffer.from(header, 'base64url').toString())
    const key = createPublicKey({ key: keys.find((one: { kid: string }) => one.kid === kid), format: 'jwk' })

    expect(issuer.id_token_signing_alg_values_supported).toContain(alg)
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString()).iss).toBe(issuer.issuer)
    const content = Buffer.from(`${header}.${claims}`)
    const form = { key, dsaEncoding: 'ieee-p1363' } as const
    expect(verify('sha256', content, form, Buffer.from(signature, 'base64url'))).toBe(true)
    expect(verify('sha256', Buffer.from(`${header}.e30`), form, Buffer.from(signature, 'base64url'))).toBe(false)
  })

  it('end with their account and with the pod they are bound to', async () => {
    await api.call('POST', ACCOUNTS, { body: { metadata: { name: 'brief' } } })
    const pods = '/api/v1/namespaces/default/pods'
    await api.call('POST', pods, {
      body: {
        metadata: { name: 'holder' },
        spec: { serviceAccountName: 'brief', containers: [{ name: 'c', image: 'x:1' }] },
      },
    })
    const issue = async (spec: object) =>
      (await api.call('POST', `${ACCOUNTS}/brief/token`, { body: { spec } })).body.status.token
    const free = await issue({})
    const bound = await issue({ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'holder' } })

    expect((await review(bound)).body.status.user.extra['authentication.kubernetes.io/pod-name']).toEqual(['holder'])
    await api.call('DELETE', `${pods}/holder`)
    expect((await review(bound)).body.status.authenticated).toBeUndefined()
    expect((await review(free)).body.status.authenticated).toBe(true)
    await api.call('DELETE', `${ACCOUNTS}/brief`)
    expect((await review(free)).body.status.authenticated).toBeUndefined()
  })
})
