import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ownStorage } from '@slipway/container-engine/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run as stopServer } from '../../apps/slipway/src/commands/down.ts'
import { run as cancelRun } from '../../apps/slipway/src/commands/runs-cancel.ts'
import { type ServerProcess, startServerProcess } from '../../apps/slipway/src/story/server-process.ts'
import { Story } from '../../apps/slipway/src/story/story.ts'
import { waitForObject } from '../../apps/slipway/src/story/wait.ts'
import type { WorkingCopy } from '../../apps/slipway/src/story/working-copy.ts'
import { hasContainerEngine } from './clients.ts'
import { processesWith } from './processes.ts'

const PROGRAM = fileURLToPath(new URL('../../apps/slipway/bin/slipway.cjs', import.meta.url))
const EXAMPLES = fileURLToPath(new URL('../../examples', import.meta.url))
const RUN = { apiVersion: 'slipway.dev/v1alpha1', kind: 'PipelineRun', namespace: 'slipway-system' }
/** Nothing else on this machine waits for as long. */
const SECONDS = 2_000_000 + process.pid
/** Milliseconds: the agent's ladder (SIGINT, SIGTERM, SIGKILL), and something for a busy machine. */
const LADDER = 20_000

const root = mkdtempSync(join(tmpdir(), 'slipway-canceling-'))
const data = join(root, 'data')
const temporary = join(root, 'tmp')
const storage = ownStorage(root)
let server: ServerProcess
let story: Story
let copy: WorkingCopy
let id = 100

/** Pushes a pipeline whose first step runs this script; resolves to the name of its run. */
async function runPipeline(script: string): Promise<string> {
  id++
  await story.setNextBuildId(id)
  const inputs = { azureSubscription: 'azure-dev-subscription', scriptType: 'bash', scriptLocation: 'inlineScript' }
  const step = { task: 'AzureCLI@2', inputs: { ...inputs, inlineScript: `${script}\n# ${id}` } }
  copy.write('azure-pipelines.yml', JSON.stringify({ trigger: ['master'], steps: [step, { script: 'echo after' }] }))
  await copy.push(`run ${id}`)
  const name = `apps-${id}`
  // The next one takes the next number.
  await waitForObject(story.client, { ...RUN, name }, () => true)
  return name
}

const isRunning = (text: string): Promise<void> =>
  expect.poll(() => processesWith(text).length, { timeout: 60_000 }).toBeGreaterThan(0)

const podman = (...args: string[]): string[] =>
  execFileSync('podman', args, { encoding: 'utf8', env: { ...process.env, ...storage } })
    .split('\n')
    .filter(Boolean)

/** What steps and builds have at work. */
const atWork = () => ({
  containers: podman('ps', '--all', '--external', '--format', '{{.Names}}'),
  images: podman('images', '--format', '{{.Repository}}').filter((name) => !name.endsWith('/node')),
  volumes: podman('volume', 'ls', '--format', '{{.Name}}'),
  networks: podman('network', 'ls', '--format', '{{.Name}}').filter((name) => name !== 'podman'),
  sources: readdirSync(join(data, 'builds', 'sources')),
  temporary: readdirSync(temporary).filter((name) => name.startsWith('build_archive_')),
  processes: processesWith(String(SECONDS)),
})
const NOTHING = { containers: [], images: [], volumes: [], networks: [], sources: [], temporary: [], processes: [] }

const ENDINGS: Record<string, (name: string) => Promise<unknown>> = {
  canceled: (name) => cancelRun({ data }, name),
  deleted: (name) => story.client.delete({ ...RUN, name }),
}

/** It has its result, where it is there to have one, and the next one runs. */
async function isOver(ending: string, name: string): Promise<void> {
  if (ending === 'canceled') {
    const { status } = await story.finishedRun(name)
    expect(status).toMatchObject({ phase: 'Canceled', issues: [] })
    const results = status.steps.map(({ result }: { result: string }) => result)
    expect(results).toEqual(['Succeeded', 'Canceled', 'Skipped'])
  } else {
    await expect.poll(() => story.client.get({ ...RUN, name })).toBeUndefined()
    expect(readdirSync(join(data, 'runs'))).not.toContain(name)
  }
  expect((await story.finishedRun(await runPipeline('echo next'))).status.phase).toBe('Succeeded')
}

beforeAll(async () => {
  if (!hasContainerEngine) return
  mkdirSync(temporary)
  Object.assign(process.env, storage, { TMPDIR: temporary })
  server = await startServerProcess(PROGRAM, data, ['--http-port', '0', '--ssh-port', '0', '--kube-port', '0'])
  story = new Story(data, server.instance, EXAMPLES)
  await story.invitePeople()
  copy = await story.startApplication(await story.createRepository('AppS'), 'app-a', 'http')
  copy.write('Sleeping/Dockerfile', `FROM node:20\nRUN ["node", "-e", "setTimeout(process.exit, ${SECONDS}000)"]\n`)
})

afterAll(async () => {
  if (!hasContainerEngine) return
  await story?.close()
  await stopServer({ data, purge: true })
  rmSync(root, { recursive: true, force: true })
})

describe.skipIf(!hasContainerEngine)('a run that goes on', () => {
  it.each(['canceled', 'deleted'])('ends with all that its script has begun when it is %s', async (ending) => {
    const name = await runPipeline(`trap '' INT TERM\nsetsid sleep ${SECONDS} &\nsleep ${SECONDS}\n`)
    await isRunning(`sleep ${SECONDS}`)

    await ENDINGS[ending]?.(name)

    await expect.poll(atWork, { timeout: LADDER }).toEqual(NOTHING)
    await isOver(ending, name)
  })

  it.each(['canceled', 'deleted'])('ends with its image build when it is %s', async (ending) => {
    const name = await runPipeline('az acr build --registry acrgitopsdev --image sleeping:1 Sleeping')
    await isRunning(`${SECONDS}000`)

    await ENDINGS[ending]?.(name)

    await expect.poll(atWork, { timeout: LADDER }).toEqual(NOTHING)
    await isOver(ending, name)
    const builds = readdirSync(join(data, 'builds', 'runs')).map((run) => join(data, 'builds', 'runs', run, 'run.json'))
    const last = builds.map((file) => JSON.parse(readFileSync(file, 'utf8'))).at(-1)
    expect(last).toMatchObject({ status: 'Canceled', runErrorMessage: 'the run was canceled' })
  })

  it('lets another build that goes on come to its end', async () => {
    copy.write('Short/Dockerfile', 'FROM node:20\nRUN ["node", "-e", "setTimeout(process.exit, 5000)"]\n')
    const short = await runPipeline('az acr build --registry acrgitopsdev --image short:1 Short')
    const name = await runPipeline('az acr build --registry acrgitopsdev --image sleeping:1 Sleeping')
    await isRunning(`${SECONDS}000`)

    await ENDINGS.canceled?.(name)

    await isOver('canceled', name)
    expect((await story.finishedRun(short)).status.phase).toBe('Succeeded')
  })
})
