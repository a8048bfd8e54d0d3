import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { withKnownFields } from './known-fields.ts'

const text = { type: 'string' }
const schemas = {
  Thing: {
    properties: {
      apiVersion: text,
      kind: text,
      metadata: { properties: { name: text, labels: { additionalProperties: text } } },
      spec: { default: {}, allOf: [{ $ref: '#/components/schemas/Spec' }] },
      open: { type: 'object' },
      kept: { properties: {}, 'x-kubernetes-preserve-unknown-fields': true },
      any: { additionalProperties: true },
    },
    'x-kubernetes-group-version-kind': [{ group: 'shop.example.com', version: 'v1', kind: 'Thing' }],
  },
  Spec: { properties: { size: { type: 'integer' }, parts: { items: { $ref: '#/components/schemas/Part' } } } },
  Part: { properties: { name: text, inner: { $ref: '#/components/schemas/Spec' } } },
}

let server: Server
let client: KubeClient
const asked: string[] = []

beforeAll(async () => {
  server = createServer(({ url = '' }, response) => {
    asked.push(url)
    const isThere = url === '/openapi/v3/apis/shop.example.com/v1'
    response.writeHead(isThere ? 200 : 404).end(isThere ? JSON.stringify({ components: { schemas } }) : '')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  client = new KubeClient({ server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
})
afterAll(async () => {
  await client.close()
  server.close()
})

const thing = (fields: object): KubeObject =>
  ({ apiVersion: 'shop.example.com/v1', kind: 'Thing', metadata: { name: 'a' }, ...fields }) as KubeObject

it.each([
  ['of the object itself', { wrong: 1, spec: { size: 1 } }, { spec: { size: 1 } }],
  [
    'behind references and in lists',
    { spec: { wrong: {}, parts: [{ name: 'a', wrong: 1, inner: { size: 2, wrong: 3 } }] } },
    { spec: { parts: [{ name: 'a', inner: { size: 2 } }] } },
  ],
  [
    'but none of maps',
    { metadata: { name: 'a', labels: { own: 'x' } } },
    { metadata: { name: 'a', labels: { own: 'x' } } },
  ],
  [
    'but none where anything may be',
    { open: { a: 1 }, kept: { b: { c: 2 } }, any: { d: [3] } },
    { open: { a: 1 }, kept: { b: { c: 2 } }, any: { d: [3] } },
  ],
])('leaves out unknown fields %s', async (_which, given, expected) => {
  expect(await withKnownFields(client, [thing(given)])).toEqual([thing(expected)])
})

it('leaves objects alone of which the server says nothing, and asks once for a version', async () => {
  asked.length = 0
  const other = { ...thing({ wrong: 1 }), apiVersion: 'v1', kind: 'Other' }

  expect(await withKnownFields(client, [other, other, { ...other, apiVersion: 'shop.example.com/v1' }])).toEqual([
    other,
    other,
    { ...other, apiVersion: 'shop.example.com/v1' },
  ])
  expect(asked.sort()).toEqual(['/openapi/v3/api/v1', '/openapi/v3/apis/shop.example.com/v1'])
})
