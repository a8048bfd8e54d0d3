import type { KubeObject } from '@slipway/kube-objects'
import { MemoryRevisionStore } from '@slipway/storage'
import { expect, it, vi } from 'vitest'
import { ResourceRegistry } from '../registry/resource-registry.ts'
import { QuotaLedger } from './quota-ledger.ts'
import { quotaStatus } from './quota-status.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')
const keyOf = (plural: string, name: string, namespace = 'n'): string => `/registry/core/${plural}/${namespace}/${name}`

const quota = (hard: Record<string, string>, spec: object = {}): KubeObject => ({
  ...{ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'q', namespace: 'n', uid: 'q' } },
  spec: { hard, ...spec },
})

async function world() {
  const store = new MemoryRevisionStore()
  let now = NOW
  const ledger = new QuotaLedger({ store, registry: await ResourceRegistry.load(), now: () => new Date(now) })
  type Content = { metadata?: object; spec?: object; status?: object }
  const put = async (plural: string, name: string, { metadata, ...content }: Content, at = 'n') => {
    const key = keyOf(plural, name, at)
    const value = JSON.stringify({ kind: 'K', metadata: { uid: name, name, namespace: at, ...metadata }, ...content })
    const before = store.get(key)
    await (before ? store.update(key, value, before.modRevision) : store.create(key, value))
  }
  const remove = async (plural: string, name: string) =>
    store.delete(keyOf(plural, name), store.get(keyOf(plural, name))?.modRevision ?? 0)
  const pod = (name: string, cpu: string, more: Content = {}, at = 'n') =>
    put('pods', name, { spec: { containers: [{ name: 'c', resources: { requests: { cpu } } }] }, ...more }, at)
  const used = (of: KubeObject) => quotaStatus(of, ledger.used(of)).used
  return { store, ledger, put, remove, pod, used, pass: (milliseconds: number) => (now += milliseconds) }
}

const PODS = quota({ pods: '10', cpu: '4', configmaps: '9' })

it('keeps what is used in step with what comes, changes and goes', async () => {
  const { pod, put, remove, used } = await world()
  await pod('a', '1')

  expect(used(PODS)).toEqual({ pods: '1', cpu: '1', configmaps: '0' })
  await pod('b', '500m')
  await pod('elsewhere', '2', {}, 'm')
  await put('configmaps', 'c', {})
  expect(used(PODS)).toEqual({ pods: '2', cpu: '1500m', configmaps: '1' })
  await pod('a', '2')
  await pod('b', '500m', { status: { phase: 'Succeeded' } })
  expect(used(PODS)).toEqual({ pods: '1', cpu: '2', configmaps: '1' })
  await remove('pods', 'a')
  await remove('pods', 'b')
  await remove('configmaps', 'c')
  expect(used(PODS)).toEqual({ pods: '0', cpu: '0', configmaps: '0' })
})

it('counts a pod that is being deleted until its time is over', async () => {
  const { pod, remove, used, pass } = await world()
  await pod('a', '1')
  expect(used(PODS)).toMatchObject({ pods: '1' })
  const metadata = { deletionTimestamp: '2026-01-01T00:00:30Z', deletionGracePeriodSeconds: 30 }
  await pod('a', '1', { metadata })

  expect(used(PODS)).toMatchObject({ pods: '1', cpu: '1' })
  pass(31_000)
  expect(used(PODS)).toMatchObject({ pods: '0', cpu: '0' })
  await remove('pods', 'a')
  expect(used(PODS)).toMatchObject({ pods: '0', cpu: '0' })
})

it('begins anew for a quota that counts something else now', async () => {
  const { pod, used } = await world()
  await pod('a', '1')
  expect(used(quota({ pods: '1' }))).toEqual({ pods: '1' })

  expect(used(quota({ cpu: '1', pods: '1' }, { scopes: ['NotBestEffort'] }))).toEqual({ cpu: '1', pods: '1' })
  expect(used(quota({ pods: '1' }, { scopes: ['BestEffort'] }))).toEqual({ pods: '0' })
})

it('looks at what has changed, not at all that there is', async () => {
  const { pod, used, ledger } = await world()
  for (let number = 0; number < 100; number++) await pod(`p${number}`, '1')
  expect(used(PODS)).toMatchObject({ pods: '100' })
  const looks = vi.spyOn(JSON, 'parse')

  await pod('p7', '2')
  expect(ledger.used(PODS).get('cpu')).toBe(101_000_000_000n)

  // The one text that is new.
  expect(looks).toHaveBeenCalledTimes(1)
  looks.mockRestore()
})
