import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

it('without free file descriptors a step fails and a source can not be read, and the program lives', async () => {
  const runsDir = await mkdtemp(join(tmpdir(), 'no-descriptors-'))
  const source = join(runsDir, '.sources/appa.git')
  await mkdir(source, { recursive: true })
  await writeFile(join(source, 'HEAD'), 'ref: refs/heads/master\n')
  const moduleOf = (file: string) => JSON.stringify(join(import.meta.dirname, file))
  const script = `
    import { execFileSync } from 'node:child_process'
    import { runProcess } from ${moduleOf('engine/process.ts')}
    import { SourceMirror } from ${moduleOf('run/source-mirror.ts')}
    const mirror = new SourceMirror({ runsDir: ${JSON.stringify(runsDir)}, env: {} })
    const signal = new AbortController().signal
    execFileSync('prlimit', ['--pid', String(process.pid), '--nofile=0:'])
    const outcomes = await Promise.allSettled([
      runProcess('true', [], { cwd: '/', env: {}, onLine() {}, signal }),
      mirror.changedPaths('appa', 'HEAD', 'HEAD', false),
    ])
    console.log(JSON.stringify(outcomes.map(({ reason }) => [reason?.code, reason?.message])))`

  const args = ['--import', 'tsx', '--input-type=module', '-e', script]
  const { stdout } = await promisify(execFile)(process.execPath, args)

  expect(JSON.parse(stdout)).toEqual([
    ['PROCESS_NOT_STARTED', 'true could not be started: spawn true EMFILE'],
    ['SOURCE_UNAVAILABLE', 'git could not be started: spawn git EMFILE'],
  ])
  await rm(runsDir, { recursive: true })
})
