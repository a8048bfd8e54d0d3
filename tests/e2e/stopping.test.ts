import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run as stopServer } from '../../apps/slipway/src/commands/down.ts'
import { type ServerProcess, startServerProcess } from '../../apps/slipway/src/story/server-process.ts'
import { Story } from '../../apps/slipway/src/story/story.ts'
import { waitForObject } from '../../apps/slipway/src/story/wait.ts'
import type { WorkingCopy } from '../../apps/slipway/src/story/working-copy.ts'
import { chartArchive, sha256 } from '../../packages/registry/src/testing/index.ts'
import { hasContainerEngine } from './clients.ts'
import { processesWith } from './processes.ts'

const PROGRAM = fileURLToPath(new URL('../../apps/slipway/bin/slipway.cjs', import.meta.url))
const EXAMPLES = fileURLToPath(new URL('../../examples', import.meta.url))
const RUN = { apiVersion: 'slipway.dev/v1alpha1', kind: 'PipelineRun', namespace: 'slipway-system' }
const REVISIONS = {
  apiVersion: 'v1',
  kind: 'Secret',
  namespace: 'default',
  labelSelector: 'owner=helm,name=default-web',
}
/** Nothing else on this machine waits for as long. */
const SECONDS = 1_000_000 + process.pid
const SLEEP = `sleep ${SECONDS}`
const content = randomBytes(4_000_000)

const data = mkdtempSync(join(tmpdir(), 'slipway-stopping-'))
let server: ServerProcess
let story: Story
let copy: WorkingCopy

const start = (ports = { http: '0', ssh: '0', kube: '0' }): Promise<ServerProcess> =>
  startServerProcess(PROGRAM, data, ['--http-port', ports.http, '--ssh-port', ports.ssh, '--kube-port', ports.kube])

/** Sends the signal, and starts the server again on its ports. Resolves to the milliseconds that it took to end, and what it left running. */
async function stopAndRestart(signal: 'SIGTERM' | 'SIGINT'): Promise<{ took: number; left: string[] }> {
  const at = performance.now()
  process.kill(server.pid, signal)
  await server.ended
  const took = performance.now() - at
  const left = processesWith(String(SECONDS))
  const { http, ssh, kube } = server.instance
  const port = (url: string): string => new URL(url).port
  server = await start({ http: port(http), ssh: port(ssh), kube: port(kube) })
  return { took, left }
}

const send = (method: string, path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(new URL(path, server.instance.http), { ...init, method, headers: { ...story.adminHeaders, ...init.headers } })

/** A chart of one ConfigMap, and of a Job before each upgrade that nobody lets begin. */
const chart = (version: string): Record<string, string> => ({
  'templates/web.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {version: "${version}"}\n`,
  'templates/hook.yaml': [
    '{{ if .Values.hook }}',
    'apiVersion: batch/v1',
    'kind: Job',
    'metadata: {name: before, annotations: {helm.sh/hook: pre-upgrade}}',
    'spec: {suspend: true, template: {spec: {restartPolicy: Never, containers: [{name: a, image: a}]}}}',
    '{{ end }}',
  ].join('\n'),
})

async function pushChart(version: string): Promise<void> {
  const body = new Uint8Array(await chartArchive('web', version, chart(version)))
  expect((await send('PUT', `/helm/v1/repo/_blobs/web-${version}.tgz`, { body })).status).toBe(201)
}

const release = (version: string, hook: boolean): Promise<unknown> =>
  story.client.apply(
    {
      apiVersion: 'helm.fluxcd.io/v1',
      kind: 'HelmRelease',
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        chart: { repository: 'https://acrgitopsdev.azurecr.io/helm/v1/repo/', name: 'web', version },
        values: { hook },
        timeout: 15,
      },
    },
    { fieldManager: 'test' },
  )

/** Pushes a pipeline whose only step runs this script; resolves when the script runs. */
async function runPipeline(id: number, script: string): Promise<void> {
  await story.setNextBuildId(id)
  const inputs = { azureSubscription: 'azure-dev-subscription', scriptType: 'bash', scriptLocation: 'inlineScript' }
  const step = { task: 'AzureCLI@2', inputs: { ...inputs, inlineScript: script } }
  copy.write('azure-pipelines.yml', JSON.stringify({ trigger: ['master'], steps: [step] }))
  await copy.push(`run ${id}`)
}

const isRunning = async (text: string): Promise<void> =>
  void (await expect.poll(() => processesWith(text).length, { timeout: 20_000 }).toBeGreaterThan(0))

