import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { renderFiles } from '../testing/render-text.ts'

interface Row {
  readonly schema: string
  readonly values: string
  /** What Helm 4.1.4 printed below the chart's name; empty when the values fit. */
  readonly message: string
}
const rows: Row[] = JSON.parse(readFileSync(new URL('../testdata/schemas.json', import.meta.url), 'utf8'))

function problemOf({ schema, values }: Row): string {
  try {
    renderFiles({ 'values.schema.json': schema, 'values.yaml': values })
    return ''
  } catch (error) {
    return (error as Error).message.split('\n').slice(2).join('\n').trimEnd()
  }
}

/** Helm goes through maps in no order. */
function lines(message: string): string[] {
  return message.split('\n').sort()
}

describe("values.schema.json with Helm's outcome and words", () => {
  it.each(rows)('$schema with $values', (row) => {
    expect(lines(problemOf(row))).toEqual(lines(row.message))
  })
})
