import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** One `helm template` of the corpus. */
export interface ChartCase {
  readonly id: string
  readonly chart: string
  readonly release: string
  readonly namespace: string
  readonly values: readonly string[]
  readonly args: readonly string[]
  /** The exit status that Helm had. */
  readonly exit: number
}

/** A corpus of charts: a folder with cases.jsonl, the charts it names and, packed, those that are folders (dirs.tar.gz). */
export interface ChartCorpus {
  /** The folder with everything unpacked; the paths of cases are relative to it. */
  readonly folder: string
  readonly cases: readonly ChartCase[]
  close(): void
}

/** Opens a corpus in a temporary folder. Throws an Error when the folder is none. */
export function openCorpus(source: string): ChartCorpus {
  const list = join(source, 'cases.jsonl')
  if (!existsSync(list)) throw new Error(`${source} is no chart corpus: it has no cases.jsonl`)
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'bench-charts-'))
  for (const name of ['cases.jsonl', 'charts', 'values'])
    symlinkSync(realpathSync(join(source, name)), join(folder, name))
  execFileSync('tar', ['-xzf', join(source, 'dirs.tar.gz'), '-C', folder])
  const lines = readFileSync(list, 'utf8').split('\n').filter(Boolean)
  return {
    folder,
    cases: lines.map((line) => ({ values: [], args: [], ...JSON.parse(line) })),
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** The command line of a case behind `helm template`. */
export function argumentsOf({ release, chart, namespace, values, args }: ChartCase): string[] {
  return [release, chart, '--namespace', namespace, ...values.flatMap((file) => ['-f', file]), ...args]
}
