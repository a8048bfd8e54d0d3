import { afterEach, beforeEach, expect, it } from 'vitest'
import { readRefs } from './ref-files.ts'
import { GitFixture } from './testing/git-fixture.ts'

let fixture: GitFixture
let path: string

beforeEach(async () => {
  fixture = await GitFixture.start()
  fixture.host.serve({ name: 'AppA' })
  path = fixture.host.folder.path('AppA')
  const tree = await fixture.workTree('a')
  await fixture.git(['tag', '-a', '-m', 'x', 'v1'], { cwd: tree })
  const names = ['master', 'master:feature/ünder', 'master:refs/notes/n', 'v1']
  await fixture.git(['push', '-q', fixture.httpUrl('AppA'), ...names], { cwd: tree })
})
afterEach(() => fixture.stop())

const listed = async (): Promise<string> =>
  (await fixture.git(['--git-dir', path, 'for-each-ref', '--format=%(objectname) %(refname)'])).stdout
const read = async (): Promise<string> => [...(await readRefs(path))].map(([name, id]) => `${id} ${name}\n`).join('')

it('finds the refs that git finds: in files, packed, and both', async () => {
  expect((await read()).split('\n')).toHaveLength(5)
  expect(await read()).toBe(await listed())

  await fixture.git(['--git-dir', path, 'pack-refs', '--all', '--prune'])
  expect(await read()).toBe(await listed())

  const tree = `${fixture.folder}/a`
  await fixture.commit(tree, { 'b.txt': 'b' })
  await fixture.git(['push', '-q', fixture.httpUrl('AppA'), 'master', ':v1'], { cwd: tree })
  expect(await read()).toBe(await listed())
  expect(await read()).not.toContain('v1')
})
