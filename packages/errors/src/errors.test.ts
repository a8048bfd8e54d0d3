import { describe, expect, it } from 'vitest'
import { BugError, classOf, describeError, exitCodeOf, TransientError, UserError } from './index.ts'

describe('errors', () => {
  it('says place, message and advice in one line', () => {
    const error = new UserError('CHART_NOT_FOUND', 'no chart named "x"', {
      at: { file: 'releases/appa.yaml', line: 7, column: 5, object: 'HelmRelease/default/appa' },
      hint: 'push the chart or change spec.chart.version',
    })

    expect(describeError(error)).toBe(
      'releases/appa.yaml:7:5 HelmRelease/default/appa: no chart named "x" (push the chart or change spec.chart.version)',
    )
  })

  it('takes anything foreign for a bug', () => {
    expect(classOf(new TypeError('x'))).toBe('bug')
    expect(classOf('thrown string')).toBe('bug')
    expect(describeError('thrown string')).toBe('thrown string')
  })

  it.each([
    [new UserError('A', 'a'), 1],
    [new TransientError('B', 'b'), 75],
    [new BugError('C', 'c'), 70],
    [new Error('d'), 70],
  ])('maps %s to its exit status', (error, status) => {
    expect(exitCodeOf(error)).toBe(status)
  })
})
