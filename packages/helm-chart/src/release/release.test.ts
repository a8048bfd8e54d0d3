import { describe, expect, it } from 'vitest'
import { renderFiles } from '../testing/render-text.ts'
import { testPlatform } from '../testing/test-platform.ts'
import { decodeRelease, encodeRelease, releaseOf, releaseRecordLabels, releaseRecordName } from './release.ts'

describe('releases', () => {
  const platform = testPlatform()
  const rendered = renderFiles({
    'values.yaml': 'a: 1\n',
    'templates/a.yaml': 'kind: A\n',
    'templates/NOTES.txt': 'hello',
    'templates/h.yaml': 'kind: H\nmetadata: {name: h, annotations: {helm.sh/hook: test}}\n',
  })
  const release = releaseOf(rendered, {
    name: 'rel',
    namespace: 'ns',
    revision: 2,
    config: { replicas: 3n },
    status: 'deployed',
    description: 'Upgrade complete',
    firstDeployed: new Date('2026-01-01T00:00:00Z'),
    lastDeployed: new Date('2026-01-02T00:00:00Z'),
  })

  it('come back as they went in, in the shape that Helm reads', () => {
    const decoded = decodeRelease(encodeRelease(release, platform), platform)

    expect(decoded).toMatchObject({
      name: 'rel',
      version: 2,
      info: { status: 'deployed', notes: 'hello', first_deployed: '2026-01-01T00:00:00.000Z' },
      chart: { metadata: { name: 'demo', version: '0.1.0', apiVersion: 'v2' }, values: { a: 1 } },
      config: { replicas: 3 },
      manifest: '---\n# Source: demo/templates/a.yaml\nkind: A\n',
      hooks: [{ name: 'h', kind: 'H', events: ['test'], path: 'demo/templates/h.yaml' }],
    })
  })

  it('are found by name and labels', () => {
    expect(releaseRecordName('rel', 2)).toBe('sh.helm.release.v1.rel.v2')
    expect(releaseRecordLabels(release, new Date(5000))).toEqual({
      name: 'rel',
      owner: 'helm',
      status: 'deployed',
      version: '2',
      modifiedAt: '5',
    })
  })
})
