import type { KubeObject } from '@slipway/kube-objects'
import { describe, expect, it } from 'vitest'
import { parseDuration } from './duration.ts'
import { readSettings } from './read-settings.ts'

const object = (kind: string, name: string, spec: unknown): KubeObject => ({
  apiVersion: 'slipway.dev/v1alpha1',
  kind,
  metadata: { name },
  spec,
})
const SECRETS: Record<string, Record<string, string>> = {
  hub: { username: 'robot', password: 's3cret' },
  'hub-docker': {
    '.dockerconfigjson': JSON.stringify({ auths: { 'https://index.docker.io/v1/': { auth: btoa('robot:a:b') } } }),
  },
  broken: { '.dockerconfigjson': '{' },
  headers: { Authorization: 'Bearer x' },
}
const read = (...objects: KubeObject[]) => readSettings(objects, (name) => SECRETS[name])

describe('settings', () => {
  it('read a policy with its patterns, sizes and times', () => {
    const { settings, faults } = read(
      object('RegistryPolicy', 'teams', {
        repositories: ['team/**', 'base/*'],
        immutableTags: ['v*'],
        quota: '2Gi',
        retention: { keepNewest: 3, keepYoungerThan: '30d', untaggedAfter: '1h30m' },
      }),
    )

    expect(faults).toEqual([])
    const [policy] = settings.policies
    expect(policy).toMatchObject({ name: 'teams', anonymousPull: false, quota: 2 * 1024 ** 3 })
    expect(['team/a/b', 'base/a', 'base/a/b', 'other'].map((name) => policy?.covers(name))).toEqual([
      true,
      true,
      false,
      false,
    ])
    expect(['v1', 'latest'].map((tag) => policy?.immutableTags?.(tag))).toEqual([true, false])
    expect(policy?.retention).toMatchObject({
      keepNewest: 3,
      keepYoungerThan: 30 * 86_400_000,
      untaggedAfter: 5_400_000,
    })
  })

  it.each([
    ['docker.io', undefined, { host: 'docker.io', url: 'https://registry-1.docker.io', freshness: 600_000 }],
    ['http://10.0.0.7:5000', undefined, { host: '10.0.0.7:5000', url: 'http://10.0.0.7:5000' }],
    ['docker.io', 'hub', { credentials: { username: 'robot', password: 's3cret' } }],
    ['docker.io', 'hub-docker', { credentials: { username: 'robot', password: 'a:b' } }],
  ])('read a cache of %s with the login of Secret %s', (upstream, secret, expected) => {
    const spec = { upstream, ...(secret && { secretRef: { name: secret } }) }

    const { settings, faults } = read(object('RegistryCache', 'docker.io', spec))

    expect(faults).toEqual([])
    expect(settings.upstreams).toMatchObject([{ name: 'docker.io', ...expected }])
  })

  it('read a webhook with what its Secret adds, and leave out what is switched off', () => {
    const spec = { serviceUri: 'https://ci.example/hook', actions: ['push'], headersSecretRef: { name: 'headers' } }

    const { settings } = read(
      object('RegistryWebhook', 'on', { ...spec, customHeaders: { 'X-Team': 'a' } }),
      object('RegistryWebhook', 'off', { ...spec, enabled: false }),
    )

    expect(settings.webhooks).toMatchObject([
      { name: 'on', url: 'https://ci.example/hook', scope: '', headers: { 'X-Team': 'a', Authorization: 'Bearer x' } },
    ])
  })

  it.each([
    ['an unknown field', 'RegistryPolicy', { repositories: ['a'], immutable: true }, /unknown field "spec.immutable"/],
    ['a field that is missing', 'RegistryWebhook', { actions: ['push'] }, /spec.serviceUri: Required value/],
    ['a wrong action', 'RegistryWebhook', { serviceUri: 'http://x', actions: ['pull'] }, /supported values/],
    ['a wrong time', 'RegistryCache', { upstream: 'docker.io', freshness: '10' }, /freshness/],
    ['a wrong size', 'RegistryPolicy', { repositories: ['a'], quota: 'much' }, /"much" is no quantity/],
    ['a wrong upstream', 'RegistryCache', { upstream: 'ftp://x' }, /neither a host name nor a base URL/],
    ['a path in the upstream', 'RegistryCache', { upstream: 'https://x/y' }, /neither a host name nor a base URL/],
    ['no Secret', 'RegistryCache', { upstream: 'x', secretRef: { name: 'none' } }, /there is no Secret none/],
    ['a broken Secret', 'RegistryCache', { upstream: 'x', secretRef: { name: 'broken' } }, /no login for x/],
    [
      'a header that is none',
      'RegistryWebhook',
      { serviceUri: 'http://x', actions: ['push'], customHeaders: { 'a b': '' } },
      /no header/,
    ],
    ['an unknown kind', 'RegistryThing', {}, /the kinds here are RegistryPolicy/],
  ])('name an object with %s and keep the others', (_what, kind, spec, expected) => {
    const { settings, faults } = read(
      object(kind, 'bad', spec),
      object('RegistryPolicy', 'good', { repositories: ['a'] }),
    )

    expect(settings.policies.map(({ name }) => name)).toEqual(['good'])
    expect(faults.map(({ error }) => error.message)).toEqual([expect.stringMatching(expected)])
    expect(faults[0]?.error.at).toEqual({ object: `${kind}/bad` })
  })
})

describe('a duration', () => {
  it.each([
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['1.5d', 129_600_000],
    ['10', undefined],
    ['', undefined],
    ['-1h', undefined],
  ])('%s', (text, expected) => {
    expect(parseDuration(text)).toBe(expected)
  })
})
