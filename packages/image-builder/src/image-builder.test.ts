import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testEngine } from '@slipway/container-engine/testing'
import { HttpServer } from '@slipway/http-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packContext } from './context/pack-context.ts'
import { createImageBuilder, hostNodeBaseImage, type ImageBuilder, type Run } from './index.ts'
import { FakeEngine } from './testing/fake-engine.ts'

const dir = mkdtempSync(join(tmpdir(), 'builder-'))
const engine = new FakeEngine()
const RESOURCE = '/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/acrtest'
let base = ''
let server: HttpServer
let builder: ImageBuilder

async function start(): Promise<HttpServer> {
  builder = await createImageBuilder({
    engine: async () => engine.asEngine(),
    authenticator: {
      async authenticate(credentials) {
        if (credentials.kind !== 'basic' || credentials.password !== 'secret') return undefined
        const role = (['admin', 'developer', 'reader'] as const).find((name) => name === credentials.username)
        return role && { name: role, role }
      },
    },
    registry: {
      name: 'acrtest',
      loginServer: 'acrtest.azurecr.io',
      pushHost: () => '127.0.0.1:7080',
      credentials: { username: 'u', password: 'p' },
    },
    dir,
  })
  const started = new HttpServer({ routes: builder.routes })
  await started.start(0)
  base = `http://127.0.0.1:${started.address().port}`
  return started
}

beforeAll(async () => {
  server = await start()
})
afterAll(async () => {
  await server.stop()
  rmSync(dir, { recursive: true, force: true })
})

function send(method: string, url: string, body?: unknown, user: string | undefined = 'developer') {
  const authorization = `Basic ${Buffer.from(`${user}:secret`).toString('base64')}`
  return fetch(new URL(url, base), {
    method,
    headers: user ? { authorization } : {},
    ...(body !== undefined && { body: body instanceof Uint8Array ? body : JSON.stringify(body) }),
  })
}

async function json<T>(answer: Promise<Response>): Promise<T> {
  return (await answer).json() as Promise<T>
}

async function uploadSource(dockerfile = 'FROM scratch'): Promise<string> {
  const folder = mkdtempSync(join(dir, 'source-'))
  writeFileSync(join(folder, 'Dockerfile'), dockerfile)
  await packContext(folder, 'Dockerfile', join(folder, '..', 'context.tar.gz'))
  const { uploadUrl, relativePath } = await json<{ uploadUrl: string; relativePath: string }>(
    send('POST', `${RESOURCE}/listBuildSourceUploadUrl`),
  )
  const sent = await send('PUT', uploadUrl, new Uint8Array(await readFile(join(dir, 'context.tar.gz'))), '')
  expect(sent.status).toBe(201)
  return relativePath
}

async function runBuild(order: object): Promise<{ run: Run; log: string }> {
  const body = {
    type: 'DockerBuildRequest',
    sourceLocation: await uploadSource(),
    dockerFilePath: 'Dockerfile',
    ...order,
  }
  const { runId } = await json<Run>(send('POST', `${RESOURCE}/scheduleRun`, body))
  const { logLink } = await json<{ logLink: string }>(send('POST', `${RESOURCE}/runs/${runId}/listLogSasUrl`))
  const log = await (await fetch(logLink)).text()
  return { log, run: await json<Run>(send('GET', `${RESOURCE}/runs/${runId}`)) }
}

describe('builds', () => {
  it('build under both names of the registry, push, and show no secret', async () => {
    const { run, log } = await runBuild({
      imageNames: ['appawebapi:158', 'acrtest.azurecr.io/team/other'],
      arguments: [
        { name: 'A', value: 'plain' },
        { name: 'B', value: 'hunter2', isSecret: true },
      ],
    })

    expect(engine.builds.at(-1)?.tags).toEqual([
      'acrtest.azurecr.io/appawebapi:158',
      '127.0.0.1:7080/appawebapi:158',
      'acrtest.azurecr.io/team/other:latest',
      '127.0.0.1:7080/team/other:latest',
    ])
    expect(engine.pushes).toEqual(['127.0.0.1:7080/appawebapi:158', '127.0.0.1:7080/team/other:latest'])
    expect(run).toMatchObject({ status: 'Succeeded', outputImages: [{ repository: 'appawebapi', tag: '158' }, {}] })
    expect(log).toContain('A=plain\nB=***\n')
  })

  it('fail with the reason in the log and in the run', async () => {
    const { run, log } = await runBuild({ imageNames: ['x'], target: 'fail' })

    expect(run).toMatchObject({ status: 'Failed', runErrorMessage: 'RUN exited with status 1', outputImages: [] })
    expect(log).toContain('RUN exited with status 1')
  })

  it('end when their time is over', async () => {
    engine.hangs = true
    const { run, log } = await runBuild({ imageNames: ['x'], timeout: 1 })
    engine.hangs = false

    expect(run).toMatchObject({ status: 'Timeout', runErrorMessage: 'the run took longer than 1 seconds' })
    expect(log).toContain('the run took longer than 1 seconds')
  })

  it('build for the platform that is asked for', async () => {
    await runBuild({ imageNames: ['x'], platform: { os: 'linux', architecture: 'arm', variant: 'v7' } })
    await runBuild({ imageNames: ['x'], platform: { os: 'linux' } })

    expect(engine.builds.slice(-2).map(({ platform }) => platform)).toEqual(['linux/arm/v7', undefined])
  })

  /** Of three builds that do not end, one waits for its turn. Resolves to the ids of their runs. */
  async function scheduleThree(): Promise<string[]> {
    engine.hangs = true
    const begun = engine.builds.length
    const ids: string[] = []
    for (let build = 0; build < 3; build++) {
      const order = { type: 'DockerBuildRequest', sourceLocation: await uploadSource(), imageNames: [] }
      ids.push((await json<Run>(send('POST', `${RESOURCE}/scheduleRun`, order))).runId)
    }
    await expect.poll(() => engine.builds.length).toBe(begun + 2)
    return ids
  }

  it('are canceled at once, those that wait for their turn too', async () => {
    const begun = engine.builds.length
    const ids = await scheduleThree()
    const canceled = { status: 'Canceled', runErrorMessage: 'the run was canceled' }
    const state = (id = '') => json<Run>(send('GET', `${RESOURCE}/runs/${id}`))

    for (const id of ids.slice().reverse()) {
      await send('POST', `${RESOURCE}/runs/${id}/cancel`)
      await expect.poll(() => state(id)).toMatchObject(canceled)
    }
    engine.hangs = false

    expect(engine.builds.length).toBe(begun + 2)
    expect((await runBuild({ imageNames: ['x'] })).run).toMatchObject({ status: 'Succeeded' })
  })

  it('end when the program stops, and the queued do not begin', async () => {
    const begun = engine.builds.length
    const ids = await scheduleThree()

    await builder.stop()
    engine.hangs = false
    await server.stop()
    server = await start()

    const runs = await Promise.all(ids.map((id) => json<Run>(send('GET', `${RESOURCE}/runs/${id}`))))
    expect(runs).toMatchObject(
      Array(3).fill({ status: 'Failed', runErrorMessage: 'the program stopped during the run' }),
    )
    expect(engine.builds.length).toBe(begun + 2)
  })

  it('give an end to runs that a stop cut off', async () => {
    let open = (): void => {}
    engine.gate = new Promise((resolve) => {
      open = resolve
    })
    const order = { type: 'DockerBuildRequest', sourceLocation: await uploadSource(), imageNames: [] }
    const { runId } = await json<Run>(send('POST', `${RESOURCE}/scheduleRun`, order))
    await server.stop()

    server = await start()
    const run = await json<Run>(send('GET', `${RESOURCE}/runs/${runId}`))
    open()

    expect(run).toMatchObject({ status: 'Failed', runErrorMessage: 'the program stopped during the run' })
  })
})

