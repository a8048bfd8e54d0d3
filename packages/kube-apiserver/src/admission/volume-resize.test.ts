import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

const CLAIMS = '/api/v1/namespaces/default/persistentvolumeclaims'
const MERGE = { type: 'application/merge-patch+json' }

let api: TestServer
beforeAll(async () => {
  api = await startTestServer()
  for (const allowVolumeExpansion of [true, false]) {
    const body = {
      metadata: { name: `grows-${allowVolumeExpansion}` },
      provisioner: 'x.example/y',
      allowVolumeExpansion,
    }
    await api.call('POST', '/apis/storage.k8s.io/v1/storageclasses', { body })
  }
})
afterAll(() => api.stop())

const size = (storage: string) => ({ resources: { requests: { storage } } })

async function claim(name: string, storageClassName: string, phase: string): Promise<void> {
  const spec = { accessModes: ['ReadWriteOnce'], storageClassName, ...size('1Gi') }
  await api.call('POST', CLAIMS, { body: { metadata: { name }, spec } })
  await api.call('PATCH', `${CLAIMS}/${name}/status`, { body: { status: { phase } }, ...MERGE })
}

it.each([
  ['may grow where its class lets it', 'grows-true', 'Bound', '2Gi', 200, undefined],
  [
    'stays as small as it is where its class does not',
    'grows-false',
    'Bound',
    '2Gi',
    403,
    'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
  ],
  [
    'does not grow before it is bound',
    'grows-true',
    'Pending',
    '2Gi',
    422,
    'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
  ],
])('a claim %s', async (name, storageClass, phase, wanted, status, why) => {
  const claimName = name.replaceAll(' ', '-')
  await claim(claimName, storageClass, phase)

  const answer = await api.call('PATCH', `${CLAIMS}/${claimName}`, { body: { spec: size(wanted) }, ...MERGE })

  expect(answer.status).toBe(status)
  if (why) expect(answer.body.message).toContain(why)
})
