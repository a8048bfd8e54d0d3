import { afterAll, beforeAll, expect, it } from 'vitest'
import { call, useCluster } from './cluster.ts'
import { FIELDS, type Field } from './custom/fields.ts'
import { isRecording, readRecorded, writeRecorded } from './recorded.ts'

const FILE = 'custom-resources.json'
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

const place = useCluster()
/** Of its own for each run: a real cluster keeps the name for a while. */
const group = `fields-${Math.random().toString(36).slice(2, 10)}.example.com`

beforeAll(async () => {
  const { status } = await call('POST', CRDS, { body: definition() })
  expect(status).toBe(201)
})
afterAll(async () => {
  await call('DELETE', `${CRDS}/samples.${group}`)
})

interface Verdict {
  field: string
  value: unknown
  status: number
  /** `field|reason|message`. */
  causes: string[]
}

it('lets in and refuses the values that a real API server does, for the same reasons', async () => {
  await expect.poll(async () => (await call('GET', path())).status).toBe(200)
  const judged: Verdict[] = []
  for (const [field, { values }] of Object.entries<Field>(FIELDS)) {
    for (const value of values) judged.push({ field, value, ...(await judge({ [field]: value })) })
  }
  if (isRecording) writeRecorded(FILE, judged)

  expect(judged).toEqual(readRecorded<Verdict>(FILE))
})

async function judge(spec: object): Promise<Pick<Verdict, 'status' | 'causes'>> {
  const body = { apiVersion: `${group}/v1`, kind: 'Sample', metadata: { name: 'sample' }, spec }
  const { status, body: answer } = await call('POST', `${path()}?dryRun=All`, { body })
  const causes = (answer.details?.causes ?? []) as Record<string, string>[]
  return { status, causes: causes.map(({ field, reason, message }) => `${field}|${reason}|${message}`) }
}

const path = (): string => `/apis/${group}/v1/namespaces/${place.namespace}/samples`

function definition(): object {
  const properties = Object.fromEntries(Object.entries<Field>(FIELDS).map(([name, { schema }]) => [name, schema]))
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } } }
  return {
    metadata: { name: `samples.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'samples', kind: 'Sample' },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  }
}
