import { describe, expect, it } from 'vitest'
import { decide, type Observed } from './decide.ts'
import type { HelmRelease, HelmReleaseSpec, HelmReleaseStatus } from './helm-release.ts'

const desired = { chartDigest: 'sha256:new', values: '{}', antecedent: 'default:helmrelease/appa' }

function helmRelease(status: HelmReleaseStatus = {}, spec: Partial<HelmReleaseSpec> = {}): HelmRelease {
  return {
    apiVersion: 'helm.fluxcd.io/v1',
    kind: 'HelmRelease',
    metadata: { name: 'appa', namespace: 'default', generation: 2 },
    spec: { chart: {}, ...spec },
    status,
  }
}

function last(fields: Partial<NonNullable<Observed['last']>>): Observed {
  return {
    last: {
      version: 3,
      status: 'deployed',
      chartDigest: 'sha256:new',
      values: '{}',
      antecedent: desired.antecedent,
      ours: true,
      ...fields,
    },
  }
}

const failedBefore = helmRelease({ observedGeneration: 2 })
const rolledBack = {
  type: 'RolledBack',
  status: 'True',
  reason: '',
  message: '',
  lastUpdateTime: '',
  lastTransitionTime: '',
} as const
const retrying = helmRelease(
  { observedGeneration: 2, rollbackCount: 1, conditions: [rolledBack] },
  { rollback: { enable: true, retry: true } },
)

describe('decide', () => {
  it.each<[string, HelmRelease, Observed, string]>([
    ['nothing is installed', helmRelease(), {}, 'install'],
    ['the release was uninstalled, history kept', helmRelease(), last({ status: 'uninstalled' }), 'install'],
    ['all is as wanted', helmRelease(), last({}), 'keep'],
    ['the chart is another one', helmRelease(), last({ chartDigest: 'sha256:old' }), 'upgrade'],
    ['the values are others', helmRelease(), last({ values: '{"a":1}' }), 'upgrade'],
    ['another HelmRelease owns it', helmRelease(), last({ antecedent: 'other:helmrelease/x' }), 'refuse'],
    ['our own revision was interrupted', helmRelease(), last({ status: 'pending-upgrade' }), 'upgrade'],
    ['someone is at work with helm', helmRelease(), last({ status: 'pending-upgrade', ours: false }), 'refuse'],
    ['it failed and nothing changed', failedBefore, last({ status: 'failed' }), 'refuse'],
    ['it failed and the object changed', helmRelease({ observedGeneration: 1 }), last({ status: 'failed' }), 'upgrade'],
    ['it failed and the chart changed', failedBefore, last({ status: 'failed', chartDigest: 'sha256:old' }), 'upgrade'],
    [
      'it was rolled back and may not retry',
      helmRelease({ observedGeneration: 2, conditions: [rolledBack] }),
      last({ chartDigest: 'sha256:old' }),
      'keep',
    ],
    ['it was rolled back and may retry', retrying, last({ chartDigest: 'sha256:old' }), 'upgrade'],
  ])('when %s', (_name, release, observed, action) => {
    expect(decide(release, desired, observed).kind).toBe(action)
  })

  it('names the owner it refuses to take a release from', () => {
    expect(decide(helmRelease(), desired, last({ antecedent: 'other:helmrelease/x' }))).toEqual({
      kind: 'refuse',
      reason: "release appears to be managed by 'other:helmrelease/x'",
    })
  })
})
