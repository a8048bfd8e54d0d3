import type { KubeObject } from '@slipway/kube-objects'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

let api: TestServer
beforeAll(async () => {
  api = await startTestServer()
})
afterAll(() => api.stop())

const labels = { app: 'a' }
const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'x:1' }] } }
const selector = { matchLabels: labels }

let spaces = 0
async function space(): Promise<string> {
  const name = `budgets-${++spaces}`
  await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name } } })
  return name
}

async function workload(namespace: string, plural: string, spec: object, owner?: KubeObject): Promise<KubeObject> {
  const metadata = { generateName: 'w-', labels, ...(owner && { ownerReferences: [managerRef(owner)] }) }
  const path = `/apis/apps/v1/namespaces/${namespace}/${plural}`
  return (await api.call('POST', path, { body: { metadata, spec: { selector, template, ...spec } } })).body
}

async function pod(namespace: string, owner?: KubeObject): Promise<void> {
  const metadata = { generateName: 'p-', labels, ...(owner && { ownerReferences: [managerRef(owner)] }) }
  await api.call('POST', `/api/v1/namespaces/${namespace}/pods`, { body: { metadata, spec: template.spec } })
}

const managerRef = ({ apiVersion, kind, metadata }: KubeObject) => ({
  ...{ apiVersion, kind, name: metadata.name, uid: metadata.uid },
  controller: true,
})

/** The status of a budget when its controller has looked at it, and what that told. */
async function look(namespace: string, spec: object) {
  const budgets = `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`
  await api.call('POST', budgets, { body: { metadata: { name: 'b' }, spec: { selector, ...spec } } })
  const read = async () => (await api.call('GET', `${budgets}/b`)).body.status
  await expect.poll(async () => (await read()).conditions).toBeDefined()
  const told = async () => {
    const { items } = (await api.call('GET', `/api/v1/namespaces/${namespace}/events`)).body
    return items.map(({ type, reason, message }: KubeObject) => `${type} ${reason}: ${message}`)
  }
  return { status: await read(), told }
}

describe('a PodDisruptionBudget', () => {
  it('tells that it finds no pods', async () => {
    const { status, told } = await look(await space(), { minAvailable: 1 })

    expect(status).toMatchObject({ expectedPods: 0, desiredHealthy: 1, disruptionsAllowed: 0 })
    await expect.poll(told).toEqual(['Normal NoPods: No matching pods found'])
  })

  it('expects a number of those pods that are there', async () => {
    const namespace = await space()
    const set = await workload(namespace, 'replicasets', { replicas: 5 })
    await pod(namespace, set)
    await pod(namespace)

    const { status } = await look(namespace, { minAvailable: 1 })

    expect(status).toMatchObject({ expectedPods: 2, desiredHealthy: 1 })
  })

  it('expects a share of what their Deployment wants, however many replica sets it has', async () => {
    const namespace = await space()
    const deployment = await workload(namespace, 'deployments', { replicas: 4 })
    for (const replicas of [4, 1]) {
      await pod(namespace, await workload(namespace, 'replicasets', { replicas }, deployment))
    }
    await pod(namespace, await workload(namespace, 'statefulsets', { replicas: 2, serviceName: 's' }))

    const { status } = await look(namespace, { minAvailable: '50%' })

    expect(status).toMatchObject({ expectedPods: 6, desiredHealthy: 3 })
  })

  it('does not count pods that nobody manages where a share is meant, and tells so', async () => {
    const namespace = await space()
    await pod(namespace)

    const { status, told } = await look(namespace, { maxUnavailable: 1 })

    expect(status).toMatchObject({ expectedPods: 0, disruptionsAllowed: 0 })
    await expect
      .poll(told)
      .toEqual([
        expect.stringContaining(
          'Warning UnmanagedPods: Pods selected by this PodDisruptionBudget (selector: &LabelSelector{MatchLabels:map[string]string{app: a,},',
        ),
      ])
  })

  it('lets none go when it can not know how many there should be', async () => {
    const namespace = await space()
    await pod(namespace, await workload(namespace, 'daemonsets', {}))

    const { status, told } = await look(namespace, { maxUnavailable: 1 })

    const message = 'daemonsets.apps does not implement the scale subresource'
    expect(status.disruptionsAllowed).toBe(0)
    expect(status.conditions).toMatchObject([
      { type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed', message },
    ])
    await expect
      .poll(told)
      .toEqual([`Warning CalculateExpectedPodCountFailed: Failed to calculate the number of expected pods: ${message}`])
  })
})
