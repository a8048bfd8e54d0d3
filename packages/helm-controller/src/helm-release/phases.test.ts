import { describe, expect, it } from 'vitest'
import type { HelmRelease } from './helm-release.ts'
import { releaseNameOf } from './helm-release.ts'
import { enterPhase, type Phase } from './phases.ts'

const helmRelease = (): HelmRelease => ({
  apiVersion: 'helm.fluxcd.io/v1',
  kind: 'HelmRelease',
  metadata: { name: 'appa', namespace: 'default' },
  spec: { chart: {} },
})

/** Runs through phases and gives the conditions after each as `type/status/reason`. */
function walk(phases: Phase[], release = helmRelease()): string[][] {
  return phases.map((phase) => {
    release.status = enterPhase(release, phase, '2026-01-01T00:00:00Z')
    return (release.status.conditions ?? []).map(({ type, status, reason }) => `${type}/${status}/${reason}`)
  })
}

describe('phases', () => {
  it('writes the conditions that the Helm Operator was seen to write on an install', () => {
    expect(walk(['ChartFetched', 'Installing', 'Deployed', 'Succeeded'])).toEqual([
      ['ChartFetched/True/ChartFetched'],
      ['ChartFetched/True/ChartFetched', 'Deployed/Unknown/Installing'],
      ['ChartFetched/True/ChartFetched', 'Deployed/True/Deployed'],
      ['ChartFetched/True/ChartFetched', 'Deployed/True/Deployed', 'Released/True/Succeeded'],
    ])
  })

  it('moves a condition that is written to the end, as on an upgrade and a failed fetch', () => {
    const release = helmRelease()
    walk(['ChartFetched', 'Installing', 'Deployed', 'Succeeded'], release)

    expect(walk(['ChartFetched', 'Upgrading'], release)).toEqual([
      ['Deployed/True/Deployed', 'Released/True/Succeeded', 'ChartFetched/True/ChartFetched'],
      ['Released/True/Succeeded', 'ChartFetched/True/ChartFetched', 'Deployed/Unknown/Upgrading'],
    ])
    expect(walk(['Deployed', 'Succeeded', 'ChartFetchFailed'], release)[2]).toEqual([
      'Deployed/True/Deployed',
      'ChartFetched/False/ChartFetchFailed',
      'Released/False/ChartFetchFailed',
    ])
  })

  it('counts rollbacks and forgets them after a success', () => {
    const release = helmRelease()
    walk(['RolledBack', 'RolledBack'], release)
    expect(release.status?.rollbackCount).toBe(2)

    walk(['Succeeded'], release)
    expect(release.status?.rollbackCount).toBe(0)
    expect(release.status?.conditions?.map(({ type }) => type)).toEqual(['Released'])
  })

  it('says it in the words of the Helm Operator, and why after them', () => {
    const { conditions } = enterPhase(helmRelease(), 'ChartFetchFailed', '2026-01-01T00:00:00Z', 'no such version')
    expect(conditions?.[0]?.message).toBe(
      "Chart fetch failed for Helm release 'default-appa' in 'default'. no such version",
    )
  })

  it.each([
    [{}, 'default-appa'],
    [{ targetNamespace: 'other' }, 'default-other-appa'],
    [{ targetNamespace: 'default' }, 'default-appa'],
    [{ releaseName: 'mine' }, 'mine'],
  ])('names the release of %j', (spec, name) => {
    expect(releaseNameOf({ ...helmRelease(), spec: { chart: {}, ...spec } })).toBe(name)
  })
})
