import { expect, it } from 'vitest'
import { containerConfig } from './container-config.ts'
import type { BindMount } from './port.ts'

function mountsOf(mounts: BindMount[]): unknown {
  const { HostConfig } = containerConfig(
    { name: 'c', image: 'i', labels: {}, mounts },
    { name: 'podman', leastOomScoreAdj: 0 },
  ) as {
    HostConfig: { Mounts?: unknown; Binds?: unknown }
  }
  return [HostConfig.Mounts, HostConfig.Binds]
}

const bind = { Type: 'bind', Source: '/', Target: '/host' }

it('what is mounted below a mount comes along: there are no BindOptions, from which Podman 4 takes that it should not', () => {
  expect(mountsOf([{ source: '/', target: '/host' }])).toEqual([[{ ...bind, ReadOnly: false }], undefined])
  expect(
    mountsOf([
      { source: '/', target: '/a', propagation: 'rslave' },
      { source: '/', target: '/b', propagation: 'rshared', readOnly: true },
    ]),
  ).toEqual([undefined, ['/:/a:rslave', '/:/b:rshared,ro']])
})

it('a source with a colon is no bind', () => {
  expect(mountsOf([{ source: '/a:b', target: '/host', propagation: 'rslave' }])).toEqual([
    [{ ...bind, Source: '/a:b', ReadOnly: false, BindOptions: { Propagation: 'rslave' } }],
    undefined,
  ])
})
