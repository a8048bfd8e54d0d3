import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { KubeClient, parseKubeconfig } from '@slipway/kube-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run as stopServer } from '../../apps/slipway/src/commands/down.ts'
import { DataFolder } from '../../apps/slipway/src/data-folder.ts'
import { type ServerProcess, startServerProcess } from '../../apps/slipway/src/story/server-process.ts'
import { sh } from '../../apps/slipway/src/story/shell.ts'
import { waitFor } from '../../apps/slipway/src/story/wait.ts'

const PROGRAM = fileURLToPath(new URL('../../apps/slipway/bin/slipway.cjs', import.meta.url))
const data = mkdtempSync(join(tmpdir(), 'slipway-simulated-'))

let server: ServerProcess
let client: KubeClient

beforeAll(async () => {
  const ports = ['--http-port', '0', '--ssh-port', '0', '--kube-port', '0']
  server = await startServerProcess(PROGRAM, data, [...ports, '--nodes', 'simulated'])
  client = new KubeClient(parseKubeconfig(new DataFolder(data).read('kubeconfig') ?? ''))
})

afterAll(async () => {
  await client?.close()
  await stopServer({ data, purge: true })
})

describe('without a container engine', () => {
  it('runs simulated pods, and every view says that they are', async () => {
    const labels = { app: 'web' }
    await client.create({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'example.com/web:1' }] } },
      },
    })
    const pods = await waitFor(client, { apiVersion: 'v1', kind: 'Pod', namespace: 'default' }, ([pod]) =>
      pod?.status?.conditions?.some((c: { type: string; status: string }) => c.type === 'Ready' && c.status === 'True'),
    )

    expect(server.output()).toMatch(/Containers +simulated/)
    expect(pods[0]?.metadata.annotations?.['slipway.dev/simulated']).toBe('true')
    expect(await sh(process.execPath, [PROGRAM, '--data', data, 'get', 'workloads'])).toContain('Running (simulated)')
    expect(await sh(process.execPath, [PROGRAM, '--data', data, 'trace', 'deploy/web'])).toContain('simulated')
    const node = await client.get({ apiVersion: 'v1', kind: 'Node', name: 'slipway' })
    expect(node?.metadata.labels).toHaveProperty(['node-role.kubernetes.io/control-plane'], '')
    expect(node?.status.nodeInfo.containerRuntimeVersion).toMatch(/^simulated:/)
  })
})
