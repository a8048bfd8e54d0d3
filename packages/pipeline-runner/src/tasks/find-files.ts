import { readdir } from 'node:fs/promises'
import { isAbsolute, join, relative } from 'node:path'
import picomatch from 'picomatch'

/**
 * The files below `root` that a list of patterns selects, sorted: patterns add in their order, `!` ones take away (task-lib's
 * findMatch). `.git` is never entered.
 */
export async function findFiles(root: string, patterns: string[]): Promise<string[]> {
  const wanted = patterns.map((pattern) => pattern.trim()).filter((pattern) => pattern !== '')
  const files = await walk(root)
  const selected = new Set<string>()
  for (const pattern of wanted) {
    const negative = pattern.startsWith('!')
    const matches = matcher(root, negative ? pattern.slice(1) : pattern)
    for (const file of files) {
      if (!matches(relative(root, file))) continue
      if (negative) selected.delete(file)
      else selected.add(file)
    }
  }
  return [...selected].sort()
}

function matcher(root: string, pattern: string): (path: string) => boolean {
  const below = isAbsolute(pattern) ? relative(root, pattern) : pattern
  return picomatch(below.replaceAll('\\', '/').replace(/^\.\//, ''), { dot: true })
}

async function walk(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const nested = await Promise.all(
    entries.map((entry) => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return entry.name === '.git' ? [] : walk(path)
      return entry.isFile() ? [path] : []
    }),
  )
  return nested.flat()
}
