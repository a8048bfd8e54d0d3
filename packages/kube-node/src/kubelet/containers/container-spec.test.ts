import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ImageInfo } from '@slipway/container-engine'
import { expect, it, onTestFinished } from 'vitest'
import type { Container } from '../../model/pod.ts'
import { containerSpec, engineResources } from './container-spec.ts'

/** As MilliCPUToShares and MilliCPUToQuota of the kubelet have it. */
it.each([
  [{}, { cpuShares: 2 }],
  [{ requests: { cpu: '0' } }, { cpuShares: 2 }],
  [
    { requests: { cpu: '1m' }, limits: { cpu: '5m' } },
    { cpuShares: 2, cpuLimit: 0.01 },
  ],
  [{ requests: { cpu: '22m' } }, { cpuShares: 22 }],
  [
    { requests: { cpu: '250m' }, limits: { cpu: '1.5', memory: '1Gi' } },
    { cpuShares: 256, cpuLimit: 1.5, memoryLimit: 2 ** 30 },
  ],
  [{ limits: { cpu: '2' } }, { cpuShares: 2048, cpuLimit: 2 }],
])('%j is %j for the engine', (resources, expected) => {
  expect(engineResources(resources)).toEqual(expected)
})

function specOf(more: Partial<Container>): ReturnType<typeof containerSpec> {
  const dir = mkdtempSync(join(tmpdir(), 'slipway-spec-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  const container = { name: 'c', image: 'i', ...more }
  return containerSpec({
    pod: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', uid: 'u' }, spec: { containers: [container] } },
    ...{ container, attempt: 0, imageRef: 'i', image: { id: 'i', user: '' } as ImageInfo },
    ...{
      env: new Map([['A', '1']]),
      volumes: new Map([['v', { path: '/host/v', readOnly: false }]]),
      networkFiles: [],
    },
    ...{ dir, seccompDir: dir, memory: 1, instance: 'test', sandbox: 's' },
  })
}

it('leaves the program of the image where lists are empty', () => {
  expect(specOf({ command: [], args: [] })).not.toHaveProperty('entrypoint')
  expect(specOf({ command: [], args: [] })).not.toHaveProperty('command')
  expect(specOf({ command: ['run', '$(A)'], args: ['$(B)'] })).toMatchObject({
    ...{ entrypoint: ['run', '1'], command: ['$(B)'] },
  })
})

it('mounts at the root what has a relative path', () => {
  const { mounts = [] } = specOf({ volumeMounts: [{ name: 'v', mountPath: 'data' }], terminationMessagePath: 'end' })

  expect(mounts.map(({ target }) => target)).toEqual(['/data', '/end'])
})
