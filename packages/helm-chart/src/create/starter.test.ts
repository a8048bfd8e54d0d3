import { describe, expect, it } from 'vitest'
import { loadChart } from '../chart/load.ts'
import { setValue } from '../index.ts'
import { renderChart } from '../render/render.ts'
import { testPlatform } from '../testing/test-platform.ts'
import { emptyValues } from '../values/value.ts'
import { chartNameFault, starterFiles } from './starter.ts'

function render(...settings: string[]) {
  const values = emptyValues()
  for (const line of settings) setValue(values, line)
  const chart = loadChart(starterFiles('shop'), testPlatform())
  return renderChart(chart, { values, release: { name: 'rel', namespace: 'ns' }, platform: testPlatform() })
}

describe('the starter chart', () => {
  it.each([
    ['as it is', [], ['ServiceAccount', 'Service', 'Deployment']],
    ['without an account', ['serviceAccount.create=false'], ['Service', 'Deployment']],
    ['with an ingress', ['ingress.enabled=true'], ['ServiceAccount', 'Service', 'Deployment', 'Ingress']],
    ['with a route', ['httpRoute.enabled=true'], ['ServiceAccount', 'Service', 'Deployment', 'HTTPRoute']],
    [
      'scaled by load',
      ['autoscaling.enabled=true'],
      ['ServiceAccount', 'Service', 'Deployment', 'HorizontalPodAutoscaler'],
    ],
  ])('renders %s', (_name, settings, kinds) => {
    const { manifests, hooks } = render(...settings)

    expect(manifests.map(({ head }) => head.kind)).toEqual(kinds)
    expect(hooks.map(({ head }) => head.name)).toEqual(['rel-shop-test-connection'])
  })

  it.each([
    [['fullnameOverride=whole'], 'whole'],
    [['nameOverride=part'], 'rel-part'],
    [['nameOverride=rel'], 'rel'],
  ])('is named by %j', (settings, name) => {
    expect(render(...settings).manifests.map(({ head }) => head.name)).toEqual([name, name, name])
  })

  it.each([
    ['', 'chart name must be between 1 and 250 characters'],
    ['a b', 'chart name must match the regular expression "^[a-zA-Z0-9._-]+$"'],
    ['a-b.C_1', undefined],
  ])('may be called %j or not', (name, fault) => {
    expect(chartNameFault(name)).toBe(fault)
  })
})
