import { describe, expect, it } from 'vitest'
import { type ChartSearch, parseIndex, searchCharts } from '../index.ts'

const index = parseIndex(`apiVersion: v1
entries:
  web:
  - {apiVersion: v2, name: web, version: 2.0.0-rc.1, description: A server, urls: [web-2.0.0-rc.1.tgz]}
  - {apiVersion: v2, name: web, version: 1.1.0, description: A server, urls: [web-1.1.0.tgz]}
  - {apiVersion: v2, name: web, version: 1.0.0, description: A server, urls: [web-1.0.0.tgz]}
  queue:
  - {apiVersion: v2, name: queue, version: 0.3.0, description: Goes before web, keywords: [broker], urls: [q.tgz]}
`)

function search(options: ChartSearch): string[] {
  return searchCharts(new Map([['team', index]]), options).map(({ name, entry }) => `${name} ${entry.metadata.version}`)
}

describe('searchCharts', () => {
  it.each([
    ['everything', {}, ['team/queue 0.3.0', 'team/web 1.1.0']],
    ['by name before description', { term: 'WEB' }, ['team/web 1.1.0', 'team/queue 0.3.0']],
    ['keywords', { term: 'broker' }, ['team/queue 0.3.0']],
    ['an expression', { term: '^w.b', regexp: true }, ['team/web 1.1.0']],
    ['a range', { version: '<1.1' }, ['team/queue 0.3.0', 'team/web 1.0.0']],
    [
      'prereleases when the range says so',
      { term: 'web', version: '>=1.0.0-0', allVersions: true },
      ['team/web 2.0.0-rc.1', 'team/web 1.1.0', 'team/web 1.0.0'],
    ],
    ['nothing', { term: 'other' }, []],
  ] as [string, ChartSearch, string[]][])('finds %s', (_name, options, found) => {
    expect(search(options)).toEqual(found)
  })
})
