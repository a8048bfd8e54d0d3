import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  ApiException,
  AppsV1Api,
  CoreV1Api,
  KubeConfig,
  KubernetesObjectApi,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type V1ConfigMap,
  type V1Deployment,
} from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ClusterProcess, startClusterProcess } from './cluster-process.ts'

/** For what somebody else has to do first. */
const SOON = { timeout: 60_000 }

const folder = mkdtempSync(join(tmpdir(), 'slipway-client-node-'))
const kubeconfig = join(folder, 'kubeconfig')
const namespace = 'default'

let cluster: ClusterProcess
beforeAll(async () => {
  cluster = startClusterProcess(['--nodes', 'simulated', '--kubeconfig', kubeconfig])
  await cluster.ready
})
afterAll(async () => {
  await cluster?.end('SIGTERM')
  rmSync(folder, { recursive: true, force: true })
})

describe('@kubernetes/client-node', () => {
  function config(): KubeConfig {
    const loaded = new KubeConfig()
    loaded.loadFromFile(kubeconfig)
    return loaded
  }

  function deployment(name: string): V1Deployment {
    const labels = { app: name }
    const containers = [{ name: 'main', image: 'example.com/main:1' }]
    return {
      metadata: { name, namespace },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers } },
      },
    }
  }

  it('makes, scales, patches and deletes with its typed API, and tells errors by their code', async () => {
    const apps = config().makeApiClient(AppsV1Api)
    const name = 'typed'
    const made = await apps.createNamespacedDeployment({ namespace, body: deployment(name) })
    expect(made.metadata?.creationTimestamp).toBeInstanceOf(Date)
    expect(made.spec?.revisionHistoryLimit).toBe(10)

    const scale = { metadata: { name, namespace }, spec: { replicas: 3 } }
    await apps.replaceNamespacedDeploymentScale({ name, namespace, body: scale })
    expect((await apps.readNamespacedDeploymentScale({ name, namespace })).status?.selector).toBe('app=typed')
    const patched = await apps.patchNamespacedDeployment(
      { name, namespace, body: { metadata: { labels: { patched: 'yes' } } } },
      setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch),
    )
    expect(patched.spec?.replicas).toBe(3)
    expect(patched.metadata?.labels).toMatchObject({ patched: 'yes' })
    await expect
      .poll(async () => (await apps.readNamespacedDeployment({ name, namespace })).status?.readyReplicas, SOON)
      .toBe(3)

    const refused = apps.createNamespacedDeployment({ namespace, body: deployment(name) })
    await expect(refused).rejects.toBeInstanceOf(ApiException)
    await expect(refused).rejects.toMatchObject({ code: 409 })
    await apps.deleteNamespacedDeployment({ name, namespace, propagationPolicy: 'Foreground' })
    await expect
      .poll(
        () => apps.readNamespacedDeployment({ name, namespace }).catch((error: ApiException<unknown>) => error.code),
        SOON,
      )
      .toBe(404)
  })

  it('keeps a cache with its informer', async () => {
    const core = config().makeApiClient(CoreV1Api)
    const seen: string[] = []
    const list = () => core.listNamespacedConfigMap({ namespace, labelSelector: 'informed=yes' })
    const informer = makeInformer(config(), `/api/v1/namespaces/${namespace}/configmaps`, list, 'informed=yes')
    for (const verb of ['add', 'update', 'delete'] as const) {
      informer.on(verb, ({ metadata, data }: V1ConfigMap) => seen.push(`${verb} ${metadata?.name} ${data?.a}`))
    }
    await core.createNamespacedConfigMap({ namespace, body: informed('before', '1') })
    await informer.start()
    await core.createNamespacedConfigMap({ namespace, body: informed('after', '1') })
    await core.replaceNamespacedConfigMap({ namespace, name: 'after', body: informed('after', '2') })
    await expect.poll(() => informer.get('after', namespace)?.data?.a, SOON).toBe('2')
    await core.deleteNamespacedConfigMap({ namespace, name: 'before' })

    await expect.poll(() => seen, SOON).toHaveLength(4)
    expect(seen).toEqual(['add before 1', 'add after 1', 'update after 2', 'delete before 1'])
    expect(informer.list(namespace).map(({ metadata }) => metadata?.name)).toEqual(['after'])
    await informer.stop()
  })

  it('applies objects of kinds that it looks up', async () => {
    const objects = KubernetesObjectApi.makeApiClient(config())
    const wanted = { apiVersion: 'v1', kind: 'ConfigMap', ...informed('applied', '1') }
    const apply = (manager: string, force: boolean, body: object) =>
      objects.patch(body, undefined, undefined, manager, force, PatchStrategy.ServerSideApply)

    await apply('one', false, wanted)
    await expect(apply('two', false, { ...wanted, data: { a: '2' } })).rejects.toMatchObject({ code: 409 })
    const forced = (await apply('two', true, { ...wanted, data: { a: '2' } })) as V1ConfigMap

    expect(forced.data).toEqual({ a: '2' })
    expect(forced.metadata?.managedFields?.map(({ manager }) => manager)).toEqual(['one', 'two'])
    await objects.delete(wanted)
  })

  const informed = (name: string, a: string): V1ConfigMap => ({
    metadata: { name, namespace, labels: { informed: 'yes' } },
    data: { a },
  })
})
