import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

const BATCH = '/apis/batch/v1/namespaces/default'

let api: TestServer
beforeAll(async () => {
  api = await startTestServer()
})
afterAll(() => api.stop())

const template = (labels: object = {}) => ({
  metadata: { labels },
  spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x' }] },
})
const job = (name: string, spec: object) => ({ metadata: { name }, spec })

it('a Job does not take labels or a selector of another', async () => {
  const foreign = { 'controller-uid': 'of-another' }
  const spec = { selector: { matchLabels: foreign }, template: template(foreign) }

  const refused = await api.call('POST', `${BATCH}/jobs`, { body: job('copy', spec) })
  const own = await api.call('POST', `${BATCH}/jobs`, {
    body: job('own', { manualSelector: true, selector: { matchLabels: { a: 'b' } }, template: template({ a: 'b' }) }),
  })
  const more = await api.call('POST', `${BATCH}/jobs`, { body: job('plain', { template: template({ a: 'b' }) }) })

  const fields = refused.body.details.causes.map(({ field }: { field: string }) => field)
  expect(fields).toEqual(['spec.template.metadata.labels[controller-uid]', 'spec.selector'])
  expect(own.body.spec.selector).toEqual({ matchLabels: { a: 'b' } })
  const { uid } = more.body.metadata
  expect(more.body.spec.selector).toEqual({ matchLabels: { 'batch.kubernetes.io/controller-uid': uid } })
  expect(more.body.spec.template.metadata.labels).toMatchObject({ a: 'b', 'job-name': 'plain', 'controller-uid': uid })
})

it('a CronJob has a name that leaves room for a time', async () => {
  const spec = { schedule: '* * * * *', jobTemplate: { spec: { template: template() } } }
  const create = (length: number) => api.call('POST', `${BATCH}/cronjobs`, { body: job('c'.repeat(length), spec) })

  const { status, body } = await create(53)

  expect([status, body.details.causes[0].message]).toEqual([
    422,
    `Invalid value: "${'c'.repeat(53)}": must be no more than 52 characters`,
  ])
  expect((await create(52)).status).toBe(201)
})

it('an Ingress that names its class twice names the same', async () => {
  const ingress = (ingressClassName: string) => ({
    metadata: { name: ingressClassName, annotations: { 'kubernetes.io/ingress.class': 'one' } },
    spec: { ingressClassName, defaultBackend: { service: { name: 's', port: { number: 80 } } } },
  })
  const create = (name: string) =>
    api.call('POST', '/apis/networking.k8s.io/v1/namespaces/default/ingresses', { body: ingress(name) })

  const [same, other] = [await create('one'), await create('two')]

  expect([same.status, other.status]).toEqual([201, 422])
  expect(other.body.message).toContain('annotations.kubernetes.io/ingress.class: Invalid value: "one": must match')
})
