import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Compat } from '../compat.ts'
import { renderFiles } from '../testing/render-text.ts'
import type { RemoteSchemas, SchemaFault } from './source.ts'

interface Row {
  readonly name: string
  readonly schema: unknown
  /** By their path on http://schemas.test; a text stands for itself. */
  readonly documents: Readonly<Record<string, unknown>>
  readonly values: unknown
  /** What Helm 4.1.4 printed below the chart's name; empty when the values fit. */
  readonly helm4: string
  /** The same of Helm 3.17.2; absent where it crashes or asks the network. */
  readonly helm3?: string
}
const rows: Row[] = JSON.parse(readFileSync(new URL('../testdata/remote-schemas.json', import.meta.url), 'utf8'))

const host = 'http://schemas.test/'

function served(documents: Row['documents']): RemoteSchemas {
  return {
    find: (address) => {
      const document = address.startsWith(host) ? documents[address.slice(host.length)] : undefined
      if (document === undefined) return notFound(address)
      return new TextEncoder().encode(typeof document === 'string' ? document : JSON.stringify(document))
    },
  }
}

function notFound(address: string): SchemaFault {
  return {
    helm4: `HTTP request to ${address} returned status 404 (Not Found)`,
    helm3: 'Could not read schema from HTTP, response status is 404 Not Found',
    isTransient: false,
  }
}

function problemOf(schema: unknown, values: unknown, options: { schemas?: RemoteSchemas; compat?: Compat }): string {
  const texts = { 'values.schema.json': JSON.stringify(schema), 'values.yaml': JSON.stringify(values) }
  try {
    renderFiles(texts, options)
    return ''
  } catch (error) {
    return (error as Error).message.split('\n').slice(2).join('\n').trimEnd()
  }
}

/** Helm goes through maps in no order. */
function lines(message: string): string[] {
  return message.split('\n').sort()
}

const cases = rows.flatMap(({ helm4, helm3, ...row }) => [
  { ...row, compat: 'helm4' as const, message: helm4 },
  ...(helm3 === undefined ? [] : [{ ...row, compat: 'helm3' as const, message: helm3 }]),
])

describe("references to other documents with Helm's outcome and words", () => {
  it.each(cases)('$name, as $compat', ({ schema, documents, values, compat, message }) => {
    expect(lines(problemOf(schema, values, { schemas: served(documents), compat }))).toEqual(lines(message))
  })
})

describe('documents that are not known yet', () => {
  const schema = {
    properties: { a: { $ref: `${host}a.json` }, b: { $ref: `${host}b.json#/x` }, c: { $ref: '#/nowhere' } },
  }

  it.each(['helm4', 'helm3'] as const)('are asked for all at once, as %s', (compat) => {
    const asked: string[] = []
    const find = (address: string) => {
      asked.push(address)
      return undefined
    }

    const problem = problemOf(schema, {}, { schemas: { find }, compat })

    expect(asked).toEqual([`${host}a.json`, `${host}b.json`])
    expect(problem).toBe(`failing loading "${host}a.json": it was not fetched`)
  })

  it('are asked for by no rendering that checks no schemas', () => {
    const find = (address: string) => {
      throw new Error(`${address} was asked for`)
    }
    const texts = { 'values.schema.json': JSON.stringify(schema), 'templates/a.yaml': 'a: 1' }

    const { text } = renderFiles(texts, { schemas: { find }, skipSchemaValidation: true })

    expect(text).toContain('a: 1')
  })

  it('are told as what may pass when they can be had later', () => {
    const find = () => ({ helm4: 'HTTP request failed', helm3: 'no', isTransient: true })

    const render = () => renderFiles({ 'values.schema.json': JSON.stringify(schema) }, { schemas: { find } })

    expect(render).toThrow(expect.objectContaining({ class: 'transient', code: 'CHART_SCHEMA_UNREACHABLE' }))
  })
})

it('names each URN that is taken for a schema that everything fits', () => {
  const urns: string[] = []
  const schemas = { find: () => undefined, ignore: (urn: string) => urns.push(urn) }

  const problem = problemOf({ properties: { a: { $ref: 'urn:example:thing' } } }, { a: 1 }, { schemas })

  expect({ problem, urns }).toEqual({ problem: '', urns: ['urn:example:thing'] })
})
