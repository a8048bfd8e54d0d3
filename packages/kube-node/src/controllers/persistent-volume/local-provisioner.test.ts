import { expect, it } from 'vitest'
import { STORAGE_CLASSES } from '../../model/kinds.ts'
import { FakeCluster } from '../../testing/index.ts'
import { ensureStorageClass } from './local-provisioner.ts'

const HERE = [{ matchLabelExpressions: [{ key: 'kubernetes.io/hostname', values: ['here'] }] }]
const ELSEWHERE = [{ matchLabelExpressions: [{ key: 'zone', values: ['elsewhere'] }] }]

it.each([
  ['of an older data folder is led to this Node', 'slipway.dev/local-path', undefined, HERE],
  ['that names its topologies keeps them', 'slipway.dev/local-path', ELSEWHERE, ELSEWHERE],
  ["of somebody else's provisioner stays as it is", 'example.com/disks', undefined, undefined],
])('the StorageClass %s', async (_name, provisioner, allowedTopologies, expected) => {
  const cluster = new FakeCluster()
  await cluster.create({
    ...{ ...STORAGE_CLASSES, metadata: { name: 'slipway' }, provisioner },
    ...(allowedTopologies && { allowedTopologies }),
  })

  await ensureStorageClass(cluster.client(), 'here')

  const after = await cluster.get({ ...STORAGE_CLASSES, name: 'slipway' })
  expect(after?.allowedTopologies).toEqual(expected)
})
