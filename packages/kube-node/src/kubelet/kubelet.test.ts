import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
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
