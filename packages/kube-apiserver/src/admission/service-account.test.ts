import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

const PODS = '/api/v1/namespaces/default/pods'

let api: TestServer
beforeAll(async () => {
  api = await startTestServer()
  const annotations = { 'kubernetes.io/enforce-mountable-secrets': 'true' }
  await api.call('POST', '/api/v1/namespaces/default/serviceaccounts', {
    body: {
      metadata: { name: 'limited', annotations },
      secrets: [{ name: 'own' }],
      imagePullSecrets: [{ name: 'pull' }],
    },
  })
})
afterAll(() => api.stop())

const c = { name: 'c', image: 'i' }
const env = [{ name: 'A', valueFrom: { secretKeyRef: { name: 'other', key: 'k' } } }]
const envFrom = [{ secretRef: { name: 'other' } }]
const referencing = 'referencing secret.secretName="other" is not allowed'

it.each([
  [{ volumes: [{ name: 'v', secret: { secretName: 'own' } }] }, undefined],
  // Kubernetes looks at volumes of Secrets, not at projected ones.
  [{ volumes: [{ name: 'v', projected: { sources: [{ secret: { name: 'other' } }] } }] }, undefined],
  [
    { volumes: [{ name: 'v', secret: { secretName: 'other' } }] },
    'volume with secret.secretName="other" is not allowed',
  ],
  [{ initContainers: [{ ...c, name: 'i', env }] }, `init container i with envVar A ${referencing}`],
  [{ containers: [{ ...c, envFrom }] }, `container c with envFrom ${referencing}`],
  [{ imagePullSecrets: [{ name: 'x' }] }, 'imagePullSecrets[0].name="x" is not allowed'],
])('an account that limits its pods to its Secrets judges %j', async (more, why) => {
  const spec = { serviceAccountName: 'limited', containers: [c], ...more }

  const { status, body } = await api.call('POST', `${PODS}?dryRun=All`, { body: { metadata: { name: 'p' }, spec } })

  if (why === undefined) expect(status).toBe(201)
  else {
    expect(status).toBe(403)
    expect(body.message).toContain(`pods "p" is forbidden: ${why} because service account limited does not reference`)
  }
})

it('such an account judges containers that come later, too', async () => {
  const spec = { serviceAccountName: 'limited', containers: [c] }
  await api.call('POST', PODS, { body: { metadata: { name: 'debugged' }, spec } })
  const ephemeralContainers = [{ name: 'e', image: 'i', env }]

  const { status, body } = await api.call('PATCH', `${PODS}/debugged/ephemeralcontainers`, {
    body: { spec: { ephemeralContainers } },
    type: 'application/strategic-merge-patch+json',
  })

  expect(status).toBe(500)
  expect(body.message).toContain(`ephemeral container e with envVar A ${referencing}`)
})

const annotations = { 'kubernetes.io/config.mirror': 'x' }
const mirror = (more: object) => ({
  metadata: { name: 'mirror', annotations },
  spec: { nodeName: 'n', containers: [c], ...more },
})

it.each([
  [{ serviceAccountName: 'default' }, 'a mirror pod may not reference service accounts'],
  [{ volumes: [{ name: 'v', secret: { secretName: 's' } }] }, 'a mirror pod may not reference secrets'],
  [{ imagePullSecrets: [{ name: 's' }] }, 'a mirror pod may not reference secrets'],
  [
    { volumes: [{ name: 'v', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }] },
    'a mirror pod may not use ServiceAccountToken volume projections',
  ],
  [
    { resourceClaims: [{ name: 'a', resourceClaimName: 'b' }] },
    '[]: Forbidden: static pods do not support resource claims',
  ],
])('the mirror of a static pod may not have %j', async (more, why) => {
  const { body } = await api.call('POST', `${PODS}?dryRun=All`, { body: mirror(more) })

  expect(body.message).toContain(why)
})

it('the mirror of a static pod is kept as its agent wrote it', async () => {
  const made = await api.call('POST', PODS, { body: mirror({}) })
  const part = (name: string, spec: object) =>
    api.call('PATCH', `${PODS}/mirror/${name}`, { body: { spec }, type: 'application/strategic-merge-patch+json' })

  const debugged = await part('ephemeralcontainers', { ephemeralContainers: [{ name: 'e', image: 'i' }] })
  const resized = await part('resize', { containers: [{ name: 'c', resources: { requests: { cpu: '1' } } }] })

  expect(made.status).toBe(201)
  expect([made.body.spec.serviceAccountName, made.body.spec.volumes]).toEqual([undefined, undefined])
  expect(debugged.body.message).toContain('[]: Forbidden: static pods do not support ephemeral containers')
  expect(resized.body.message).toContain('[]: Forbidden: static pods cannot be resized')
})
