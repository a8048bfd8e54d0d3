import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sourceFilter } from './source-ignore.ts'

describe('sourceFilter', () => {
  it.each([
    ['deploy/app.yaml', true],
    ['docs/logo.png', false],
    ['.gitignore', false],
    ['.github/workflows/x.yaml', false],
    ['a/.sops.yaml', false],
    ['backup.tar.gz', false],
    ['azure-pipelines.yml', true],
  ])('by default keeps %s: %s', (path, kept) => {
    expect(sourceFilter([], undefined, 1)(path)).toBe(kept)
  })

  it('follows the example of Flux for spec.ignore, which replaces the defaults', () => {
    const keep = sourceFilter([], '# exclude all\n/*\n# include deploy dir\n!/deploy\n# but\n/deploy/**/*.md\n', 1)

    const paths = ['a.yaml', 'deploy/a.yaml', 'deploy/b/c.yaml', 'deploy/b/README.md', 'deploy/x.md', 'deploy/logo.png']
    expect(paths.filter(keep)).toEqual(['deploy/a.yaml', 'deploy/b/c.yaml', 'deploy/logo.png'])
  })

  it('applies a .sourceignore to its own folder', () => {
    const keep = sourceFilter([{ folder: 'apps', text: '/secret.yaml\n*.tmp\n' }], undefined, 1)

    expect(['secret.yaml', 'apps/secret.yaml', 'apps/x/secret.yaml', 'apps/x/y.tmp', 'y.tmp'].filter(keep)).toEqual([
      'secret.yaml',
      'apps/x/secret.yaml',
      'y.tmp',
    ])
  })

  it.each(['[', 'a[b', '[b-a]', 'b\\', 'a/['])('passes over what is no pattern: %s', (pattern) => {
    expect(sourceFilter([], pattern, 1)('a/b')).toBe(true)
  })

  it.each([
    ['*a'.repeat(60), 'a'.repeat(250)],
    ['**/a/'.repeat(60), 'a/'.repeat(250)],
  ])('takes no longer for the many ways in which %s could fit', (pattern, path) => {
    const keep = sourceFilter([], `${pattern}b`, 1)
    const start = process.cpuUsage()

    expect(keep(`${path}c`)).toBe(true)
    expect(process.cpuUsage(start).user).toBeLessThan(1_000_000)
  })

  it.each([
    ['spaces before its end', `${' '.repeat(500_000)}x`],
    ['brackets that are not closed', '['.repeat(500_000)],
  ])('reads a line with very many %s at once', (_, line) => {
    const start = process.cpuUsage()

    expect(sourceFilter([], line, 1)('a')).toBe(true)
    expect(process.cpuUsage(start).user).toBeLessThan(2_000_000)
  })

  it('minds a space at the end of a line when it is escaped', () => {
    const keep = sourceFilter([], 'a\\  \nb  \n', 4)

    expect(['a', 'a ', 'b', 'b '].filter(keep)).toEqual(['a', 'b '])
  })

  it('refuses more rules than can be asked about so many files', () => {
    expect(() => sourceFilter([], 'a\n'.repeat(10_000), 10_000)).toThrow('10000 rules of what to ignore are too many')
  })

  it('agrees with git check-ignore on single patterns', () => {
    const folder = mkdtempSync(join(tmpdir(), 'slipway-ignore-'))
    execFileSync('git', ['init', '-q', folder])
    const piece = fc.constantFrom('a', 'b', 'ab', '*', '?', '**', '[ab]', '[!a]', '[]a]', 'a*', '\\a')
    const pattern = fc
      .tuple(fc.boolean(), fc.array(piece, { minLength: 1, maxLength: 3 }), fc.boolean())
      .map(([rooted, parts, folderOnly]) => `${rooted ? '/' : ''}${parts.join('/')}${folderOnly ? '/' : ''}`)
    const paths = ['a', 'b', 'ab', 'a/b', 'a/a/b', 'b/a', 'ab/a/b', 'b/b/b/a']
    fc.assert(
      fc.property(pattern, (text) => {
        writeFileSync(join(folder, '.gitignore'), `${text}\n`)
        const git = spawnSync('git', ['check-ignore', '--no-index', '--stdin', '-v', '-n'], {
          cwd: folder,
          input: paths.join('\n'),
        })
        const kept = git.stdout
          .toString()
          .split('\n')
          .filter((line) => line.startsWith('::\t'))
          .map((line) => line.slice(3))

        expect([text, paths.filter(sourceFilter([], text, paths.length))]).toEqual([text, kept])
      }),
      { numRuns: 150 },
    )
    rmSync(folder, { recursive: true })
  })
})
