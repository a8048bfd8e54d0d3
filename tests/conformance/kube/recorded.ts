import { readFileSync, writeFileSync } from 'node:fs'

/** What a real API server answered, kept beside the tests: a JSON list with one item a line. */
export function readRecorded<T>(file: string): T[] {
  return JSON.parse(readFileSync(pathOf(file), 'utf8'))
}

export function writeRecorded(file: string, items: readonly unknown[]): void {
  const lines = items.map((item) => JSON.stringify(item))
  writeFileSync(pathOf(file), `[\n${lines.join(',\n')}\n]\n`)
}

/** Set to write down what the server of SLIPWAY_CONFORMANCE_KUBECONFIG answers, which must be a real one. */
export const isRecording = process.env.SLIPWAY_CONFORMANCE_RECORD === 'yes'

const pathOf = (file: string): URL => new URL(`testdata/${file}`, import.meta.url)
