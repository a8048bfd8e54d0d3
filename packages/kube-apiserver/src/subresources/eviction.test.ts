import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, startTestServer, type TestServer } from '../testing/test-server.ts'

let api: TestServer
beforeAll(async () => {
  api = await startTestServer()
})
afterAll(() => api.stop())

let spaces = 0
const STRATEGIC = 'application/strategic-merge-patch+json'

interface Ward {
  pods: string
  budgets: string
}

/** A namespace with pods of these states and, with a spec, a budget for them that its controller has looked at. */
async function ward(states: Record<string, 'ready' | 'unready' | 'pending'>, budget?: object): Promise<Ward> {
  const namespace = `ward-${++spaces}`
  await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: namespace } } })
  const pods = `/api/v1/namespaces/${namespace}/pods`
  const budgets = `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`
  for (const [name, state] of Object.entries(states)) {
    // One that is on a node is only marked: its kubelet ends it.
    const spec = { nodeName: 'n', containers: [{ name: 'c', image: 'x:1' }] }
    await api.call('POST', pods, { body: { metadata: { name, labels: { app: 'a' } }, spec } })
    if (state === 'pending') continue
    const conditions = [{ type: 'Ready', status: state === 'ready' ? 'True' : 'False' }]
    const status = { phase: 'Running', conditions }
    await api.call('PATCH', `${pods}/${name}/status`, { type: STRATEGIC, body: { status } })
  }
  if (budget) {
    const spec = { selector: { matchLabels: { app: 'a' } }, ...budget }
    await api.call('POST', budgets, { body: { metadata: { name: 'b' }, spec } })
    const seen = async () => (await api.call('GET', `${budgets}/b`)).body.status.observedGeneration
    await expect.poll(seen).toBe(1)
  }
  return { pods, budgets }
}

function evict({ pods }: Ward, name: string, deleteOptions?: object, query = '') {
  const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name }, deleteOptions }
  return api.call('POST', `${pods}/${name}/eviction${query}`, { body })
}

const podOf = async ({ pods }: Ward, name: string) => (await api.call('GET', `${pods}/${name}`)).body

describe('an eviction', () => {
  it('deletes a pod, which says why it goes', async () => {
    const here = await ward({ a: 'ready' })

    const { status, body } = await evict(here, 'a')

    expect({ status, body }).toMatchObject({ status: 201, body: { kind: 'Status', status: 'Success', code: 201 } })
    const { metadata, status: last } = await podOf(here, 'a')
    expect(metadata.deletionTimestamp).toBeDefined()
    expect(last.conditions).toContainEqual(
      expect.objectContaining({ type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI' }),
    )
  })

  it.each([
    ['in its options', { dryRun: ['All'] }, ''],
    ['in the query', undefined, '?dryRun=All'],
  ])('that is a dry run %s changes nothing', async (_, options, query) => {
    const here = await ward({ a: 'ready', b: 'ready' }, { minAvailable: 1 })
    const before = [await podOf(here, 'a'), (await api.call('GET', `${here.budgets}/b`)).body]

    expect((await evict(here, 'a', options, query)).status).toBe(201)

    expect([await podOf(here, 'a'), (await api.call('GET', `${here.budgets}/b`)).body]).toEqual(before)
  })

  it('must be of the pod that the path names, and its dry run that of the query', async () => {
    const here = await ward({ a: 'ready' })
    const other = { body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'b' } } }

    expect((await api.call('POST', `${here.pods}/a/eviction`, other)).body).toMatchObject({
      ...{ code: 400, message: 'name in URL does not match name in Eviction object' },
    })
    expect((await evict(here, 'missing')).status).toBe(404)
  })

  it('keeps to preconditions', async () => {
    const here = await ward({ a: 'ready' })
    const { uid, resourceVersion } = (await podOf(here, 'a')).metadata

    expect((await evict(here, 'a', { preconditions: { uid: 'other' } })).status).toBe(409)
    expect((await evict(here, 'a', { preconditions: { resourceVersion: '1' } })).status).toBe(409)
    expect((await podOf(here, 'a')).status.conditions).toHaveLength(1)
    expect((await evict(here, 'a', { preconditions: { uid, resourceVersion } })).status).toBe(201)
  })
})

