import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../testing/test-server.ts'

const POLICIES = '/apis/admissionregistration.k8s.io/v1'
const CONFIG = { apiVersion: 'v1', kind: 'ConfigMap' }

let api: TestServer
beforeAll(async () => {
  api = await startTestServer()
  const body = { metadata: { name: 'set', namespace: 'default' }, data: { most: '1' } }
  await api.call('POST', '/api/v1/namespaces/default/configmaps', { body })
})
afterAll(() => api.stop())

let policy: object
let binding: object
beforeEach(() => {
  policy = {}
  binding = {}
})
afterEach(async () => {
  await api.call('DELETE', `${POLICIES}/validatingadmissionpolicybindings/b`)
  await api.call('DELETE', `${POLICIES}/validatingadmissionpolicies/p`)
})

/** What is said of a new Secret and a new PriorityClass, and what is warned of. */
async function ask() {
  const rule = (apiGroups: string[], resources: string[]) => ({
    ...{ apiGroups, resources, apiVersions: ['v1'] },
    operations: ['CREATE'],
  })
  const matchConstraints = {
    resourceRules: [rule([''], ['secrets']), rule(['scheduling.k8s.io'], ['priorityclasses'])],
  }
  const spec = { matchConstraints, validations: [{ expression: 'true' }], ...policy }
  const made = await api.call('POST', `${POLICIES}/validatingadmissionpolicies`, {
    body: { metadata: { name: 'p' }, spec },
  })
  expect(made.status).toBe(201)
  await api.call('POST', `${POLICIES}/validatingadmissionpolicybindings`, {
    body: { metadata: { name: 'b' }, spec: { policyName: 'p', validationActions: ['Warn'], ...binding } },
  })
  const create = async (path: string, body: object) => {
    const answer = await api.call('POST', `${path}?dryRun=All`, { body: { metadata: { name: 'x' }, ...body } })
    return answer.status === 201 ? answer.headers.warning : answer.body.message.replace(/^.*denied request: /, '')
  }
  return {
    secret: await create('/api/v1/namespaces/default/secrets', {}),
    priority: await create('/apis/scheduling.k8s.io/v1/priorityclasses', { value: 1 }),
  }
}

it('parameters that are missing deny whatever the actions are, where the binding says so', async () => {
  policy = { paramKind: CONFIG }
  binding = { paramRef: { name: 'none', namespace: 'default', parameterNotFoundAction: 'Deny' } }

  const { secret } = await ask()

  expect(secret).toBe(
    'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction',
  )
})

it('are taken from the namespace of the request, of which one without a namespace has none', async () => {
  policy = { paramKind: CONFIG, validations: [{ expression: "params.data.most == '2'" }] }
  binding = { paramRef: { name: 'set', parameterNotFoundAction: 'Deny' } }

  const { secret, priority } = await ask()

  expect(secret).toContain("with binding 'b': failed expression: params.data.most == '2'")
  expect(priority).toBe(
    'failed to configure binding: cannot use namespaced paramRef in policy binding that matches cluster-scoped resources',
  )
})

it('of a kind that is not there leave the policy without a configuration', async () => {
  policy = { paramKind: { apiVersion: 'rules.example.com/v1', kind: 'Limit' } }
  binding = { paramRef: { name: 'x', parameterNotFoundAction: 'Allow' } }

  const { secret } = await ask()

  expect(secret).toBe(
    "failed to configure policy: failed to find resource referenced by paramKind: 'rules.example.com/v1, Kind=Limit'",
  )
})

it('and all else that fails lets everything pass where the policy ignores failures', async () => {
  policy = { paramKind: CONFIG, failurePolicy: 'Ignore' }
  binding = { paramRef: { name: 'none', parameterNotFoundAction: 'Deny' } }

  expect(await ask()).toEqual({ secret: undefined, priority: undefined })
})

it('an annotation for the audit log that can not be had denies', async () => {
  policy = { auditAnnotations: [{ key: 'k', valueExpression: 'string(object.data.none)' }] }

  const { secret } = await ask()

  expect(secret).toContain("expression 'string(object.data.none)' resulted in error: no such key")
})
