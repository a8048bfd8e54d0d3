import { describe, expect, it } from 'vitest'
import type { Container, Pod } from '../../model/pod.ts'
import { FakeCluster } from '../../testing/index.ts'
import { ConfigurationReader } from './configuration-reader.ts'
import { containerEnvironment } from './environment.ts'
import { expandVariables } from './expand.ts'

describe('expandVariables', () => {
  it.each([
    ['$(A)-$(B)', '1-2'],
    ['$(NONE)', '$(NONE)'],
    ['$$(A)', '$(A)'],
  ])('%s becomes %s', (text, expected) => {
    expect(
      expandVariables(
        text,
        new Map([
          ['A', '1'],
          ['B', '2'],
        ]),
      ),
    ).toBe(expected)
  })
})

describe('containerEnvironment', () => {
  const container: Container = {
    name: 'c',
    image: 'i',
    resources: { limits: { memory: '64Mi', cpu: '250m' } },
    envFrom: [{ prefix: 'CM_', configMapRef: { name: 'cm' } }, { secretRef: { name: 'none', optional: true } }],
    env: [
      { name: 'KEY', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
      { name: 'NAME', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
      { name: 'MEMORY', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
      { name: 'DISK', valueFrom: { resourceFieldRef: { resource: 'limits.ephemeral-storage', divisor: '1Gi' } } },
      { name: 'ALL', value: '$(CM_a)/$(KEY)/$(NAME)' },
    ],
  }
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'n', labels: { app: 'web' } },
    spec: { containers: [container] },
  }
  const place = { nodeName: 'node', hostIP: '127.0.0.1', podIP: '', resources: { 'ephemeral-storage': '4Gi' } }

  it('takes values from everywhere, but no bytes', async () => {
    const cluster = new FakeCluster()
    await cluster.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'cm', namespace: 'n' },
      data: { a: 'x' },
      binaryData: { raw: 'AAEC' },
    })
    await cluster.create({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', namespace: 'n' },
      data: { k: 'czNjcmV0' },
    })
    const configuration = new ConfigurationReader(cluster.client(), 'n')

    const env = await containerEnvironment(pod, container, { configuration, place, links: new Map() })

    expect(Object.fromEntries(env)).toEqual({
      CM_a: 'x',
      KEY: 's3cret',
      NAME: 'web',
      MEMORY: '64',
      DISK: '4',
      ALL: 'x/s3cret/web',
    })
  })

  it('says which object is missing', async () => {
    const configuration = new ConfigurationReader(new FakeCluster().client(), 'n')

    await expect(
      containerEnvironment(pod, container, { configuration, place, links: new Map() }),
    ).rejects.toMatchObject({
      code: 'POD_CONFIG_MISSING',
      message: 'configmap "cm" not found',
    })
  })
})
