import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runKustomize } from '../../../apps/slipway/src/kustomize/command.ts'
import { caught } from '../caught.ts'
import { errorPart, type Golden, type KustomizeCase, type KustomizeCorpus, openCorpus } from './corpus.ts'

/** A folder with kustomizations and what kubectl printed for them; see corpus.ts. */
const source = process.env.SLIPWAY_KUSTOMIZE_CORPUS ?? ''

describe.skipIf(!source)(
  `a corpus of kustomizations${source ? '' : ' (skipped: SLIPWAY_KUSTOMIZE_CORPUS names none)'}`,
  () => {
    let corpus: KustomizeCorpus

    beforeAll(() => {
      corpus = openCorpus(source)
    })

    afterAll(() => corpus?.close())

    it('is built byte for byte as by kubectl, and fails in its words', { timeout: 600_000 }, async () => {
      const different: string[] = []
      for (const item of corpus.cases) {
        const [want, got] = [corpus.golden(item), await build(item)]
        if (want.exit !== got.exit || want.stdout !== got.stdout || want.error !== got.error) {
          different.push(`${item.id}: ${firstDifference(want, got)}`)
        }
      }
      expect(different).toEqual([])
    })

    async function build({ dir, args }: KustomizeCase): Promise<Golden> {
      const [stdout, stderr] = [caught(process.stdout), caught(process.stderr)]
      try {
        const exit = await runKustomize([join(corpus.folder, dir), ...args])
        const error = exit === 0 ? '' : errorPart(stderr.text().replaceAll(`${corpus.folder}/`, ''))
        return { exit, stdout: stdout.text(), error }
      } finally {
        stdout.release()
        stderr.release()
      }
    }
  },
)

function firstDifference(want: Golden, got: Golden): string {
  const [expected, actual] = [want, got].map(({ exit, stdout, error }) => `exit ${exit}\n${stdout}${error}`.split('\n'))
  const line = expected?.findIndex((text, index) => text !== actual?.[index]) ?? 0
  return `line ${line}: ${actual?.[line] ?? '(end)'}, not ${expected?.[line] ?? '(end)'}`
}