describe('requests', () => {
  it.each([
    ['GET', RESOURCE, [401, 403, 200]],
    ['GET', `${RESOURCE}/runs/ca1`, [401, 403, 200]],
    ['POST', `${RESOURCE}/runs/ca1/listLogSasUrl`, [401, 403, 200]],
    ['POST', `${RESOURCE}/listBuildSourceUploadUrl`, [401, 403, 403]],
    ['POST', `${RESOURCE}/scheduleRun`, [401, 403, 403]],
    ['POST', `${RESOURCE}/runs/ca1/cancel`, [401, 403, 403]],
  ])('%s %s: nobody, a stranger, a reader', async (method, path, expected) => {
    const statuses = []
    for (const user of ['', 'stranger', 'reader']) statuses.push((await send(method, path, undefined, user)).status)

    expect(statuses).toEqual(expected)
  })

  it.each([
    ['PUT', '/build/sources/00000000-0000-0000-0000-000000000000.tar.gz?sig=x', 401],
    ['GET', '/build/runs/ca1/log', 401],
    ['GET', '/build/runs/..%2f..%2fetc/log?sig=x', 404],
  ])('%s %s is refused without its signature', async (method, path, status) => {
    expect((await send(method, path, undefined, '')).status).toBe(status)
  })

  it.each([
    ['another type', { type: 'EncodedTaskRunRequest' }, 'BUILD_REQUEST_INVALID'],
    ['a Dockerfile outside', { dockerFilePath: '../../etc/passwd' }, 'BUILD_REQUEST_INVALID'],
    ['no time at all', { timeout: 0 }, 'BUILD_REQUEST_INVALID'],
    ['more time than there is', { timeout: 28_801 }, 'BUILD_REQUEST_INVALID'],
    ['a source that is none', { sourceLocation: 'source/../../etc/passwd' }, 'SOURCE_NOT_FOUND'],
    ['an image of another registry', { imageNames: ['ghcr.io/a/b:1'] }, 'IMAGE_NAME_INVALID'],
    ['no image name', { imageNames: ['Not A Name'] }, 'REFERENCE_INVALID'],
  ])('refuse %s', async (_what, change, code) => {
    const order = { type: 'DockerBuildRequest', sourceLocation: 'source/x', imageNames: [], ...change }

    const refused = await send('POST', `${RESOURCE}/scheduleRun`, order)

    expect([refused.status, await refused.json()]).toMatchObject([400, { error: { code } }])
  })
})

const real = await testEngine(process.env)
afterAll(() => real?.stop())

describe.skipIf(!real)(`a base image from this machine's node${real ? '' : ' (skipped: no engine here)'}`, () => {
  it('runs node and a shell', async () => {
    const name = 'localhost/slipway-builder-test/node:20'
    const version = await hostNodeBaseImage(real!.engine, { name, nodePath: process.execPath })
    const id = await real!.engine.createContainer({
      name: `slipway-builder-test-${process.pid}`,
      image: name,
      entrypoint: ['/bin/sh', '-c', `node -p '"v" + process.versions.node'`],
    })
    try {
      await real!.engine.start(id)

      const exitCode = await real!.engine.wait(id)

      expect({ exitCode, version }).toEqual({ exitCode: 0, version: process.versions.node })
    } finally {
      await real!.engine.remove(id)
      await real!.engine.removeImage(name, { force: true })
    }
  }, 120_000)
})
