import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { simulatedRuntime } from '../index.ts'
import { engineWith, startTestNode } from '../testing/index.ts'

const web = { apiVersion: 'v1', kind: 'Pod', name: 'web', namespace: 'default' }
const pod = (uid: string) => ({
  ...web,
  metadata: { name: 'web', namespace: 'default', uid },
  spec: {
    nodeName: 'slipway',
    containers: [{ name: 'c', image: 'x.example/a:1' }],
    volumes: [{ name: 'v', emptyDir: {} }],
  },
})

it('takes away at its start what pods left on disk that are gone meanwhile', async () => {
  const { dataDir, stop } = await startTestNode(simulatedRuntime(), async (folder, cluster) => {
    await cluster.create(pod('here'))
    for (const uid of ['here', 'gone']) {
      mkdirSync(join(folder, 'pods', uid, 'volumes', 'v'), { recursive: true })
      writeFileSync(join(folder, 'pods', uid, 'volumes', 'v', 'secret'), '')
    }
  })
  onTestFinished(stop)

  expect(readdirSync(join(dataDir, 'pods'))).toEqual(['here'])
})

it('takes a pod that the API no longer has away as soon as the engine lets it', async () => {
  const runtime = simulatedRuntime()
  let refusals = 1
  let left = 2
  let done = (): void => {}
  const gone = new Promise<void>((resolve) => {
    done = resolve
  })
  const engine = engineWith(runtime.engine, {
    async remove(id) {
      if (refusals-- > 0) throw new Error('busy')
      const found = await runtime.engine.remove(id)
      if (--left === 0) done()
      return found
    },
  })
  const { cluster, stop } = await startTestNode({ ...runtime, engine })
  onTestFinished(stop)
  await cluster.create(pod('here'))
  await cluster.until(web, (object) => object?.status?.phase === 'Running')

  await cluster.delete(web, { gracePeriodSeconds: 0 })
  await gone

  expect(await runtime.engine.list({ labels: {} })).toEqual([])
})

it('a pod that goes before anything of it ran has failed: its controller may wait for that with a finalizer', async () => {
  const { cluster, stop } = await startTestNode(simulatedRuntime())
  onTestFinished(stop)
  const failed = cluster.until(web, (object) => object?.status?.phase === 'Failed')
  const { metadata, ...going } = pod('going')

  await cluster.create({
    ...going,
    metadata: { ...metadata, deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 30 },
  })

  const { containerStatuses } = (await failed)?.status ?? {}
  expect(containerStatuses[0].state.terminated).toMatchObject({ exitCode: 137, reason: 'ContainerStatusUnknown' })
})

it('in an emptyDir everybody may write, and in one in memory take away only what is theirs', async () => {
  const { cluster, dataDir, stop } = await startTestNode(simulatedRuntime())
  onTestFinished(stop)
  const { spec, ...named } = pod('modes')
  const volumes = [...spec.volumes, { name: 'm', emptyDir: { medium: 'Memory' } }]
  await cluster.create({ ...named, spec: { ...spec, volumes } })
  await cluster.until(web, (object) => object?.status?.phase === 'Running')

  const memory = existsSync('/dev/shm') ? '/dev/shm/slipway-test' : join(dataDir, 'memory')
  const modeOf = (root: string, name: string) => statSync(join(root, 'modes', 'volumes', name)).mode & 0o7777
  expect([modeOf(join(dataDir, 'pods'), 'v'), modeOf(memory, 'm')]).toEqual([0o777, 0o1777])
})
