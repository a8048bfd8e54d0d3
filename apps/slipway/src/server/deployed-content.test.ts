import type { KubeClient } from '@slipway/kube-client'
import { MemoryApiServer } from '@slipway/kube-client/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { deployedContent } from './deployed-content.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`
const KINDS = [
  { apiVersion: 'v1', kind: 'Pod', plural: 'pods' },
  { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments' },
  { apiVersion: 'apps/v1', kind: 'ReplicaSet', plural: 'replicasets' },
  { apiVersion: 'apps/v1', kind: 'StatefulSet', plural: 'statefulsets' },
  { apiVersion: 'apps/v1', kind: 'DaemonSet', plural: 'daemonsets' },
  { apiVersion: 'batch/v1', kind: 'Job', plural: 'jobs' },
  { apiVersion: 'batch/v1', kind: 'CronJob', plural: 'cronjobs' },
]
const HELM_RELEASE = { apiVersion: 'helm.fluxcd.io/v1', kind: 'HelmRelease', plural: 'helmreleases' }

const isOurs = (host: string): boolean => host === 'acr.example'
const pod = (...images: string[]) => ({ containers: images.map((image, index) => ({ name: `c${index}`, image })) })

async function withCluster<T>(kinds: typeof KINDS, work: (client: KubeClient) => Promise<T>): Promise<T> {
  const api = new MemoryApiServer(kinds)
  const client = await api.start()
  try {
    return await work(client)
  } finally {
    await client.close()
    await api.stop()
  }
}

describe('what a cluster runs', () => {
  let runs: (repository: string, reference: string) => boolean
  beforeAll(async () => {
    const deployed = await withCluster([...KINDS, HELM_RELEASE], async (client) => {
      const create = (apiVersion: string, kind: string, name: string, spec: unknown, status?: unknown) =>
        client.create({
          apiVersion,
          kind,
          metadata: { name, namespace: 'default' },
          spec,
          ...(status !== undefined && { status }),
        })
      const chart = (name: string, repository: string, version: string, status?: object) =>
        create('helm.fluxcd.io/v1', 'HelmRelease', name.toLowerCase(), { chart: { repository, name, version } }, status)
      await create('v1', 'Pod', 'running', pod('acr.example/web:2', 'docker.io/library/nginx:1'), {
        containerStatuses: [{ imageID: `docker-pullable://acr.example/web@${DIGEST}` }, { imageID: DIGEST }],
      })
      await create('apps/v1', 'ReplicaSet', 'before', { template: { spec: pod('acr.example/web:1') } })
      await create('batch/v1', 'CronJob', 'nightly', {
        jobTemplate: {
          spec: { template: { spec: { ...pod(), initContainers: [{ image: 'acr.example/jobs/init:5' }] } } },
        },
      })
      await create('v1', 'Pod', 'broken', pod('NOT AN IMAGE'))
      await chart('appa', 'https://acr.example/helm/v1/repo/', '1.0.0+x')
      await chart('appb', 'oci://acr.example/charts', '2.0.0')
      await chart('appc', 'https://elsewhere.example/helm/v1/repo/', '3.0.0')
      await chart('AppD', 'https://acr.example/helm/v1/repo/', '^4.0.0', { revision: '4.1.0' })
      return deployedContent(client, isOurs)
    })
    runs = (repository, reference) => deployed.has(repository, reference)
  })

  it.each([
    ['web', '2', true],
    ['web', DIGEST, true],
    ['web', '1', true],
    ['web', '3', false],
    ['jobs/init', '5', true],
    ['library/nginx', '1', false],
    ['helm/appa', '1.0.0_x', true],
    ['charts/appb', '2.0.0', true],
    ['helm/appc', '3.0.0', false],
    ['helm/appd', '4.1.0', true],
  ])('%s %s: %s', (repository, reference, expected) => {
    expect(runs(repository, reference)).toBe(expected)
  })

  it('is known without HelmReleases too', async () => {
    const deployed = await withCluster(KINDS, (client) => deployedContent(client, isOurs))

    expect(deployed.has('web', '2')).toBe(false)
  })

  it('is not known when the cluster does not answer', async () => {
    await expect(withCluster([], (client) => deployedContent(client, isOurs))).rejects.toThrow()
  })
})
