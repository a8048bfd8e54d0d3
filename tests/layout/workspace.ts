import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the whole repository, with a slash at its end. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** A workspace folder: a package or a program. */
export interface Member {
  /** Such as `packages/registry`. */
  folder: string
  /** The name of the folder. */
  name: string
  /** Runtime dependencies, those on other members included. */
  dependencies: string[]
}

/** All packages and programs, in the order of their names. */
export function members(): Member[] {
  return ['packages', 'apps'].flatMap((parent) =>
    readdirSync(join(ROOT, parent))
      .filter((name) => existsSync(join(ROOT, parent, name, 'package.json')))
      .map((name) => {
        const folder = `${parent}/${name}`
        const { dependencies = {} } = JSON.parse(read(`${folder}/package.json`)) as {
          dependencies?: Record<string, string>
        }
        return { folder, name, dependencies: Object.keys(dependencies) }
      }),
  )
}

/** The text of a file, its path relative to the root. */
export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

/** The example of a package's README, and what it prints. */
export function exampleOf(name: string): { code: string; printed: string } {
  const text = read(`packages/${name}/README.md`)
  const block = (language: string) => new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 's').exec(text)?.[1] ?? ''
  return { code: block('js'), printed: block('text') }
}

/** The paths of the TypeScript files that make up the product: no tests, no fakes, nothing generated. */
export function sources(member: Member): string[] {
  return readdirSync(join(ROOT, member.folder, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !/\.(test|contract)\.ts$|(^|\/)(testing|generated)\//.test(path))
    .map((path) => `${member.folder}/src/${path}`)
    .sort()
}

/** The cells of the rows of a Markdown text's tables, head and ruler left out. */
export function tableRows(markdown: string): string[][] {
  const lines = markdown.split('\n')
  const isRuler = (line: string | undefined): boolean => /^\|(\s*:?-+:?\s*\|)+$/.test(line ?? '')
  return lines
    .filter((line, index) => line.startsWith('|') && !isRuler(line) && !isRuler(lines[index + 1]))
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    )
}