/** Sends the first bytes of an upload, and no more. */
function sendHalf(location: string, bytes: Buffer): ClientRequest {
  const sent = request(location, {
    method: 'PATCH',
    headers: { ...story.adminHeaders, 'content-length': bytes.length },
  })
  sent.on('error', () => {})
  sent.write(bytes.subarray(0, bytes.length / 2))
  return sent
}

/** Reads the first bytes of a blob, and no more; resolves to the answer. */
function beginPull(digest: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) =>
    request(new URL(`/v2/a/blobs/${digest}`, server.instance.http), { headers: story.adminHeaders }, (answer) => {
      answer.on('error', () => {})
      answer.once('readable', () => resolve(answer))
    })
      .on('error', reject)
      .end(),
  )
}

beforeAll(async () => {
  server = await start()
  story = new Story(data, server.instance, EXAMPLES)
  await story.invitePeople()
  copy = await story.startApplication(await story.createRepository('AppS'), 'app-a', 'http')
  copy.write('Sleeping/Dockerfile', `FROM node:20\nRUN ["node", "-e", "setTimeout(process.exit, ${SECONDS}000)"]\n`)
})

afterAll(async () => {
  await story?.close()
  await stopServer({ data, purge: true })
  if (story) rmSync(story.folder, { recursive: true, force: true })
})

describe.skipIf(!hasContainerEngine)('a server that is told to stop in the middle of everything', () => {
  it.each([
    { signal: 'SIGTERM', id: 100 },
    { signal: 'SIGINT', id: 200 },
  ] as const)('ends soon on $signal, and goes on after its next start', async ({ signal, id }) => {
    await pushChart(`${id}.0.0`)
    await pushChart(`${id + 1}.0.0`)
    await release(`${id}.0.0`, false)
    await story.releaseAt('web', `${id}.0.0`)
    const layer = randomBytes(30_000_000)
    const whole = await send('POST', `/v2/a/blobs/uploads/?digest=${sha256(layer)}`, { body: new Uint8Array(layer) })
    expect(whole.status).toBe(201)
    const begun = await send('POST', '/v2/a/blobs/uploads/')
    const location = new URL(begun.headers.get('location') ?? '', server.instance.http).href

    await runPipeline(id, SLEEP)
    await isRunning(SLEEP)
    await runPipeline(id + 1, 'az acr build --registry acrgitopsdev --image sleeping:1 Sleeping')
    await isRunning(`${SECONDS}000`)
    await release(`${id + 1}.0.0`, true)
    await waitForObject(
      story.client,
      { apiVersion: 'batch/v1', kind: 'Job', namespace: 'default', name: 'before' },
      () => true,
    )
    const pull = await beginPull(sha256(layer))
    sendHalf(location, content)
    await expect.poll(async () => (await send('GET', location)).headers.get('range')).not.toBe('0-0')
    const collection = send('POST', '/v2/_slipway/gc').catch(() => {})

    const { took, left } = await stopAndRestart(signal)

    expect(took).toBeLessThan(10_000)
    expect(left).toEqual([])
    expect(pull.complete).toBe(false)
    await collection

    const there = await send('GET', location)
    expect(there.status).toBe(204)
    const received = Number(there.headers.get('range')?.split('-')[1]) + 1
    const rest = new Uint8Array(content.subarray(received))
    const put = await send('PUT', `${location}?digest=${sha256(content)}`, { body: rest })
    expect(put.status).toBe(201)
    for (const bytes of [content, layer]) {
      const blob = await send('GET', `/v2/a/blobs/${sha256(bytes)}`)
      expect(sha256(Buffer.from(await blob.arrayBuffer()))).toBe(sha256(bytes))
    }

    await release(`${id + 1}.0.0`, false)
    await story.releaseAt('web', `${id + 1}.0.0`)
    const { items } = await story.client.list(REVISIONS)
    expect(items.filter(({ metadata }) => metadata.labels?.status === 'deployed')).toHaveLength(1)
    expect(items.filter(({ metadata }) => metadata.labels?.status?.startsWith('pending'))).toEqual([])

    for (const name of [`apps-${id}`, `apps-${id + 1}`]) {
      await waitForObject(story.client, { ...RUN, name }, ({ status }) => status?.attempt === 2)
      await story.client.patch({ ...RUN, name }, 'merge', { spec: { cancelRequested: true } }, { fieldManager: 'test' })
      expect((await story.finishedRun(name)).status.phase).toBe('Canceled')
    }
  })
})
