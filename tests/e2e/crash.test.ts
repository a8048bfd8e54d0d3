import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run as stopServer } from '../../apps/slipway/src/commands/down.ts'
import { type ServerProcess, startServerProcess } from '../../apps/slipway/src/story/server-process.ts'
import { Story } from '../../apps/slipway/src/story/story.ts'
import { waitFor } from '../../apps/slipway/src/story/wait.ts'
import type { WorkingCopy } from '../../apps/slipway/src/story/working-copy.ts'
import { hasContainerEngine } from './clients.ts'

const PROGRAM = fileURLToPath(new URL('../../apps/slipway/bin/slipway.cjs', import.meta.url))
const EXAMPLES = fileURLToPath(new URL('../../examples', import.meta.url))
const RUN = { apiVersion: 'slipway.dev/v1alpha1', kind: 'PipelineRun', namespace: 'slipway-system' }
const SERVICE = 'default-appa-appawebapi'

const data = mkdtempSync(join(tmpdir(), 'slipway-crash-'))
let server: ServerProcess
let story: Story
let developer: WorkingCopy

/** Kills the server as a power cut would, starts it again on the same data and ports, and goes on with the same people. */
async function killAndRestart(): Promise<void> {
  process.kill(server.pid, 'SIGKILL')
  await server.ended
  const port = (url: string): string => new URL(url).port
  const { http, ssh, kube } = server.instance
  const ports = ['--http-port', port(http), '--ssh-port', port(ssh), '--kube-port', port(kube)]
  server = await startServerProcess(PROGRAM, data, ports)
}

beforeAll(async () => {
  server = await startServerProcess(PROGRAM, data, ['--http-port', '0', '--ssh-port', '0', '--kube-port', '0'])
  story = new Story(data, server.instance, EXAMPLES)
  await story.invitePeople()
  await story.connectManifests()
  await story.createPullSecret()
  const appA = await story.createRepository('AppA')
  await story.setNextBuildId(158)
  developer = await story.startApplication(appA, 'app-a', 'http')
})

afterAll(async () => {
  await story?.close()
  await stopServer({ data, purge: true })
  if (story) rmSync(story.folder, { recursive: true, force: true })
})

describe.skipIf(!hasContainerEngine)('kill -9, and slipway up again', () => {
  it('right after a push: the run that it asked for is carried out, once', async () => {
    await developer.push('First version')
    await killAndRestart()

    expect((await story.finishedRun('appa-158')).status.phase).toBe('Succeeded')
    const { items } = await story.client.list(RUN)
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['appa-158'])
  })

  it('in the middle of a run: it is run again and succeeds', async () => {
    await story.setNextBuildId(160)
    developer.write('README.md', '# Second version\n')
    await developer.push('Second version')
    await waitFor(story.client, RUN, (runs) =>
      runs.some(
        ({ metadata, status }) =>
          metadata.name === 'appa-160' && status?.steps?.some((s: { state: string }) => s.state === 'Running'),
      ),
    )
    await killAndRestart()

    const { status } = await story.finishedRun('appa-160')
    expect(status.phase).toBe('Succeeded')
    expect(status.attempt).toBe(2)
    expect(status.outputs.charts).toMatchObject([{ name: 'appawebapi', version: '160.0.0' }])
  })

  it('right after the manifests are pushed: the release comes up', async () => {
    story.manifests.write('appa.yaml', story.example('appa-158.yaml'))
    await story.manifests.push('appa 158')
    await killAndRestart()

    await story.releaseAt('appa', '158.0.0')
    await story.answersWith(SERVICE, '158')
  })

  it('in the middle of an upgrade: it is completed, and Helm sees one deployed revision', async () => {
    story.manifests.write('appa.yaml', story.example('appa-160.yaml'))
    await story.manifests.push('appa 160')
    await waitFor(
      story.client,
      { apiVersion: 'v1', kind: 'Secret', namespace: 'default', labelSelector: 'owner=helm,name=default-appa' },
      (revisions) => revisions.length > 1,
    )
    await killAndRestart()

    await story.releaseAt('appa', '160.0.0')
    await story.answersWith(SERVICE, '160')
    const { items } = await story.client.list({
      apiVersion: 'v1',
      kind: 'Secret',
      namespace: 'default',
      labelSelector: 'owner=helm,name=default-appa,status=deployed',
    })
    expect(items).toHaveLength(1)
  })

  it('with everything running: containers go on, and nothing is rolled out anew', async () => {
    const pods = { apiVersion: 'v1', kind: 'Pod', namespace: 'default' }
    const settled = await waitFor(story.client, pods, (found) => found.length === 1)
    const before = settled.map(({ metadata, status }) => [metadata.uid, status.containerStatuses[0].containerID])
    await killAndRestart()

    await story.answersWith(SERVICE, '160')
    const { items } = await story.client.list(pods)
    expect(items.map(({ metadata, status }) => [metadata.uid, status.containerStatuses[0].containerID])).toEqual(before)
  })

  it('right after a file was removed: the release is uninstalled', async () => {
    story.manifests.remove('appa.yaml')
    story.manifests.write('README.md', 'nothing runs\n')
    await story.manifests.push('Retire appa')
    await killAndRestart()

    await story.gone('helm.fluxcd.io/v1', 'HelmRelease', 'appa')
    await story.gone('apps/v1', 'Deployment', 'default-appa-appawebapi')
    await waitFor(story.client, { apiVersion: 'v1', kind: 'Pod', namespace: 'default' }, (pods) => pods.length === 0)
  })
})
