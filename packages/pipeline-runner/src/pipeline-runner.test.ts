import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RunnerFixture, walkThroughPipeline } from './testing/index.ts'

let fixture: RunnerFixture

beforeEach(async () => {
  fixture = await RunnerFixture.start()
})
afterEach(() => fixture.stop())

const FILES = {
  'AppA.WebApi/Dockerfile': 'FROM scratch\n',
  'AppA.WebApi/chart/templates/deployment.yaml': 'image: "x:#{tag}#"\n',
}
const HELLO = 'steps:\n- checkout: none\n- script: echo hello\n'
const SLEEPER = 'steps:\n- checkout: none\n- script: |\n    echo started\n    exec sleep 60\n'

describe('a push', () => {
  it('of the walk-through becomes a run with the next build id, its timeline and what it pushed', async () => {
    const metadata = { name: 'build-counter', namespace: 'slipway-system' }
    await fixture.client.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { next: '158' } })
    await fixture.startRunner()

    const commit = await fixture.push(walkThroughPipeline, { files: FILES })

    const { spec, status, metadata: meta } = await fixture.finished('appa-158')
    expect(status?.issues).toEqual([])
    expect(status?.phase).toBe('Succeeded')
    expect(spec).toMatchObject({ repository: 'AppA', commit, reason: 'IndividualCI', buildId: 158, requestedBy: 'dev' })
    expect(meta.labels).toMatchObject({ 'slipway.dev/repository': 'appa', 'slipway.dev/commit': commit })
    expect(status?.steps?.map(({ task, result }) => `${task} ${result}`)).toContain('AzureCLI@2 Succeeded')
    expect(
      status?.steps?.every(({ startTime, finishTime }) => startTime !== undefined && finishTime !== undefined),
    ).toBe(true)
    expect(status?.outputs).toEqual({
      images: [{ name: 'appawebapi:158', digest: 'sha256:11', pushedAt: expect.any(String) }],
      charts: [{ name: 'appawebapi', version: '158.0.0', digest: 'sha256:22', pushedAt: expect.any(String) }],
    })
  })

  it('that the trigger leaves out, or that asks to be skipped, starts nothing; the next one does', async () => {
    await fixture.startRunner()
    await fixture.push(`trigger: [release/*]\n${HELLO}`)
    await fixture.push(HELLO, { message: 'docs [skip ci]' })
    const commit = await fixture.push(`name: x\n${HELLO}`)

    await fixture.finished('appa-1')

    expect((await fixture.runs()).map(({ spec }) => spec.commit)).toEqual([commit])
  })

  it('of an annotated tag becomes a run of its commit', async () => {
    await fixture.startRunner()
    const commit = await fixture.push(`trigger: {branches: {exclude: ['*']}, tags: [v*]}\n${HELLO}`)
    await fixture.git.git('tag', '-a', '-m', 'release', 'v1')
    const tag = await fixture.git.git('rev-parse', 'v1')
    const refs = [
      { name: 'refs/heads/master', commit },
      { name: 'refs/tags/v1', commit: tag },
    ]
    const repository = {
      apiVersion: 'slipway.dev/v1alpha1',
      kind: 'Repository',
      namespace: 'slipway-system',
      name: 'appa',
    }
    await fixture.client.patch(repository, 'merge', { status: { refs } }, { subresource: 'status' })

    const { spec, status } = await fixture.finished('appa-1')

    expect(spec).toMatchObject({ ref: 'refs/tags/v1', commit })
    expect(status?.phase).toBe('Succeeded')
  })

  it('of a file that is no pipeline for its size starts nothing; the next one does', async () => {
    await fixture.startRunner()
    await fixture.push(`# ${'x'.repeat(17 * 1024 ** 2)}\n${HELLO}`)
    const commit = await fixture.push(HELLO)

    await fixture.finished('appa-1')

    expect((await fixture.runs()).map(({ spec }) => spec.commit)).toEqual([commit])
  })

  it('is read after the copy of its repository was damaged', async () => {
    await fixture.startRunner()
    await fixture.push(HELLO)
    await fixture.finished('appa-1')
    await writeFile(join(fixture.folder, 'runs/.sources/appa.git/HEAD'), '')

    await fixture.push(`name: x\n${HELLO}`)

    expect((await fixture.finished('appa-2')).status?.phase).toBe('Succeeded')
  })

  it('of a broken file becomes a failed run that says where', async () => {
    await fixture.startRunner()
    await fixture.push('steps:\n- scrpt: echo\n')

    const { status } = await fixture.finished('appa-1')

    expect(status?.phase).toBe('Failed')
    expect(status?.issues).toMatchObject([{ type: 'error', file: 'azure-pipelines.yml', line: 2, column: 3 }])
  })

  it('while the program is down is run at the next start, once', async () => {
    await fixture.push(HELLO)
    await fixture.startRunner()
    await fixture.finished('appa-1')
    await fixture.stopRunner()
    await fixture.startRunner()
    await fixture.push(`name: y\n${HELLO}`)
    await fixture.finished('appa-2')

    expect((await fixture.runs()).map(({ metadata, status }) => [metadata.name, status?.attempt])).toEqual([
      ['appa-1', 1],
      ['appa-2', 1],
    ])
  })
})

