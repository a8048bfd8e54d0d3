import { TransientError, UserError } from '@slipway/errors'
import type { KubeClient } from '@slipway/kube-client'
import { describe, expect, it } from 'vitest'
import type { Pod } from '../../model/pod.ts'
import type { PodCondition, PodStatus } from '../../model/pod-status.ts'
import { FakeCluster } from '../../testing/index.ts'
import { StatusWriter } from './status-writer.ts'

const time = '2026-01-01T00:00:00Z'
const ready = (condition: Partial<PodCondition>): PodStatus =>
  ({
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True', lastProbeTime: null, lastTransitionTime: time, ...condition }],
  }) as PodStatus

describe('StatusWriter', () => {
  it('takes the reason away when a condition is met, and leaves the conditions of others', async () => {
    const cluster = new FakeCluster()
    const foreign = {
      type: 'example.com/gate',
      status: 'True',
      reason: 'Given',
      message: 'x',
      lastTransitionTime: time,
    }
    const pod = (await cluster.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'n' },
      status: { conditions: [foreign] },
    })) as Pod
    const writer = new StatusWriter(cluster.client(), (error) => expect.unreachable(String(error)))

    writer.set(pod, ready({ status: 'False', reason: 'ContainersNotReady', message: 'c' }))
    await writer.flush()
    writer.set(pod, ready({}))
    await writer.flush()

    const written = await cluster.get({ apiVersion: 'v1', kind: 'Pod', namespace: 'n', name: 'p' })
    expect(written?.status.conditions).toContainEqual(foreign)
    expect(written?.status.conditions).toContainEqual({ type: 'Ready', status: 'True', lastTransitionTime: time })
  })

  it.each([...Array(16).keys()])('writes what comes %i turns after the one before is written', async (turns) => {
    const cluster = new FakeCluster()
    const pod = (await cluster.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'n' },
    })) as Pod
    const client = cluster.client()
    const patch = client.patch.bind(client)
    const writer = new StatusWriter(client, (error) => expect.unreachable(String(error)))
    const isSet = new Promise<void>((resolve) => {
      client.patch = ((...args: Parameters<typeof patch>) => {
        client.patch = patch
        const written = patch(...args)
        void written.then(async () => {
          for (let turn = 0; turn < turns; turn++) await undefined
          writer.set(pod, ready({}))
          resolve()
        })
        return written
      }) as typeof patch
    })

    writer.set(pod, ready({ status: 'False' }))
    await isSet
    await writer.flush()

    const written = await cluster.get({ apiVersion: 'v1', kind: 'Pod', namespace: 'n', name: 'p' })
    expect(written?.status.conditions).toMatchObject([{ type: 'Ready', status: 'True' }])
  })

  describe('that is refused', () => {
    const pod: Pod = {
      ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'n', uid: 'u' } },
      spec: { containers: [] },
    }

    /** An API whose pod has this uid, and that refuses what says `bad`. */
    function api(uid: string) {
      const written: string[] = []
      const errors: unknown[] = []
      const client = {
        get: async () => ({ ...pod, metadata: { ...pod.metadata, uid } }),
        async patch(
          _ref: object,
          _type: string,
          { metadata, status }: { metadata: { uid: string }; status: PodStatus },
        ) {
          if (metadata.uid !== uid) throw new UserError('KUBE_INVALID', 'metadata.uid: field is immutable')
          written.push(status.message ?? '')
          if (status.message === 'bad') throw new UserError('KUBE_INVALID', 'status.message: it is bad')
        },
      } as unknown as KubeClient
      return { written, errors, client, writer: new StatusWriter(client, (error) => errors.push(error)) }
    }

    it('is told of, keeps no later one back, and is tried again when it is said again', async () => {
      const { written, errors, writer } = api('u')
      writer.set(pod, { phase: 'Running', message: 'bad' })
      writer.set(pod, { phase: 'Running', message: 'good' })
      await writer.flush()
      writer.set(pod, { phase: 'Running', message: 'bad' })
      await writer.flush()
      writer.set(pod, { phase: 'Running', message: 'bad' })
      await writer.flush()

      expect(written).toEqual(['bad', 'good', 'bad', 'bad'])
      expect(errors).toHaveLength(3)
    })

    it('is told of where nobody can say whether another pod has the name', async () => {
      const { errors, writer, client } = api('u')
      client.get = () => Promise.reject(new TransientError('KUBE_UNAVAILABLE', 'no'))
      writer.set(pod, { phase: 'Running', message: 'bad' })
      await writer.flush()

      expect(errors).toMatchObject([{ code: 'KUBE_INVALID' }])
    })

    it('because another pod has the name is given up without a word', async () => {
      const { errors, writer } = api('another')
      writer.set(pod, { phase: 'Running', message: 'good' })
      await writer.flush()

      expect(errors).toEqual([])
    })
  })
})
