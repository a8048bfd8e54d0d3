import { expect, it } from 'vitest'
import { JOBS } from '../model/kinds.ts'
import { FakeCluster } from '../testing/fake-cluster.ts'
import { updateStatus } from './status.ts'

const ref = { ...JOBS, name: 'a', namespace: 'default' }
const ours = { type: 'Suspended', status: 'True', reason: 'JobSuspended', message: 'Job suspended' }
const theirs = { type: 'Custom', status: 'True', message: 'first' }

it('leaves the conditions alone that others write', async () => {
  const cluster = new FakeCluster()
  const seen = await cluster.create({
    ...JOBS,
    metadata: { name: 'a', namespace: 'default' },
    status: { conditions: [ours, { type: 'Old', status: 'True' }, theirs] },
  })
  const written = [
    { ...theirs, message: 'second' },
    { type: 'Another', status: 'True' },
  ]
  await cluster.patch(ref, 'merge', {
    status: { conditions: [ours, { type: 'Old', status: 'True' }, ...written] },
  })

  const patchStatus = async (status: object, type = 'merge') => cluster.patch(ref, type, { status })
  const resumed = { type: 'Suspended', status: 'False', reason: 'JobResumed' }
  const end = { type: 'Complete', status: 'True' }
  await updateStatus(seen, { active: 1, conditions: [resumed, theirs, end] }, { patchStatus } as never)

  const { active, conditions } = (await cluster.get(ref))?.status ?? {}
  expect(active).toBe(1)
  expect(conditions).toHaveLength(4)
  expect(conditions).toEqual(expect.arrayContaining([resumed, end, ...written]))
  const own = ['Suspended', 'Custom', 'Complete']
  const order = conditions.map(({ type }: { type: string }) => type)
  expect(order.filter((type: string) => own.includes(type))).toEqual(own)
})

it('takes nothing away where nothing is', async () => {
  const patchStatus = async () => expect.unreachable()

  await updateStatus(
    { ...JOBS, metadata: { name: 'a' }, status: { loadBalancer: {} } },
    { loadBalancer: { ingress: null } },
    { patchStatus } as never,
  )
})
