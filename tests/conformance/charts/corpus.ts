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
  /** Helm prints the lines of its message in any order. */
  readonly unordered?: boolean
}

/** What Helm printed for a case. */
export interface Golden {
  readonly exit: number
  readonly stdout: string
  /** From `Error:` on; empty where Helm rendered. */
  readonly error: string
}

/**
 * A corpus of charts: a folder with cases.jsonl, the charts it names, those that are folders (dirs.tar.gz), and what Helm 4 printed
 * (golden.tar.gz) and Helm 3 where it differs (golden-helm3.tar.gz, helm3-differences.jsonl).
 */
export interface ChartCorpus {
  /** The folder with everything unpacked; the paths of cases are relative to it. */
  readonly folder: string
  readonly cases: readonly ChartCase[]
  golden(of: ChartCase, compat: 'helm3' | 'helm4'): Golden
  close(): void
}

/** Opens a corpus in a temporary folder. Throws an Error when the folder is none. */
export function openCorpus(source: string): ChartCorpus {
  if (!existsSync(join(source, 'cases.jsonl'))) throw new Error(`${source} is no chart corpus: it has no cases.jsonl`)
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'chart-corpus-'))
  for (const name of ['cases.jsonl', 'charts', 'values'])
    symlinkSync(realpathSync(join(source, name)), join(folder, name))
  for (const archive of ['dirs', 'golden', 'golden-helm3']) {
    execFileSync('tar', ['-xzf', join(source, `${archive}.tar.gz`), '-C', folder])
  }
  const differences = new Map(
    readLines<{ id: string; exit: number }>(join(source, 'helm3-differences.jsonl')).map(({ id, exit }) => [id, exit]),
  )
  return {
    folder,
    cases: readLines<ChartCase>(join(source, 'cases.jsonl')).map((item) => ({
      ...item,
      values: item.values ?? [],
      args: item.args ?? [],
    })),
    golden: ({ id, exit }, compat) => {
      const differs = compat === 'helm3' && differences.has(id)
      const file = join(folder, differs ? 'golden-helm3' : 'golden', id)
      return {
        exit: differs ? (differences.get(id) ?? exit) : exit,
        stdout: readIfThere(`${file}.yaml`),
        error: errorPart(readIfThere(`${file}.stderr`)),
      }
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** The command line of a case behind `helm template`. */
export function argumentsOf({ release, chart, namespace, values, args }: ChartCase): string[] {
  return [release, chart, '--namespace', namespace, ...values.flatMap((file) => ['-f', file]), ...args]
}

/** A message from `Error:` on, without blank space at its end. */
export function errorPart(stderr: string): string {
  return stderr.slice(Math.max(0, stderr.search(/^error:/im))).trimEnd()
}

function readLines<T>(file: string): T[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T)
}

const readIfThere = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '')
