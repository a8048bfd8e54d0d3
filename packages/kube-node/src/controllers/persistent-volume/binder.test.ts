import type { KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { mergePatch } from '@slipway/kube-objects'
import { expect, it } from 'vitest'
import type { PersistentVolume, PersistentVolumeClaim } from '../../model/storage.ts'
import type { FreshCache } from '../ownership/fresh-cache.ts'
import { Binder } from './binder.ts'

it('a claim that is bound has the capacity and the class of attributes of its volume, which others change later', async () => {
  const spec = { capacity: { storage: '2Gi' }, accessModes: ['ReadWriteOnce'], volumeAttributesClassName: 'gold' }
  const volume: PersistentVolume = { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'v' }, spec }
  const claim: PersistentVolumeClaim = {
    ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'c', namespace: 'n', uid: 'u' } },
    spec: { volumeAttributesClassName: 'gold' },
    status: { phase: 'Pending' },
  }
  const stored = new Map<string, KubeObject>([
    ['v', volume],
    ['c', claim],
  ])
  const client = {
    patch: async ({ name }: { name: string }, _type: string, patch: object) => {
      const next = mergePatch(stored.get(name) as KubeObject, patch) as KubeObject
      stored.set(name, next)
      return next
    },
  } as unknown as KubeClient
  const cache = { wrote: (object: unknown) => object }
  const binder = new Binder({
    client,
    volumes: cache as unknown as FreshCache<PersistentVolume>,
    claims: cache as unknown as FreshCache<PersistentVolumeClaim>,
  })

  await binder.bind(volume, claim)
  expect(stored.get('c')?.status).toEqual({
    ...{ phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '2Gi' } },
    currentVolumeAttributesClassName: 'gold',
  })

  const changed = { ...(stored.get('v') as PersistentVolume), spec: { ...spec, volumeAttributesClassName: 'silver' } }
  await binder.bind(changed, stored.get('c') as PersistentVolumeClaim)
  expect(stored.get('c')?.status?.currentVolumeAttributesClassName).toBe('gold')
})
