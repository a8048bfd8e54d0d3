import { expect, it } from 'vitest'
import { FakeCluster } from '../testing/index.ts'
import { NodeImages, nodeImages } from './node-images.ts'

const image = (size: number, tags: string[], digests: string[] = []) => ({ id: `sha256:${size}`, size, tags, digests })

it('lists the largest images first, with their digests before their tags, and none that has no name', () => {
  const tags = ['a:1', 'a:2', 'a:3', 'a:4', 'a:5']
  const images = [
    image(10, ['small:1']),
    image(30, tags, ['a@sha256:1']),
    image(20, ['<none>:<none>'], ['<none>@<none>']),
  ]

  expect(nodeImages(images)).toEqual([
    { names: ['a@sha256:1', 'a:1', 'a:2', 'a:3', 'a:4'], sizeBytes: 30 },
    { names: ['small:1'], sizeBytes: 10 },
  ])
  expect(nodeImages(Array.from({ length: 60 }, (_, index) => image(index, [`i:${index}`])))).toHaveLength(50)
})

it('writes them into the status of the Node, once', async () => {
  const cluster = new FakeCluster()
  const NODE = { apiVersion: 'v1', kind: 'Node', name: 'here' }
  let node = await cluster.create({ ...NODE, metadata: { name: 'here' } })
  const images = new NodeImages({
    client: cluster.client(),
    engine: { listImages: async () => [image(10, ['a:1'])] },
    nodeName: 'here',
    node: () => node,
    onError: (error) => {
      throw error
    },
  })
  const versions: (string | undefined)[] = []
  for (let turn = 0; turn < 2; turn++) {
    images.start()
    await images.stop()
    node = (await cluster.get(NODE)) ?? node
    versions.push(node.metadata.resourceVersion)
  }

  expect(node.status?.images).toEqual([{ names: ['a:1'], sizeBytes: 10 }])
  expect(versions[1]).toBe(versions[0])
})
