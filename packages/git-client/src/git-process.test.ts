import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

it('without free file descriptors git fails for now', async () => {
  const script = `
    import { execFileSync } from 'node:child_process'
    import { runGit } from ${JSON.stringify(join(import.meta.dirname, 'git-process.ts'))}
    execFileSync('prlimit', ['--pid', String(process.pid), '--nofile=0:'])
    await runGit({ args: ['version'], repository: '/' }).catch((error) => console.log(error.class, error.code))`

  const args = ['--import', 'tsx', '--input-type=module', '-e', script]
  const { stdout } = await promisify(execFile)(process.execPath, args)

  expect(stdout).toBe('transient GIT_FAILED\n')
})