describe('a budget', () => {
  it('lets as many pods go as it says, however many are to go at once', async () => {
    const here = await ward({ a: 'ready', b: 'ready', c: 'ready' }, { minAvailable: 2 })

    const answers = await Promise.all(['a', 'b', 'c'].map((name) => evict(here, name)))

    expect(answers.map(({ status }) => status).sort()).toEqual([201, 429, 429])
    const [{ body, headers } = answers[0] as Answer] = answers.filter(({ status }) => status === 429)
    expect(body).toMatchObject({
      reason: 'TooManyRequests',
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
      details: { causes: [{ reason: 'DisruptionBudget' }] },
    })
    expect(body.details.causes[0].message).toMatch(
      /^The disruption budget b needs 2 healthy pods and has \d currently$/,
    )
    expect(headers['retry-after']).toBeUndefined()
  })

  it('asks to come again where it has changed since its controller looked', async () => {
    const here = await ward({ a: 'ready', b: 'ready' }, { minAvailable: 1 })
    const status = { observedGeneration: 0, disruptionsAllowed: 1 }
    await api.call('PATCH', `${here.budgets}/b/status`, { type: STRATEGIC, body: { status } })

    const { status: code, body, headers } = await evict(here, 'a')

    expect([code, headers['retry-after']]).toEqual([429, '10'])
    expect(body.details.causes[0].message).toBe('The disruption budget b is still being processed by the server.')
  })

  it('counts a pod whose eviction it granted as gone, until it is', async () => {
    const here = await ward({ a: 'ready', b: 'ready' }, { minAvailable: 1 })
    const granted = { disruptedPods: { a: new Date().toISOString().replace(/\.\d+/, '') } }
    await api.call('PATCH', `${here.budgets}/b/status`, { type: STRATEGIC, body: { status: granted } })
    const spec = { minAvailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' }

    await api.call('PATCH', `${here.budgets}/b`, { type: STRATEGIC, body: { spec } })

    const seen = async () => (await api.call('GET', `${here.budgets}/b`)).body.status
    await expect
      .poll(seen)
      .toMatchObject({ observedGeneration: 2, currentHealthy: 1, disruptionsAllowed: 0, ...granted })
    await evict(here, 'a', undefined, '?dryRun=All')
    await api.call('DELETE', `${here.pods}/a`)
    await expect.poll(async () => (await seen()).disruptedPods).toBeUndefined()
  })

  it.each([
    ['AlwaysAllow', 201],
    ['IfHealthyBudget', 429],
  ])('with too few healthy pods and %s answers for one that is not ready with %i', async (policy, code) => {
    const here = await ward({ a: 'unready', b: 'ready' }, { minAvailable: 2, unhealthyPodEvictionPolicy: policy })

    expect((await evict(here, 'a')).status).toBe(code)
    expect((await evict(here, 'b')).status).toBe(429)
  })

  it('lets a pod go that is not ready where the others are enough, and one that has not begun', async () => {
    const here = await ward({ a: 'unready', b: 'ready', c: 'pending' }, { minAvailable: 1 })

    expect((await evict(here, 'a')).status).toBe(201)
    expect((await evict(here, 'c')).status).toBe(201)
    expect((await evict(here, 'b')).status).toBe(429)
  })

  it('must be the only one of a pod', async () => {
    const here = await ward({ a: 'ready', b: 'ready' }, { minAvailable: 1 })
    const spec = { minAvailable: 0, selector: {} }
    await api.call('POST', here.budgets, { body: { metadata: { name: 'second' }, spec } })

    const { body } = await evict(here, 'a')

    expect(body).toMatchObject({ status: 'Failure', code: 500 })
    expect(body.message).toContain('more than one PodDisruptionBudget')
    expect((await podOf(here, 'a')).metadata.deletionTimestamp).toBeUndefined()
  })
})
