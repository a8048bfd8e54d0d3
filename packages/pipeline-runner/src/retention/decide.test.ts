import { describe, expect, it } from 'vitest'
import { API_VERSION, type PipelineRun, type RunPhase } from '../run/model.ts'
import type { Repository } from '../trigger/repository.ts'
import { type RetentionRule, runsToDelete } from './decide.ts'

const DAY = 86_400_000
const NOW = Date.parse('2026-06-01T00:00:00Z')
const RULE: RetentionRule = { daysToKeepRuns: 30, runsToRetainPerPipeline: 3 }

interface Fields {
  branch?: string
  /** Days since its end. */
  age?: number
  phase?: RunPhase
  file?: string
  repository?: string
  annotations?: Record<string, string>
}

function runOf(buildId: number, fields: Fields = {}): PipelineRun {
  const {
    branch = 'main',
    age = 31,
    phase = 'Succeeded',
    file = 'a.yml',
    repository = 'AppA',
    annotations = {},
  } = fields
  const isOver = phase !== 'Running' && phase !== 'Queued'
  return {
    apiVersion: API_VERSION,
    kind: 'PipelineRun',
    metadata: { name: `appa-${buildId}`, annotations },
    spec: {
      ...{ repository, file, buildId, ref: branch.startsWith('refs/') ? branch : `refs/heads/${branch}` },
      ...{ commit: 'c', reason: 'IndividualCI', requestedBy: 'dev' },
    },
    status: { phase, ...(isOver && { finishTime: new Date(NOW - age * DAY).toISOString() }) },
  }
}

const repository: Repository = {
  apiVersion: API_VERSION,
  kind: 'Repository',
  metadata: { name: 'appa' },
  spec: { repositoryName: 'AppA', defaultBranch: 'main', protectedBranches: ['release'] },
}

const deleted = (runs: PipelineRun[], ...rules: RetentionRule[]): number[] =>
  runsToDelete(runs, { rules: rules.length > 0 ? rules : [RULE], repositories: [repository], now: NOW }).map(
    ({ spec }) => spec.buildId,
  )
const three = [11, 12, 13].map((buildId) => runOf(buildId, { age: 1 }))

describe('runs go', () => {
  it('as in the example of Azure, oldest first', () => {
    const branches = ['main', 'release', 'branch1', 'main', 'main', 'main', 'main', 'branch2', 'branch1', 'main']
    const runs = branches.map((branch, index) => runOf(index + 1, { branch }))

    expect(deleted(runs)).toEqual([1, 3, 4, 5])
  })

  it('so many days after their end', () => {
    expect(deleted([runOf(1, { age: 30 }), runOf(2, { age: 30.01 }), ...three])).toEqual([2])
  })

  it('unless they go on or wait, which counts among the latest', () => {
    const going = [runOf(1, { phase: 'Running' }), runOf(2, { phase: 'Queued' })]

    expect(deleted([...going, runOf(3), runOf(4)])).toEqual([3])
  })

  it.each(['true', '', 'release 1.0'])('unless somebody retained them: %j', (value) => {
    expect(deleted([runOf(1, { annotations: { 'slipway.dev/retain': value } }), ...three])).toEqual([])
  })

  it('when they are not retained any more', () => {
    expect(deleted([runOf(1, { annotations: { 'slipway.dev/retain': 'false' } }), ...three])).toEqual([1])
  })

  it('by the pipeline, which is a file of a repository, whose name has no case', () => {
    const others = [runOf(1, { file: 'b.yml' }), runOf(2, { repository: 'AppB' }), runOf(3, { repository: 'APPA' })]

    expect(deleted([...others, ...three])).toEqual([3])
  })

  it('by when they ended, whenever they began', () => {
    expect(
      deleted([runOf(1, { age: 40 }), runOf(2, { age: 90 }), runOf(3, { age: 41 }), runOf(4, { age: 42 })]),
    ).toEqual([2])
  })

  it('with tags and branches of no weight counted for the pipeline alone', () => {
    const runs = ['refs/tags/main', 'other', 'other'].map((branch, index) => runOf(index + 1, { branch }))

    expect(deleted([...runs, ...three])).toEqual([1, 2, 3])
  })

  it('when no rule keeps them', () => {
    const rules = [
      { daysToKeepRuns: 60, runsToRetainPerPipeline: 0 },
      { daysToKeepRuns: 1, runsToRetainPerPipeline: 1 },
    ]

    expect(deleted([runOf(1, { age: 80 }), runOf(2, { age: 70 }), runOf(3, { age: 61 })], ...rules)).toEqual([1, 2])
    expect(deleted([runOf(1, { age: 50 }), runOf(2, { age: 40 })], ...rules)).toEqual([])
  })
})
