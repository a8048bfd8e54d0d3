import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { APPLY, call, MERGE, useCluster } from './cluster.ts'

const place = useCluster()

const GROUP = 'rbac.authorization.k8s.io'
const RBAC = `/apis/${GROUP}/v1`
const name = `conformance-${Math.random().toString(36).slice(2, 10)}`
/** Someone who may write roles and bindings, and nothing else. */
const headers = { 'impersonate-user': name }
const what = (resources: string[], verbs: string[], group = '') => ({ apiGroups: [group], resources, verbs })
const binding = (role: string, kind = 'ClusterRole') => ({
  apiVersion: `${GROUP}/v1`,
  kind: 'RoleBinding',
  metadata: { name: role },
  roleRef: { apiGroup: GROUP, kind, name: role },
  subjects: [{ apiGroup: GROUP, kind: 'User', name: 'other' }],
})
const more = `user "${name}" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:
{APIGroups:[""], Resources:["nodes"], Verbs:["get" "list"]}
{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}`

beforeAll(async () => {
  const rules = [
    what(['roles', 'clusterroles', 'rolebindings'], ['create', 'update', 'patch'], GROUP),
    { ...what(['roles'], ['escalate'], GROUP), resourceNames: [`${name}-own`] },
  ]
  await call('POST', `${RBAC}/clusterroles`, { body: { metadata: { name }, rules } })
  const subjects = [{ apiGroup: GROUP, kind: 'User', name }]
  const roleRef = { apiGroup: GROUP, kind: 'ClusterRole', name }
  await call('POST', `${RBAC}/clusterrolebindings`, { body: { metadata: { name }, roleRef, subjects } })
  const wide = { metadata: { name: `${name}-wide` }, rules: [what(['secrets', 'nodes'], ['get', 'list'])] }
  await call('POST', `${RBAC}/clusterroles`, { body: wide })
})

afterAll(async () => {
  for (const path of [`clusterrolebindings/${name}`, `clusterroles/${name}`, `clusterroles/${name}-wide`]) {
    await call('DELETE', `${RBAC}/${path}`)
  }
})

const bindings = () => `${RBAC}/namespaces/${place.namespace}/rolebindings`

describe('who has few rights', () => {
  it('gives no more than those, whatever of the binding they change', async () => {
    await expect
      .poll(async () => (await call('POST', bindings(), { body: binding(`${name}-wide`), headers })).body.message)
      .toBe(`rolebindings.${GROUP} "${name}-wide" is forbidden: ${more}`)
    expect((await call('POST', bindings(), { body: binding(`${name}-wide`) })).status).toBe(201)

    const patch = (metadata: object) =>
      call('PATCH', `${bindings()}/${name}-wide`, { body: { metadata }, type: MERGE, headers })

    expect((await patch({ labels: { a: 'b' } })).status).toBe(403)
    expect((await patch({ finalizers: ['conformance.example.com/wait'] })).status).toBe(200)
    expect((await patch({ finalizers: null })).status).toBe(200)
  })

  it.each(['Role', 'ClusterRole'])('binds no %s that is not there', async (kind) => {
    const body = binding(`${name}-none`, kind)
    const message = `rolebindings.${GROUP} "${name}-none" not found`
    expect((await call('POST', bindings(), { body, headers })).body).toMatchObject({ code: 404, message })
    const apply = `${bindings()}/${name}-none?fieldManager=conformance&dryRun=All`
    expect((await call('PATCH', apply, { body, type: APPLY, headers })).body).toMatchObject({ code: 404, message })
  })

  // A POST names the object in its body only, which decides nothing about rights.
  it('gives a role more than they have only where they may escalate it by its name', async () => {
    const roles = `${RBAC}/namespaces/${place.namespace}/roles`
    const body = {
      apiVersion: `${GROUP}/v1`,
      kind: 'Role',
      metadata: { name: `${name}-own` },
      rules: [what(['secrets'], ['get'])],
    }
    expect((await call('POST', roles, { body, headers })).status).toBe(403)
    const apply = `${roles}/${name}-own?fieldManager=conformance`
    expect((await call('PATCH', apply, { body, type: APPLY, headers })).status).toBe(201)
    const more = { ...body, rules: [what(['secrets'], ['get', 'list'])] }
    expect((await call('PUT', `${roles}/${name}-own`, { body: more, headers })).status).toBe(200)
  })

  it('makes no role that gathers the rights of others', async () => {
    const clusterRoleSelectors = [{ matchLabels: { of: name } }]
    const body = { metadata: { name: `${name}-all` }, aggregationRule: { clusterRoleSelectors }, rules: [] }
    const { body: refused } = await call('POST', `${RBAC}/clusterroles`, { body, headers })
    const why = 'must have cluster-admin privileges to use the aggregationRule'
    expect(refused.message).toBe(`clusterroles.${GROUP} "${name}-all" is forbidden: ${why}`)
  })
})
