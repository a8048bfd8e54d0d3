import { InformerSet, type KubeClient } from '@slipway/kube-client'
import { MemoryApiServer } from '@slipway/kube-client/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SETTINGS_KINDS } from './read-settings.ts'
import { type SettingsControllers, settingsControllers } from './settings-controllers.ts'

const namespace = 'slipway-system'
const CACHE = { apiVersion: 'slipway.dev/v1alpha1', kind: 'RegistryCache' }

let api: MemoryApiServer
let client: KubeClient
let informers: InformerSet
let running: SettingsControllers

beforeEach(async () => {
  api = new MemoryApiServer([
    { apiVersion: 'v1', kind: 'Event', plural: 'events' },
    { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' },
    ...SETTINGS_KINDS.map((kind) => ({ ...kind, plural: `${kind.kind.toLowerCase().replace(/y$/, 'ie')}s` })),
  ])
  client = await api.start()
  informers = new InformerSet(client)
  running = settingsControllers({ client, informers }, { namespace })
  await Promise.all(running.controllers.map((controller) => controller.start()))
})
afterEach(async () => {
  await Promise.all(running.controllers.map((controller) => controller.stop()))
  await informers.stop()
  await client.close()
  await api.stop()
})

const ready = async (name: string): Promise<string> => {
  const object = await client.get({ ...CACHE, namespace, name })
  const { status, message } = object?.status?.conditions?.find(({ type }: { type: string }) => type === 'Ready') ?? {}
  return `${status} ${message}`
}

describe('settings from objects', () => {
  it('follow the objects and their Secrets, and tell each object whether it counts', async () => {
    await client.create({
      ...CACHE,
      metadata: { name: 'hub', namespace },
      spec: { upstream: 'docker.io', secretRef: { name: 'login' } },
    })
    await expect.poll(() => ready('hub')).toMatch(/^False .*there is no Secret login/)
    expect(running.settings().upstreams).toEqual([])

    await client.create({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'login', namespace },
      data: { username: btoa('robot'), password: btoa('first') },
    })
    await expect.poll(() => ready('hub')).toBe('True the registry goes by it')
    expect(running.settings().upstreams).toMatchObject([{ name: 'hub', credentials: { password: 'first' } }])

    await client.delete({ ...CACHE, namespace, name: 'hub' })
    await expect.poll(() => running.settings().upstreams).toEqual([])
  })
})
