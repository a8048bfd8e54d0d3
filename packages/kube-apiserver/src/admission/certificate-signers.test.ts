import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

const REQUESTS = '/apis/certificates.k8s.io/v1/certificatesigningrequests'
const CLIENT = 'kubernetes.io/kube-apiserver-client'

let api: TestServer
beforeAll(async () => {
  api = await startTestServer()
  const rules = [
    {
      apiGroups: ['certificates.k8s.io'],
      resources: [
        'certificatesigningrequests',
        'certificatesigningrequests/approval',
        'certificatesigningrequests/status',
      ],
      verbs: ['*'],
    },
    {
      apiGroups: ['certificates.k8s.io'],
      resources: ['signers'],
      resourceNames: ['own.example/*'],
      verbs: ['approve', 'sign'],
    },
  ]
  await api.call('POST', '/apis/rbac.authorization.k8s.io/v1/clusterroles', {
    body: { metadata: { name: 'r' }, rules },
  })
  await api.call('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    body: {
      metadata: { name: 'b' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'r' },
      subjects: [{ kind: 'User', name: 'vera', apiGroup: 'rbac.authorization.k8s.io' }],
    },
  })
})
afterAll(() => api.stop())

async function request(name: string, signerName: string, subject = '/CN=x') {
  const file = (end: string) => join(api.folder, `${name}.${end}`)
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', file('key')]
  await api.run('openssl', ['req', '-new', ...key, '-out', file('csr'), '-subj', subject])
  const text = (await readFile(file('csr'))).toString('base64')
  const spec = { signerName, usages: ['client auth'], request: text }
  return await api.call('POST', REQUESTS, { body: { metadata: { name }, spec } })
}

const decide = async (name: string, type: string, part: string) => {
  const { body } = await api.call('GET', `${REQUESTS}/${name}`)
  const conditions = [{ type, status: 'True', reason: 'R' }]
  return await api.call('PUT', `${REQUESTS}/${name}/${part}`, {
    body: { ...body, status: { conditions } },
    headers: { 'impersonate-user': 'vera' },
  })
}

it('lets nobody approve or fail a request for a signer that is not theirs', async () => {
  await request('foreign', CLIENT)
  await request('own', 'own.example/clients')

  const approved = await decide('foreign', 'Approved', 'approval')
  const failed = await decide('foreign', 'Failed', 'status')
  const own = await decide('own', 'Approved', 'approval')

  const refusal = 'certificatesigningrequests.certificates.k8s.io "foreign" is forbidden: user not permitted to'
  expect([approved.status, approved.body.message]).toEqual([
    403,
    `${refusal} approve requests with signerName "${CLIENT}"`,
  ])
  expect([failed.status, failed.body.message]).toEqual([403, `${refusal} sign requests with signerName "${CLIENT}"`])
  expect(own.status).toBe(200)
})

it('takes no request to become one of the masters', async () => {
  const { status, body } = await request('master', CLIENT, '/O=system:masters/CN=x')

  expect(status).toBe(403)
  expect(body.message).toContain(`use of ${CLIENT} signer with system:masters group is not allowed`)
})
