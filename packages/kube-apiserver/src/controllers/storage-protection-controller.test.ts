import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

let api: TestServer
beforeAll(async () => {
  api = await startTestServer()
  await api.call('POST', '/api/v1/nodes', { body: { metadata: { name: 'n' } } })
})
afterAll(() => api.stop())

const CLAIMS = '/api/v1/namespaces/default/persistentvolumeclaims'
const PODS = '/api/v1/namespaces/default/pods'
const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } }
const of = (claimName: string) => ({ name: 'v', persistentVolumeClaim: { claimName } })
const ephemeral = { name: 'v', ephemeral: { volumeClaimTemplate: { spec } } }

let names = 0

async function pod(volume: object, { nodeName = 'n', phase = 'Running', finalizers = [] as string[] } = {}) {
  const containers = [{ name: 'c', image: 'i' }]
  const body = {
    metadata: { name: `p${++names}`, finalizers },
    spec: { containers, volumes: [volume], ...(nodeName && { nodeName }) },
  }
  const { metadata } = (await api.call('POST', PODS, { body })).body
  const patch = { body: { status: { phase } }, type: 'application/merge-patch+json' }
  await api.call('PATCH', `${PODS}/${metadata.name}/status`, patch)
  return metadata
}

async function claim(name: string, ownerReferences: object[] = []): Promise<void> {
  await api.call('POST', CLAIMS, { body: { metadata: { name, ownerReferences }, spec } })
}

/** Whether the claim is still there when everything that its deletion brings with it is done. */
async function isKept(name: string): Promise<boolean> {
  await claim('marker')
  for (const one of [name, 'marker']) await api.call('DELETE', `${CLAIMS}/${one}`)
  await expect.poll(async () => (await api.call('GET', `${CLAIMS}/marker`)).status).toBe(404)
  return (await api.call('GET', `${CLAIMS}/${name}`)).status === 200
}

describe('a claim that is deleted', () => {
  it.each([
    'Running',
    'Succeeded',
    'Failed',
  ])('stays while there is a pod that has it, also a %s one', async (phase) => {
    const name = `kept-${phase.toLowerCase()}`
    await claim(name)
    const { name: user } = await pod(of(name), { phase })

    expect(await isKept(name)).toBe(true)

    await api.call('DELETE', `${PODS}/${user}`, { body: { gracePeriodSeconds: 0 } })
    await expect.poll(async () => (await api.call('GET', `${CLAIMS}/${name}`)).status).toBe(404)
  })

  it('does not wait for a pod that has no node', async () => {
    await claim('unscheduled')
    await pod(of('unscheduled'), { nodeName: '' })

    expect(await isKept('unscheduled')).toBe(false)
  })

  it('does not wait for a pod whose ephemeral volume another claim has the name of', async () => {
    const { name } = await pod(ephemeral)
    await claim(`${name}-v`)

    expect(await isKept(`${name}-v`)).toBe(false)
  })

  it('stays for the pod that it was made for until nothing of that runs', async () => {
    const { name, uid } = await pod(ephemeral, { finalizers: ['example.com/waits-for-the-claim'] })
    await claim(`${name}-v`, [{ apiVersion: 'v1', kind: 'Pod', name, uid, controller: true }])

    expect(await isKept(`${name}-v`)).toBe(true)

    await api.call('DELETE', `${PODS}/${name}`, { body: { gracePeriodSeconds: 0 } })
    await expect.poll(async () => (await api.call('GET', `${CLAIMS}/${name}-v`)).status).toBe(404)
    expect((await api.call('GET', `${PODS}/${name}`)).status).toBe(200)
  })

  it('is protected again when somebody takes its finalizer away before', async () => {
    await claim('bare')
    const patch = { body: { metadata: { finalizers: null } }, type: 'application/merge-patch+json' }
    await api.call('PATCH', `${CLAIMS}/bare`, patch)

    await expect
      .poll(async () => (await api.call('GET', `${CLAIMS}/bare`)).body.metadata.finalizers)
      .toEqual(['kubernetes.io/pvc-protection'])
  })
})

it('a class of attributes stays while a claim has it', async () => {
  const path = '/apis/storage.k8s.io/v1/volumeattributesclasses'
  const body = { metadata: { name: 'fast' }, driverName: 'x.example', parameters: { a: 'b' } }
  const made = await api.call('POST', path, { body })
  const holder = { metadata: { name: 'holder' }, spec: { ...spec, volumeAttributesClassName: 'fast' } }
  await api.call('POST', CLAIMS, { body: holder })

  await api.call('DELETE', `${path}/fast`)

  expect(made.body.metadata.finalizers).toEqual(['kubernetes.io/vac-protection'])
  expect((await api.call('GET', `${path}/fast`)).status).toBe(200)
  await api.call('DELETE', `${CLAIMS}/holder`)
  await expect.poll(async () => (await api.call('GET', `${path}/fast`)).status).toBe(404)
})
