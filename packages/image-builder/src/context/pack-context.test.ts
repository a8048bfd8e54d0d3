import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { packContext } from './pack-context.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function newFolder(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'context-'))
  folders.push(folder)
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return folder
}

async function pack(folder: string, dockerfile: string) {
  const archive = join(newFolder({}), 'a.tar.gz')
  const packed = await packContext(folder, dockerfile, archive)
  const listed = execFileSync('tar', ['-tzf', archive], { encoding: 'utf8' })
  return { ...packed, files: listed.split('\n').filter(Boolean).sort() }
}

it('leaves out version control and what .dockerignore names, but never the Dockerfile', async () => {
  const folder = newFolder({
    Dockerfile: 'FROM scratch',
    '.dockerignore': 'Dockerfile\nnode_modules\n*.log\n!keep.log\n',
    '.git/HEAD': 'x',
    '.gitignore': 'x',
    'node_modules/a/index.js': 'x',
    'debug.log': 'x',
    'keep.log': 'x',
    'src/empty.txt': '',
  })
  symlinkSync('src', join(folder, 'link'))

  const { files, dockerfile } = await pack(folder, 'Dockerfile')

  expect(files).toEqual(['.dockerignore', 'Dockerfile', 'keep.log', 'link', 'src', 'src/empty.txt'])
  expect(dockerfile).toBe('Dockerfile')
})

it('takes a Dockerfile from outside of the context along', async () => {
  const folder = newFolder({ 'a.txt': 'x' })
  const other = newFolder({ 'Dockerfile.release': 'FROM scratch' })

  const { files, dockerfile } = await pack(folder, join(other, 'Dockerfile.release'))

  expect(files).toEqual(['.slipway-Dockerfile.release', 'a.txt'])
  expect(dockerfile).toBe('.slipway-Dockerfile.release')
})

it('says which Dockerfile it did not find', async () => {
  await expect(pack(newFolder({}), 'Dockerfile')).rejects.toMatchObject({ code: 'BUILD_CONTEXT_INVALID' })
})
