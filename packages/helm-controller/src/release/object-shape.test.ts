import { describe, expect, it } from 'vitest'
import { shapeFault } from './object-shape.ts'

const object = (metadata?: unknown) => ({ apiVersion: 'v1', kind: 'Pod', ...(metadata !== undefined && { metadata }) })

describe('a document of a manifest', () => {
  it.each([
    [object()],
    [object({ name: 'a', labels: { a: 'b', none: null }, annotations: null })],
    [object(null)],
  ])('is an object: %j', (value) => {
    expect(shapeFault(value)).toBeUndefined()
  })

  it.each([
    [{}, 'error validating "": error validating data: [apiVersion not set, kind not set]'],
    [{ apiVersion: 'v1' }, 'error validating "": error validating data: kind not set'],
    ['text', 'unable to decode "": json: cannot unmarshal string into Go value of type map[string]interface {}'],
    [
      object({ labels: { version: 3.9 } }),
      'unable to decode "": json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string',
    ],
    [
      object({ annotations: { on: true } }),
      'unable to decode "": json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.annotations of type string',
    ],
    [
      object({ labels: ['a'] }),
      'unable to decode "": json: cannot unmarshal array into Go struct field ObjectMeta.metadata.labels of type map[string]string',
    ],
    [
      object({ name: 5 }),
      'unable to decode "": json: cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string',
    ],
  ])('is none: %j', (value, fault) => {
    expect(shapeFault(value)).toBe(fault)
  })
})
