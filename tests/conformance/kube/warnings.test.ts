import { expect, it } from 'vitest'
import { call, useCluster } from './cluster.ts'

const place = useCluster()

/** The texts of what a dry run of a pod warns of. */
async function warned(container: object): Promise<string[]> {
  const body = { metadata: { name: 'warned' }, spec: { containers: [{ name: 'c', image: 'i', ...container }] } }
  const { status, headers } = await call('POST', `/api/v1/namespaces/${place.namespace}/pods?dryRun=All`, { body })
  expect(status).toBe(201)
  return [...String(headers.warning ?? '').matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
    text.replaceAll('\\', ''),
  )
}

it.each([
  ['all of them', 30, 30, 'which may be dropped when using apply'],
  ['as many as there is room for', 500, 42, 'which may be dropped when using apply'],
])('warnings are told: %s', async (_what, hidden, told, end) => {
  const texts = await warned({ env: Array.from({ length: hidden + 1 }, () => ({ name: 'A', value: 'b' })) })

  expect(texts).toHaveLength(told)
  expect(texts.every((text) => text.endsWith(end))).toBe(true)
})

it('long warnings are shortened once there is no room for them', async () => {
  const name = 'A'.repeat(1000)
  const texts = await warned({ env: Array.from({ length: 10 }, () => ({ name, value: 'b' })) })

  expect(texts.map(({ length }) => length)).toEqual(texts.map(() => 256))
})

it("ports that all stand in each other's way do not hold the server", async () => {
  const ports = Array.from({ length: 1000 }, (_, index) => ({ containerPort: 80, name: `p${index}` }))

  expect((await warned({ ports })).length).toBeLessThan(100)
})
