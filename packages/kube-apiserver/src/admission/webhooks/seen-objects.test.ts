import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../testing/test-server.ts'
import { startWebhookServer, type WebhookServer } from '../../testing/webhook-server.ts'

let api: TestServer
let hook: WebhookServer
// biome-ignore lint/suspicious/noExplicitAny: objects as webhooks see them.
let seen: any[] = []
// biome-ignore lint/suspicious/noExplicitAny: reviews as they come in.
let reviews: any[] = []
// biome-ignore lint/suspicious/noExplicitAny: see above.
let respond: (review: any) => object = () => ({ allowed: true })

const LABELS = { app: 'a' }
const template = { metadata: { labels: LABELS }, spec: { containers: [{ name: 'c', image: 'x:1' }] } }
const STATUS = { observedGeneration: 3, replicas: 2 }
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments'
const WIDGETS = '/apis/example.com/v1/namespaces/default/widgets'
const MERGE = { type: 'application/merge-patch+json' }
const APPLY = { type: 'application/apply-patch+yaml' }

const deployment = (name: string, extra: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: { replicas: 1, selector: { matchLabels: LABELS }, template },
  ...extra,
})
const widget = (name: string, extra: object = {}) => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name },
  spec: { size: 1 },
  ...extra,
})

const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
const definition = {
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', properties: { spec: open, status: open } } },
      },
    ],
  },
}

beforeAll(async () => {
  api = await startTestServer()
  hook = await startWebhookServer('AdmissionReview', 'admission.k8s.io/v1', (review) => {
    seen.push(review.object)
    reviews.push(review)
    return respond(review)
  })
  await api.call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { body: definition })
  await api.call('POST', '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations', {
    body: {
      metadata: { name: 'all' },
      webhooks: [
        {
          name: 'all.example.com',
          clientConfig: hook.client,
          rules: [
            { operations: ['*'], apiGroups: ['apps', 'example.com', ''], apiVersions: ['*'], resources: ['*/*'] },
          ],
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
        },
      ],
    },
  })
})
afterAll(async () => {
  hook.stop()
  await api.stop()
})
beforeEach(() => {
  seen = []
  reviews = []
  respond = () => ({ allowed: true })
})

/** The fields that somebody manages. */
// biome-ignore lint/suspicious/noExplicitAny: an object as it came back.
const managed = ({ metadata }: any): string[] =>
  (metadata.managedFields ?? []).flatMap(({ fieldsV1 }: { fieldsV1: object }) => Object.keys(fieldsV1)).sort()

describe.each([
  ['a built-in kind', DEPLOYMENTS, deployment, {}, { replicas: 5 }],
  ['a custom resource', WIDGETS, widget, undefined, { size: 5 }],
])('a webhook that may change %s', (kind, path, object, unset, changed) => {
  const name = (of: string) => `${of}-${kind.split(' ').at(-1)}`

  it('sees the status that a client sends with it, which is not kept and belongs to nobody', async () => {
    const made = await api.call('POST', path, { body: object(name('made'), { status: STATUS }) })
    const applied = await api.call('PATCH', `${path}/${name('applied')}?fieldManager=m`, {
      ...APPLY,
      body: object(name('applied'), { status: STATUS }),
    })

    expect([made.status, applied.status]).toEqual([201, 201])
    expect(seen.map(({ status }) => status)).toMatchObject([STATUS, STATUS])
    expect([made.body.status, applied.body.status]).toEqual([unset, unset])
    expect([managed(made.body), managed(applied.body)]).toEqual([['f:spec'], ['f:spec']])
  })

  it('sees what an update would change of the status and of metadata, and none of it is kept', async () => {
    const one = `${path}/${name('updated')}`
    await api.call('POST', path, { body: object(name('updated')) })
    await api.call('PATCH', `${one}/status`, { ...MERGE, body: { status: { replicas: 1 } } })
    const { body: stored } = await api.call('GET', one)
    const { resourceVersion } = stored.metadata
    seen = []

    const sent = {
      metadata: { name: name('updated'), resourceVersion, generation: 9 },
      spec: { ...stored.spec, ...changed },
    }
    const replaced = await api.call('PUT', one, { body: object('', { ...sent, status: STATUS }) })
    const merged = await api.call('PATCH', one, { ...MERGE, body: { status: STATUS } })
    const applied = await api.call('PATCH', `${one}?fieldManager=m&force=true`, {
      ...APPLY,
      body: object(name('updated'), { status: STATUS }),
    })

    expect([replaced.status, merged.status, applied.status]).toEqual([200, 200, 200])
    expect(seen.map(({ status }) => status)).toMatchObject([STATUS, STATUS, STATUS])
    expect([seen[0].metadata.uid, seen[0].metadata.generation]).toEqual([undefined, 9])
    expect(replaced.body.metadata).toMatchObject({ uid: stored.metadata.uid, generation: 2 })
    expect([replaced.body.status, merged.body.status, applied.body.status]).toEqual([
      stored.status,
      stored.status,
      stored.status,
    ])
  })

  it('sees what a write of the status would change elsewhere, which stays as it is', async () => {
    const one = `${path}/${name('told')}`
    const { body: stored } = await api.call('POST', path, { body: object(name('told')) })
    seen = []

    const body = { spec: { ...stored.spec, ...changed }, status: STATUS }
    const told = await api.call('PATCH', `${one}/status?fieldManager=teller`, { ...MERGE, body })

    expect(seen).toMatchObject([body])
    expect([told.body.spec, told.body.status]).toEqual([stored.spec, STATUS])
    const teller = told.body.metadata.managedFields.find(({ manager }: { manager: string }) => manager === 'teller')
    expect(Object.keys(teller.fieldsV1)).toEqual(['f:status'])
  })

  it('is asked before an update meets another version', async () => {
    await api.call('POST', path, { body: object(name('stale')) })
    seen = []

    const metadata = { name: name('stale'), resourceVersion: '1' }
    const refused = await api.call('PUT', `${path}/${name('stale')}`, { body: object('', { metadata }) })

    expect(refused.status).toBe(409)
    expect(seen).toMatchObject([{ metadata }])
  })
})

