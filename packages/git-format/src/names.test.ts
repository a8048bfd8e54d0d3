import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isValidRefName, isValidRepositoryName, parseGitCommand, repositoryNameOf, writeGitCommand } from './names.ts'

function gitAccepts(name: string): boolean {
  try {
    execFileSync('git', ['check-ref-format', name], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe('isValidRefName', () => {
  it('agrees with git check-ref-format', () => {
    const awkward = fc.constantFrom(
      '/',
      '.',
      '..',
      '@{',
      '@',
      '.lock',
      '~',
      '^',
      ':',
      '?',
      '*',
      '[',
      '\\',
      ' ',
      '\x7f',
      '\t',
      'é',
      'a',
      'B',
      '-',
    )
    const name = fc.array(awkward, { minLength: 1, maxLength: 6 }).map((parts) => `refs/heads/${parts.join('')}`)
    fc.assert(
      fc.property(name, (ref) => {
        expect([ref, isValidRefName(ref)]).toEqual([ref, gitAccepts(ref)])
      }),
      { numRuns: 150 },
    )
  })

  it.each(['master', 'refs', '/refs/heads/x', 'refs/heads/', 'refs//heads', 'refs/heads/x\0'])('refuses %j', (name) => {
    expect(isValidRefName(name)).toBe(false)
  })
})

describe('repository names', () => {
  it.each([
    ['/AppA', 'AppA'],
    ['AppA.git', 'AppA'],
    ['/AppA.git/', 'AppA'],
    ['v3/cpn/Provisioning/AppA', 'AppA'],
    ['/v3/cpn/Provisioning/AppA', 'AppA'],
    ['/../etc', undefined],
    ['/a/b', undefined],
    ['/.git', undefined],
    ['', undefined],
    ['/AppA.git.git', undefined],
    ['/App\0A', undefined],
    ['/-x', undefined],
  ])('%j names %j', (path, name) => {
    expect(repositoryNameOf(path)).toBe(name)
  })

  it('never lets a name out of its folder', () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        if (isValidRepositoryName(name)) expect(name).toMatch(/^(?!.*\.\.)[\w][\w.-]*$/)
      }),
    )
  })
})

describe('git commands over SSH', () => {
  it('reads what it wrote', () => {
    fc.assert(
      fc.property(
        fc.string().filter((path) => !path.includes('\\')),
        (path) => {
          expect(parseGitCommand(writeGitCommand({ service: 'git-upload-pack', path }))).toEqual({
            service: 'git-upload-pack',
            path,
          })
        },
      ),
    )
  })

  it.each([
    ["git-receive-pack '/AppA.git'", 'git-receive-pack', '/AppA.git'],
    ['git upload-pack AppA', 'git-upload-pack', 'AppA'],
    ["git-upload-archive 'AppA'", 'git-upload-archive', 'AppA'],
  ])('accepts %s', (line, service, path) => {
    expect(parseGitCommand(line)).toEqual({ service, path })
  })

  it.each([
    'ls',
    "git-upload-pack 'a'; rm -rf /",
    "git-upload-pack 'a' 'b'",
    'git-upload-pack $(id)',
    'git-shell',
    "git-upload-pack --exec=x 'a'",
    '',
  ])('refuses %j', (line) => {
    expect(parseGitCommand(line)).toBeUndefined()
  })
})