describe('a run', () => {
  const sleeping = (name: string) => fixture.until(name, ({ status }) => status?.steps?.[0]?.state === 'Running')

  it('that a stopped program left behind starts anew, and one that waited goes on', async () => {
    await fixture.startRunner({ concurrency: 1 })
    await fixture.push(SLEEPER)
    await sleeping('appa-1')
    await fixture.push(HELLO)
    await fixture.until('appa-2', ({ status }) => status?.phase === 'Queued')
    await fixture.stopRunner()

    await fixture.startRunner({ concurrency: 2 })

    await fixture.until('appa-1', ({ status }) => status?.attempt === 2)
    expect((await fixture.finished('appa-2')).status?.phase).toBe('Succeeded')
  })

  it('is canceled by its spec', async () => {
    await fixture.startRunner()
    await fixture.push(SLEEPER)
    await sleeping('appa-1')

    await fixture.client.patch(fixture.ref('appa-1'), 'merge', { spec: { cancelRequested: true } })

    expect((await fixture.finished('appa-1')).status).toMatchObject({
      phase: 'Canceled',
      steps: [{ result: 'Canceled' }],
    })
  })

  it('whose object is deleted ends, and its logs go', async () => {
    await fixture.startRunner()
    await fixture.push(SLEEPER)
    await sleeping('appa-1')

    await fixture.client.delete(fixture.ref('appa-1'))
    await fixture.push(HELLO)
    await fixture.finished('appa-2')

    await expect.poll(async () => (await fixture.log('appa-1')).status).toBe(404)
  })
})

describe('a step', () => {
  it('fails in the end for a file that is to be kept and is not there', async () => {
    await fixture.startRunner()
    await fixture.push(
      "steps:\n- checkout: none\n- script: |\n    echo '##vso[task.uploadfile]/nowhere'\n    sleep 0.2\n",
    )

    const { status } = await fixture.finished('appa-1')

    expect(status?.phase).toBe('Failed')
    expect(status?.issues).toMatchObject([{ message: 'Path does not exist: /nowhere' }])
  })
})

describe('logs', () => {
  it('that have no room on the disk do not make a run another one', async () => {
    await mkdir(join(fixture.folder, 'runs/appa-1'), { recursive: true })
    await symlink('/dev/full', join(fixture.folder, 'runs/appa-1/log.txt'))
    await fixture.startRunner()
    await fixture.push(HELLO)

    const { status } = await fixture.finished('appa-1')

    expect(status).toMatchObject({ phase: 'Succeeded', attempt: 1 })
    expect(status?.issues).toMatchObject([{ type: 'warning', message: expect.stringContaining('ENOSPC') }])
  })

  it('can be followed while they are written, and read afterwards, whole or by step', async () => {
    await fixture.startRunner()
    await fixture.push(SLEEPER)
    await fixture.until('appa-1', ({ status }) => status?.phase === 'Running')
    const response = await fixture.log('appa-1', '?follow=1')
    let text = ''
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk
      if (text.includes(' started\n') && !text.includes('canceled')) {
        await fixture.client.patch(fixture.ref('appa-1'), 'merge', { spec: { cancelRequested: true } })
      }
    }

    await fixture.finished('appa-1')

    expect(text).toContain('The operation was canceled.')
    expect(await (await fixture.log('appa-1')).text()).toBe(text)
    expect(await (await fixture.log('appa-1', '?step=1')).text()).toContain(' started\n')
  })

  it('are for callers with a token, of runs that exist', async () => {
    await fixture.startRunner()

    expect((await fixture.log('appa-1', '', 'wrong')).status).toBe(401)
    expect((await fixture.log('appa-1')).status).toBe(404)
    expect((await fixture.log('..%2f..%2fetc')).status).toBe(404)
  })
})