describe('a webhook for what is asked of an object', () => {
  const patched = (patch: object[]) => ({
    allowed: true,
    patchType: 'JSONPatch',
    patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
  })
  const PODS = '/api/v1/namespaces/default/pods'
  const ofPart = (part: string) => reviews.filter(({ subResource }) => subResource === part)

  it('sees and changes a Scale as one', async () => {
    await api.call('POST', DEPLOYMENTS, { body: deployment('scaled') })
    respond = () => patched([{ op: 'replace', path: '/spec/replicas', value: 4 }])

    const body = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'scaled' }, spec: { replicas: 2 } }
    const scaled = await api.call('PUT', `${DEPLOYMENTS}/scaled/scale`, { body })

    expect(scaled.body.spec).toEqual({ replicas: 4 })
    expect(ofPart('scale')).toMatchObject([
      { kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' }, object: { apiVersion: 'autoscaling/v1' } },
    ])
  })

  it('sees an Eviction, and nothing of what follows from it', async () => {
    const { spec } = template
    await api.call('POST', PODS, { body: { metadata: { name: 'evicted' }, spec } })
    reviews = []
    respond = () => ({ allowed: false, status: { message: 'not now' } })
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'evicted' } }

    const refused = await api.call('POST', `${PODS}/evicted/eviction`, { body: eviction })
    respond = () => ({ allowed: true })
    const evicted = await api.call('POST', `${PODS}/evicted/eviction`, { body: eviction })

    expect([refused.status, refused.body.message]).toEqual([
      400,
      'admission webhook "all.example.com" denied the request: not now',
    ])
    expect(evicted.status).toBe(201)
    expect(reviews.map(({ operation, subResource, kind }) => [operation, subResource, kind.kind])).toEqual([
      ['CREATE', 'eviction', 'Eviction'],
      ['CREATE', 'eviction', 'Eviction'],
    ])
  })

  it('may put a pod on another node than its Binding says', async () => {
    await api.call('POST', PODS, { body: { metadata: { name: 'bound' }, spec: template.spec } })
    respond = ({ subResource }) =>
      subResource === 'binding' ? patched([{ op: 'replace', path: '/target/name', value: 'other' }]) : { allowed: true }

    const body = { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'bound' }, target: { kind: 'Node', name: 'n' } }
    await api.call('POST', `${PODS}/bound/binding`, { body })

    const { body: pod } = await api.call('GET', `${PODS}/bound`)
    expect(pod.spec.nodeName).toBe('other')
    expect(ofPart('binding')).toMatchObject([{ operation: 'CREATE', object: { kind: 'Binding' } }])
  })

  it('sees what a token is asked for, and may have it asked for less long', async () => {
    respond = () => patched([{ op: 'add', path: '/spec/expirationSeconds', value: 600 }])
    const path = '/api/v1/namespaces/default/serviceaccounts/default/token'
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences: ['a'] } }

    const made = await api.call('POST', path, { body })

    expect([made.status, made.body.spec]).toEqual([
      201,
      { audiences: ['a'], expirationSeconds: 600, boundObjectRef: null },
    ])
    expect(ofPart('token')).toMatchObject([{ operation: 'CREATE', name: 'default', object: body }])
  })
})
