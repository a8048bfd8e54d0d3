import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** One `kubectl kustomize` of the corpus. */
export interface KustomizeCase {
  readonly id: string
  readonly dir: string
  readonly args: readonly string[]
  /** The exit status that kubectl had. */
  readonly exit: number
}

/** What kubectl printed for a case. */
export interface Golden {
  readonly exit: number
  readonly stdout: string
  /** From `error:` on; empty where it built. */
  readonly error: string
}

/** A folder with cases.jsonl, the files that builds read (trees.tar.gz), and what kubectl printed (golden.tar.gz). */
export interface KustomizeCorpus {
  /** The folder with everything unpacked; the paths of cases are relative to it. */
  readonly folder: string
  readonly cases: readonly KustomizeCase[]
  golden(of: KustomizeCase): Golden
  close(): void
}

/** Opens a corpus in a temporary folder. Throws an Error when the folder is none. */
export function openCorpus(source: string): KustomizeCorpus {
  const list = join(source, 'cases.jsonl')
  if (!existsSync(list)) throw new Error(`${source} is no corpus of kustomizations: it has no cases.jsonl`)
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'kustomize-corpus-'))
  for (const archive of ['trees', 'golden']) {
    execFileSync('tar', ['-xzf', join(source, `${archive}.tar.gz`), '-C', folder])
  }
  return {
    folder,
    cases: readFileSync(list, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as KustomizeCase),
    golden: ({ id, exit }) => {
      const file = join(folder, 'golden', id)
      return {
        exit,
        stdout: readIfThere(`${file}.yaml`),
        error: exit === 0 ? '' : errorPart(readIfThere(`${file}.stderr`)),
      }
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** A message from `error:` on, without blank space at its end. */
export function errorPart(stderr: string): string {
  return stderr.slice(Math.max(0, stderr.search(/^error:/m))).trimEnd()
}

const readIfThere = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '')
