import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { KubeClient, parseKubeconfig } from '@slipway/kube-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run as stopServer } from '../../apps/slipway/src/commands/down.ts'
import { type ServerProcess, startServerProcess } from '../../apps/slipway/src/story/server-process.ts'
import { sh } from '../../apps/slipway/src/story/shell.ts'
import { Story } from '../../apps/slipway/src/story/story.ts'
import { type ClusterProcess, startClusterProcess } from './cluster-process.ts'

const PROGRAM = fileURLToPath(new URL('../../apps/slipway/bin/slipway.cjs', import.meta.url))
const EXAMPLES = fileURLToPath(new URL('../../examples', import.meta.url))
const PORTS = ['--http-port', '0', '--ssh-port', '0', '--kube-port', '0', '--nodes', 'none']

const root = mkdtempSync(join(tmpdir(), 'slipway-context-'))
const kubeconfig = join(root, 'kubeconfig')
const onCluster = [...PORTS, '--kubeconfig', kubeconfig, '--context', 'slipway']
const data = join(root, 'data')
const CONFIG_MAP = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default' }

// A cluster that somebody else runs, as far as the server under test can tell.
let cluster: ClusterProcess
let client: KubeClient
let server: ServerProcess
let story: Story

beforeAll(async () => {
  cluster = startClusterProcess(['--nodes', 'simulated', '--kubeconfig', kubeconfig])
  await cluster.ready
  client = new KubeClient(parseKubeconfig(readFileSync(kubeconfig, 'utf8')))
  server = await startServerProcess(PROGRAM, data, onCluster)
  story = new Story(data, server.instance, EXAMPLES)
})

afterAll(async () => {
  await story?.close()
  await stopServer({ data, purge: true })
  await client?.close()
  await cluster?.end('SIGTERM')
  rmSync(root, { recursive: true, force: true })
  if (story) rmSync(story.folder, { recursive: true, force: true })
})

const configMap = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n`

describe('slipway up --context', () => {
  it('works on that cluster, without one of its own', async () => {
    expect(server.output()).toMatch(/Containers +those of cluster slipway/)
    expect(server.instance.kube).toBe(client.connection.server)
    expect(existsSync(join(data, 'cluster.db'))).toBe(false)
  })

  it('applies there what is pushed here', async () => {
    await story.invitePeople()
    await story.connectManifests()

    story.manifests.write('first.yaml', configMap('first'))
    await story.manifests.push('First')

    await story.exists({ ...CONFIG_MAP, name: 'first' })
    expect(await client.get({ ...CONFIG_MAP, name: 'first' })).toBeTruthy()
    expect(await sh(process.execPath, [PROGRAM, '--data', data, 'get', 'sources'])).toContain('manifests')
  })

  it('lets no second installation work on the same cluster', async () => {
    const other = startServerProcess(PROGRAM, join(root, 'other'), onCluster)

    await expect(other).rejects.toThrow(/slipway-\S+ works on this cluster already/)
  })

  it('goes on where it was after kill -9, at once', async () => {
    process.kill(server.pid, 'SIGKILL')
    await server.ended
    const { http, ssh } = server.instance
    const ports = ['--http-port', new URL(http).port, '--ssh-port', new URL(ssh).port]

    server = await startServerProcess(PROGRAM, data, [...onCluster, ...ports])
    story.manifests.write('second.yaml', configMap('second'))
    await story.manifests.push('Second')

    await story.exists({ ...CONFIG_MAP, name: 'second' })
  })

  it('stops, and says why, when another installation has taken the cluster over', async () => {
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace: 'slipway-system', name: 'slipway' }

    await client.patch(lease, 'merge', { spec: { holderIdentity: 'another' } })
    await server.ended

    expect(server.output()).toContain('another works on this cluster already')
    await client.patch(lease, 'merge', { spec: { holderIdentity: '' } })
  })

  it('does not take a kind over that is somebody else’s', async () => {
    const name = 'gitrepositories.source.toolkit.fluxcd.io'
    const ref = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name }
    // As if another installation had applied it: an empty entry takes all managers away.
    await client.patch(ref, 'merge', { metadata: { managedFields: [{}] } })

    const again = startServerProcess(PROGRAM, data, onCluster)

    await expect(again).rejects.toThrow(`the cluster has ${name} of another installation already`)
  })

  it('says what is wrong with a context', async () => {
    const absent = startServerProcess(PROGRAM, data, [...PORTS, '--kubeconfig', kubeconfig, '--context', 'absent'])

    await expect(absent).rejects.toThrow('context "absent" does not exist')
  })
})

it('refuses the cluster of a slipway up that works on it itself', async () => {
  const own = join(root, 'own')
  await startServerProcess(PROGRAM, own, PORTS)

  const args = [...PORTS, '--kubeconfig', join(own, 'kubeconfig'), '--context', 'slipway']
  const other = startServerProcess(PROGRAM, join(root, 'other'), args)

  await expect(other).rejects.toThrow(/the slipway that serves https:\S+ works on this cluster already/)
  await stopServer({ data: own, purge: true })
})
