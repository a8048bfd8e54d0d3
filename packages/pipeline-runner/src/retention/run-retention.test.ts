import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { API_VERSION } from '../run/model.ts'
import { RunnerFixture } from '../testing/index.ts'

let fixture: RunnerFixture

beforeEach(async () => {
  fixture = await RunnerFixture.start()
})
afterEach(() => fixture.stop())

/** A run of long ago, with its log. */
async function addRun(buildId: number, annotations: Record<string, string> = {}): Promise<void> {
  const name = `appa-${buildId}`
  await fixture.client.create({
    ...{ apiVersion: API_VERSION, kind: 'PipelineRun' },
    metadata: { name, namespace: 'slipway-system', annotations, finalizers: ['slipway.dev/pipeline-runner'] },
    spec: { repository: 'AppA', ref: 'refs/heads/master', commit: 'c', file: 'azure-pipelines.yml', buildId },
    status: { phase: 'Succeeded', attempt: 1, finishTime: '2020-07-29T20:10:21.000Z' },
  })
  await mkdir(join(fixture.folder, 'runs', name), { recursive: true })
  await writeFile(join(fixture.folder, 'runs', name, 'log.txt'), 'over\n')
}

const names = async (): Promise<string[]> => (await fixture.runs()).map(({ metadata }) => metadata.name).sort()

it('deletes at the start what nothing keeps any more, with its log', async () => {
  await addRun(1)
  await addRun(2, { 'slipway.dev/retain': 'true' })
  for (const buildId of [3, 4, 5, 6]) await addRun(buildId)

  await fixture.startRunner()

  await expect.poll(names).toEqual(['appa-2', 'appa-4', 'appa-5', 'appa-6'])
  expect((await readdir(join(fixture.folder, 'runs'))).sort()).toEqual(['appa-2', 'appa-4', 'appa-5', 'appa-6'])
})

it('goes by what the objects say in place of the defaults', async () => {
  await fixture.client.create({
    ...{ apiVersion: API_VERSION, kind: 'PipelineRetention' },
    metadata: { name: 'short', namespace: 'slipway-system' },
    spec: { daysToKeepRuns: 1, runsToRetainPerPipeline: 1 },
  })
  for (const buildId of [1, 2, 3]) await addRun(buildId)

  await fixture.startRunner()

  await expect.poll(names).toEqual(['appa-3'])
})
