import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runHelm } from '../../../apps/slipway/src/helm/command.ts'
import { completeSchemas } from '../../../apps/slipway/src/helm/fetched-schemas.ts'
import { runLocalTemplate } from '../../../apps/slipway/src/helm/local-template.ts'
import { caught } from '../caught.ts'
import { argumentsOf, type ChartCase, type ChartCorpus, errorPart, type Golden, openCorpus } from './corpus.ts'

/** A folder with charts and what Helm printed for them; see corpus.ts. */
const source = process.env.SLIPWAY_CHART_CORPUS ?? ''

describe.skipIf(!source)(`a corpus of charts${source ? '' : ' (skipped: SLIPWAY_CHART_CORPUS names none)'}`, () => {
  let corpus: ChartCorpus
  const home = process.cwd()

  beforeAll(() => {
    corpus = openCorpus(source)
    // Helm's messages name the charts as the command line does.
    process.chdir(corpus.folder)
  })

  afterAll(() => {
    process.chdir(home)
    corpus?.close()
  })

  it.each(['helm4', 'helm3'] as const)('is rendered byte for byte as by %s', { timeout: 600_000 }, async (compat) => {
    const different: string[] = []
    for (const item of corpus.cases) {
      const [want, got] = [corpus.golden(item, compat), await render(item, compat)]
      if (!isSame(item, want, got)) different.push(`${item.id}: ${firstDifference(want, got)}`)
    }
    expect(different).toEqual([])
  })

  async function render(item: ChartCase, compat: string): Promise<Golden> {
    const [stdout, stderr] = [caught(process.stdout), caught(process.stderr)]
    try {
      const args = [...argumentsOf(item), '--compat', compat]
      const exit = (await runLocalTemplate(args, {}, completeSchemas)) ?? (await runHelm(['template', ...args]))
      const error = exit === 0 ? '' : errorPart(stderr.text().replaceAll(`${corpus.folder}/`, ''))
      return { exit, stdout: stdout.text(), error }
    } finally {
      stdout.release()
      stderr.release()
    }
  }
})

function isSame({ unordered }: ChartCase, want: Golden, got: Golden): boolean {
  const error = (of: Golden): string => (unordered ? of.error.split('\n').sort().join('\n') : of.error)
  return want.exit === got.exit && want.stdout === got.stdout && error(want) === error(got)
}

function firstDifference(want: Golden, got: Golden): string {
  if (want.exit !== got.exit) return `exit ${got.exit}, not ${want.exit}: ${got.error.slice(0, 300)}`
  const [expected, actual] = [want, got].map(({ stdout, error }) => `${stdout}${error}`.split('\n')) as [
    string[],
    string[],
  ]
  const line = expected.findIndex((text, index) => text !== actual[index])
  return `line ${line + 1}: ${actual[line] ?? '(end)'}, not ${expected[line] ?? '(end)'}`
}
