import type { KubeObject } from '@slipway/kube-objects'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

let api: TestServer
beforeAll(async () => {
  api = await startTestServer()
})
afterAll(() => api.stop())

const PODS = '/api/v1/namespaces/default/pods'
const KEY = 'container.apparmor.security.beta.kubernetes.io/'
const COST = 'controller.kubernetes.io/pod-deletion-cost'
const containers = [{ name: 'c', image: 'x:1' }]
const causes = ({ details }: { details?: { causes?: { field: string; message: string }[] } }): string[] =>
  (details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`)

let names = 0
const create = async (annotations: object, spec: object = {}) =>
  (
    await api.call('POST', PODS, {
      body: { metadata: { name: `p${++names}`, annotations }, spec: { containers, ...spec } },
    })
  ).body

describe('annotations of pods that mean something', () => {
  it.each([
    [
      'a container that is not there',
      { [`${KEY}d`]: 'unconfined' },
      [`${KEY}d]: Invalid value: "d": container not found`],
    ],
    [
      'a profile that is none',
      { [`${KEY}c`]: 'mine' },
      [`${KEY}c]: Invalid value: "mine": invalid AppArmor profile name: "mine"`],
    ],
    ['a cost that is no number', { [COST]: '+5' }, [`${COST}]: Invalid value: "+5": must be a 32bit integer`]],
    [
      'a cost that is too large',
      { [COST]: '2147483648' },
      [`${COST}]: Invalid value: "2147483648": must be a 32bit integer`],
    ],
    ['a cost', { [COST]: '-2147483648' }, []],
    [
      'a mirror of nothing',
      { 'kubernetes.io/config.mirror': 'x' },
      ['kubernetes.io/config.mirror]: Invalid value: "x": must set spec.nodeName if mirror pod annotation is set'],
    ],
  ])('are judged: %s', async (_title, annotations, expected) => {
    expect(causes(await create(annotations))).toEqual(expected.map((text) => `metadata.annotations[${text}`))
  })

  it('are judged in templates, too', async () => {
    const labels = { app: 'a' }
    const template = { metadata: { labels, annotations: { [`${KEY}d`]: 'unconfined' } }, spec: { containers } }
    const body = { metadata: { name: 'd' }, spec: { selector: { matchLabels: labels }, template } }
    const answer = await api.call('POST', '/apis/apps/v1/namespaces/default/deployments', { body })

    expect(causes(answer.body)).toEqual([`spec.template.annotations[${KEY}d]: Invalid value: "d": container not found`])
  })

  it.each([
    ['unconfined', { type: 'RuntimeDefault' }, 'type: Forbidden: apparmor type in annotation and field must match'],
    [
      'localhost/one',
      { type: 'Localhost', localhostProfile: 'two' },
      'localhostProfile: Forbidden: apparmor profile in annotation and field must match',
    ],
  ])('do not contradict fields: %s beside %j', async (annotation, appArmorProfile, why) => {
    const own = containers.map((container) => ({ ...container, securityContext: { appArmorProfile } }))
    const answer = await create({ [`${KEY}c`]: annotation }, { containers: own })

    expect(causes(answer)).toEqual([`spec.containers[0].securityContext.appArmorProfile.${why}`])
  })

  it('stay as they are', async () => {
    const { metadata } = (await create({ [`${KEY}c`]: 'unconfined', other: 'x' })) as KubeObject
    const patch = async (annotations: object) => {
      const options = { body: { metadata: { annotations } }, type: 'application/merge-patch+json' }
      return causes((await api.call('PATCH', `${PODS}/${metadata.name}`, options)).body)
    }
    const change = `metadata.annotations[${KEY}c]: Forbidden: may not remove or update AppArmor annotations`

    expect(await patch({ [`${KEY}c`]: 'runtime/default' })).toEqual([change])
    expect(await patch({ [`${KEY}c`]: null })).toEqual([change])
    expect(await patch({ other: 'y' })).toEqual([])
    const bare = (await create({})) as KubeObject
    const options = {
      body: { metadata: { annotations: { [`${KEY}c`]: 'unconfined' } } },
      type: 'application/merge-patch+json',
    }
    expect(causes((await api.call('PATCH', `${PODS}/${bare.metadata.name}`, options)).body)).toEqual([
      `metadata.annotations[${KEY}c]: Forbidden: may not add AppArmor annotations`,
    ])
  })
})
