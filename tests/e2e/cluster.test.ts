import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { KubeClient, parseKubeconfig } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { afterAll, describe, expect, it } from 'vitest'
import { sh } from '../../apps/slipway/src/story/shell.ts'
import { type ClusterProcess, startClusterProcess } from './cluster-process.ts'

const APP = fileURLToPath(new URL('../../apps/slipway', import.meta.url))
const PROGRAM = join(APP, 'bin/slipway.cjs')
const root = mkdtempSync(join(tmpdir(), 'slipway-cluster-e2e-'))
const running: ClusterProcess[] = []
afterAll(async () => {
  for (const cluster of running) await cluster.end('SIGTERM')
  rmSync(root, { recursive: true, force: true })
})

async function start(...args: string[]): Promise<ClusterProcess> {
  const cluster = startClusterProcess(args)
  running.push(cluster)
  await cluster.ready
  return cluster
}

/** The file that the output says to export. */
const kubeconfigOf = (cluster: ClusterProcess): string => /^export KUBECONFIG=(.*)$/m.exec(cluster.output())?.[1] ?? ''
const connect = (file: string): KubeClient => new KubeClient(parseKubeconfig(readFileSync(file, 'utf8')))
const note = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
})

describe('slipway cluster', () => {
  it('says how to reach it, and on Ctrl-C ends with status 0 and leaves nothing behind', async () => {
    const file = join(root, 'kubeconfig')
    const cluster = await start('--nodes', 'simulated', '--kubeconfig', file)

    expect(kubeconfigOf(cluster)).toBe(file)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const client = connect(file)
    expect(await client.getText('/readyz')).toBe('ok')
    await client.close()
    expect(await cluster.end('SIGINT')).toBe(0)
    expect(existsSync(file)).toBe(false)
  })

  it('keeps its state in memory and a folder of its own, which goes with it', async () => {
    const cluster = await start('--nodes', 'none')
    const folder = dirname(kubeconfigOf(cluster))

    expect(folder.startsWith(tmpdir())).toBe(true)
    expect(existsSync(folder)).toBe(true)
    expect(await cluster.end('SIGTERM')).toBe(0)
    expect(existsSync(folder)).toBe(false)
  })

  it('knows what Kubernetes says of its kinds and fields, for kubectl explain', async () => {
    const client = connect(kubeconfigOf(await start('--nodes', 'none')))
    const { components } = JSON.parse(await client.getText('/openapi/v3/apis/apps/v1'))
    await client.close()

    const deployment = components.schemas['io.k8s.api.apps.v1.Deployment']
    expect(deployment.description).toMatch(/^Deployment enables/)
    expect(deployment.properties.spec.description).toMatch(/^Specification of the desired behavior/)
    const restarts = components.schemas['io.k8s.api.core.v1.PodSpec'].properties.restartPolicy
    expect(restarts.description).toMatch(/Possible enum values:\n - `"Always"`\n/)
  })

  it.each([
    ['a kind of nodes that there is not', ['--nodes', 'cloud'], /--nodes cloud is not known/],
    ['what is no port', ['--port', 'https'], /--port https is no port/],
    ['an option that there is not', ['--cloud'], /unknown flag: --cloud/],
  ])('refuses %s with status 1', async (_, args, message) => {
    const cluster = startClusterProcess(args)

    await expect(cluster.ready).rejects.toThrow(message)
    expect(await cluster.end('SIGTERM')).toBe(1)
  })

  it('says that its port is taken', async () => {
    const other = createServer()
    const port = await new Promise<number>((resolve) =>
      other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port)),
    )

    const cluster = startClusterProcess(['--nodes', 'none', '--port', String(port)])

    await expect(cluster.ready).rejects.toThrow(`127.0.0.1:${port} is in use`)
    other.close()
  })

  it('is started by the tests of another project in their own process', async () => {
    const project = mkdtempSync(join(root, 'project-'))
    execFileSync('mkdir', ['-p', join(project, 'node_modules')])
    symlinkSync(APP, join(project, 'node_modules', 'slipway'))
    writeFileSync(join(project, 'package.json'), '{"type":"module"}')
    writeFileSync(
      join(project, 'test.js'),
      `import { startCluster } from 'slipway/cluster'
       const cluster = await startCluster({ nodes: 'none' })
       console.log(cluster.kubeconfig.includes(cluster.url), await cluster.node)
       await cluster.stop()`,
    )

    expect(await sh(process.execPath, [join(project, 'test.js')])).toMatch(/^true none/)
  })
})

describe('slipway backup and restore', () => {
  it('take the state of a running cluster to another folder, whose clients start anew', async () => {
    const [data, other, file] = ['data', 'other', 'backup.tar'].map((name) => join(root, name)) as [
      string,
      string,
      string,
    ]
    const cluster = await start('--nodes', 'none', '--data', data)
    const client = connect(kubeconfigOf(cluster))
    const { metadata } = await client.create(note('kept'))

    await sh(PROGRAM, ['--data', data, 'backup', file])
    const later = await client.create(note('after-the-backup'))
    await client.close()
    await cluster.end('SIGTERM')
    await sh(PROGRAM, ['--data', other, 'restore', file])
    const restored = await start('--nodes', 'none', '--data', other)
    const kubeconfig = kubeconfigOf(restored)

    const again = connect(kubeconfig)
    const { items } = await again.list<KubeObject>({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default' })
    expect(items.map((item) => [item.metadata.name, item.metadata.uid])).toContainEqual(['kept', metadata.uid])
    expect(items.map((item) => item.metadata.name)).not.toContain('after-the-backup')
    const resourceVersion = later.metadata.resourceVersion ?? ''
    const watch = again.watch({ apiVersion: 'v1', kind: 'ConfigMap', resourceVersion }, AbortSignal.timeout(10_000))
    await expect(watch.next()).rejects.toMatchObject({ code: 'KUBE_EXPIRED' })
    await again.close()
    // The same CA and administrator: who has the old kubeconfig needs the new address only.
    const keys = (folder: string) => JSON.parse(readFileSync(join(folder, 'pki.json'), 'utf8'))
    expect(keys(other)).toMatchObject({ ca: keys(data).ca, client: keys(data).client })
    await restored.end('SIGTERM')
  })
})
