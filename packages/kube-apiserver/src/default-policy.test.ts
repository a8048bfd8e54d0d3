import type { KubeObject } from '@slipway/kube-objects'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from './testing/test-server.ts'

const RBAC = '/apis/rbac.authorization.k8s.io/v1'
const ROLE = `${RBAC}/clusterroles/system:volume-scheduler`
const BINDING = `${RBAC}/clusterrolebindings/system:discovery`
const VIEW = `${RBAC}/clusterroles/view`

let api: TestServer

beforeEach(async () => {
  api = await startTestServer()
})

afterEach(() => api.stop())

const read = async (path: string): Promise<KubeObject> => (await api.call('GET', path)).body

async function patch(path: string, body: object): Promise<void> {
  const { status } = await api.call('PATCH', path, { type: 'application/merge-patch+json', body })
  expect(status).toBe(200)
}

/** The next server on what this one stored. */
async function startAgain(): Promise<void> {
  await api.stop()
  api = await startTestServer({ store: api.store })
}

describe('the default roles of a store that has some', () => {
  it('come back, and get the rules, subjects, selectors and labels that they lack, beside what others added', async () => {
    const before = await Promise.all([read(ROLE), read(BINDING), read(VIEW)])
    const mine = { verbs: ['get'], apiGroups: ['example.com'], resources: ['things'] }
    const somebody = { kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'somebody' }
    await patch(ROLE, { metadata: { labels: null }, rules: [mine, ...before[0].rules.slice(1)] })
    await patch(BINDING, { subjects: [somebody] })
    await patch(VIEW, { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { mine: 'true' } }] } })
    await api.call('DELETE', `${RBAC}/clusterroles/system:node`)

    await startAgain()
    const [role, binding, view] = await Promise.all([read(ROLE), read(BINDING), read(VIEW)])

    const [lost] = before[0].rules
    const lacked = lost.verbs.flatMap((verb: string) =>
      lost.resources.map((resource: string) => ({ verbs: [verb], apiGroups: lost.apiGroups, resources: [resource] })),
    )
    expect(role.rules).toEqual([mine, ...before[0].rules.slice(1), ...lacked])
    expect(role.metadata.labels).toEqual(before[0].metadata.labels)
    expect(binding.subjects).toEqual([somebody, ...before[1].subjects])
    expect(view.aggregationRule.clusterRoleSelectors).toEqual([
      { matchLabels: { mine: 'true' } },
      ...before[2].aggregationRule.clusterRoleSelectors,
    ])
    expect((await api.call('GET', `${RBAC}/clusterroles/system:node`)).status).toBe(200)
  })

  it('stay as they are where nothing lacks, or autoupdate is off', async () => {
    const annotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'false' }
    await patch(ROLE, { metadata: { annotations }, rules: [] })
    const before = await Promise.all([ROLE, BINDING, VIEW].map(read))

    await startAgain()

    expect(await Promise.all([ROLE, BINDING, VIEW].map(read))).toEqual(before)
  })

  it('do not keep the server from starting where a policy refuses them', async () => {
    const rules = [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['CREATE'], resources: ['clusterroles'] }]
    const admission = '/apis/admissionregistration.k8s.io/v1'
    await api.call('DELETE', ROLE)
    await api.call('POST', `${admission}/validatingadmissionpolicies`, {
      body: {
        metadata: { name: 'no-roles' },
        spec: { matchConstraints: { resourceRules: rules }, validations: [{ expression: 'false' }] },
      },
    })
    await api.call('POST', `${admission}/validatingadmissionpolicybindings`, {
      body: { metadata: { name: 'no-roles' }, spec: { policyName: 'no-roles', validationActions: ['Deny'] } },
    })
    const errors: unknown[] = []

    await api.stop()
    api = await startTestServer({ store: api.store, onError: (error) => errors.push(error) })

    expect((await api.call('GET', ROLE)).status).toBe(404)
    expect(errors.map(String)).toEqual([expect.stringContaining("ValidatingAdmissionPolicy 'no-roles'")])
  })
})
