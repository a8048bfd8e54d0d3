import { mkdir, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readRefs } from './ref-files.ts'
import { RepositoryFolder } from './repository-folder.ts'
import { GitFixture } from './testing/git-fixture.ts'

const errors: unknown[] = []
let fixture: GitFixture
let path: string
let commit: string

beforeEach(async () => {
  errors.length = 0
  fixture = await GitFixture.start({ onError: (error) => errors.push(error) })
  fixture.host.serve({ name: 'AppA' })
  path = fixture.host.folder.path('AppA')
  const tree = await fixture.workTree('a')
  await fixture.git(['push', '-q', fixture.httpUrl('AppA'), 'master'], { cwd: tree })
  commit = (await fixture.git(['rev-parse', 'HEAD'], { cwd: tree })).stdout.trim()
})
afterEach(() => fixture.stop())

it.each([
  ['no HEAD', () => rm(join(path, 'HEAD'))],
  ['an empty HEAD', () => truncate(join(path, 'HEAD'))],
  ['a HEAD of nonsense', () => writeFile(join(path, 'HEAD'), 'nonsense\n')],
  [
    'empty folders left out',
    async () => {
      await fixture.git(['--git-dir', path, 'pack-refs', '--all', '--prune'])
      await rm(join(path, 'refs'), { recursive: true })
    },
  ],
])('serves a repository again that has %s', async (_, damage) => {
  await damage()

  await new RepositoryFolder(join(fixture.folder, 'git')).ensure('AppA', 'master')

  const listed = await fixture.git(['ls-remote', fixture.httpUrl('AppA'), 'HEAD'])
  expect(listed.stdout).toBe(`${commit}\tHEAD\n`)
})

it('takes a ref whose file holds no commit for damaged, not for deleted, and one that stands for another for none', async () => {
  await mkdir(join(path, 'refs/remotes/origin'), { recursive: true })
  await writeFile(join(path, 'refs/remotes/origin/HEAD'), 'ref: refs/heads/master\n')
  expect([...(await readRefs(path)).keys()]).toEqual(['refs/heads/master'])

  await truncate(join(path, 'refs/heads/master'))

  await expect(readRefs(path)).rejects.toMatchObject({
    code: 'GIT_REF_DAMAGED',
    message: `${join(path, 'refs/heads/master')} holds no commit`,
  })
})

it('tells in the words of git of a fetch that a damaged object made fail', async () => {
  const object = join(path, 'objects', commit.slice(0, 2), commit.slice(2))
  await rm(object)
  await writeFile(object, '')

  const cloned = await fixture.git(['clone', '-q', fixture.httpUrl('AppA'), 'copy'])

  expect(cloned.status).not.toBe(0)
  expect(errors).toMatchObject([
    { code: 'GIT_REQUEST_FAILED', message: expect.stringMatching(/upload-pack of .*empty/) },
  ])
})
