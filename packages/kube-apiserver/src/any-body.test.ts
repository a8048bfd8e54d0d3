import { isObject, type SchemaNode, schemaFor } from '@slipway/kube-objects'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { startTestServer } from './testing/test-server.ts'

const TEXTS = ['', 'a', 'x.y', 'Always', '1', '*', '/', 'A b', '10.0.0.1', '::1', 'Exists', 'In', 'ClusterIP', 'true']
const TIMES = ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.123456Z']
const KEYS = ['a', 'b.c/d', '', 'cpu', 'memory']

/** Values of the types that a schema says, with anything in them and most things left out. */
function contentOf(schema: SchemaNode, depth = 0): fc.Arbitrary<unknown> {
  const { type, properties, additional, items, format } = schema
  switch (type) {
    case 'object':
      return properties ? structOf(properties, depth) : mapOf(additional ?? { type: 'any' }, depth)
    case 'array':
      return depth > 6 ? fc.constant([]) : fc.array(contentOf(items ?? { type: 'any' }, depth + 1), { maxLength: 2 })
    case 'string':
      return fc.constantFrom(...(format === 'date-time' ? TIMES : format === 'byte' ? ['', 'YQ=='] : TEXTS))
    case 'integer':
      return fc.constantFrom(0, 1, -1, 80, 70_000, 2 ** 31 - 1)
    case 'number':
      return fc.constantFrom(0, 1.5, -1)
    case 'boolean':
      return fc.boolean()
    case 'int-or-string':
      return fc.constantFrom(0, 1, '10%', 'x', '-5%', 80)
    case 'quantity':
      return fc.constantFrom('1', '100m', '1Gi', 0, '-1', '1e3')
    case 'any':
      return fc.constantFrom(null, {}, [], 'x', 1)
  }
}

function structOf(properties: Record<string, SchemaNode>, depth: number): fc.Arbitrary<unknown> {
  const fields = depth > 6 ? [] : Object.keys(properties)
  return fc
    .subarray(fields, { maxLength: Math.min(8, fields.length) })
    .chain((some) =>
      fc.record(
        Object.fromEntries(some.map((field) => [field, contentOf(properties[field] as SchemaNode, depth + 1)])),
      ),
    )
}

function mapOf(values: SchemaNode, depth: number): fc.Arbitrary<unknown> {
  return depth > 6
    ? fc.constant({})
    : fc.dictionary(fc.constantFrom(...KEYS), contentOf(values, depth + 1), { maxKeys: 2 })
}

it('answers a body of any content, of every kind, without a fault of its own', { timeout: 120_000 }, async () => {
  const faults: unknown[] = []
  const api = await startTestServer({ onError: (error) => faults.push(error) })
  await api.call('POST', '/api/v1/namespaces/default/serviceaccounts', { body: { metadata: { name: 'default' } } })
  const { body: all } = await api.call('GET', '/apis')
  const versions: string[] = all.groups.flatMap((group: Group) => group.versions.map((one) => one.groupVersion))

  for (const apiVersion of ['v1', ...versions]) {
    const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`
    const { body } = await api.call('GET', root)
    for (const { name, kind, namespaced, verbs } of body.resources as Resource[]) {
      const schema = schemaFor({ apiVersion, kind })
      if (!schema || !verbs.includes('create') || name.includes('/')) continue
      const path = `${root}${namespaced ? '/namespaces/default' : ''}/${name}?dryRun=All`
      for (const content of fc.sample(contentOf(schema), { numRuns: 8, seed: 1 })) {
        if (!isObject(content)) continue
        const { apiVersion: _, kind: __, metadata = {}, ...fields } = content
        const sent = { ...fields, metadata: { name: 'x', ...(metadata as object) } }
        await api.call('POST', path, { body: sent })
        expect({ path, sent, faults }).toEqual({ path, sent, faults: [] })
      }
    }
  }
  await api.stop()
})

it.each([
  ['v1/namespaces/default/pods', { metadata: { name: 'x' }, spec: {} }, 'spec.containers: Required value'],
  ['v1/namespaces', { metadata: {} }, 'name or generateName is required'],
])('says of %s what is missing', async (path, body, message) => {
  const api = await startTestServer()
  await api.call('POST', '/api/v1/namespaces/default/serviceaccounts', { body: { metadata: { name: 'default' } } })

  const answer = await api.call('POST', `/api/${path}`, { body })

  expect([answer.status, answer.body.message]).toEqual([422, expect.stringContaining(message)])
  await api.stop()
})

interface Group {
  versions: { groupVersion: string }[]
}

interface Resource {
  name: string
  kind: string
  namespaced: boolean
  verbs: string[]
}
