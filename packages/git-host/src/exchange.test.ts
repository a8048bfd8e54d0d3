import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

it('without free file descriptors the host is busy', async () => {
  const moduleOf = (file: string) => JSON.stringify(join(import.meta.dirname, file))
  const script = `
    import { execFileSync } from 'node:child_process'
    import { PassThrough } from 'node:stream'
    import { exchange, nothing } from ${moduleOf('exchange.ts')}
    import { startGit } from ${moduleOf('git-process.ts')}
    execFileSync('prlimit', ['--pid', String(process.pid), '--nofile=0:'])
    const request = { input: nothing(), output: new PassThrough(), idleTimeout: 1_000_000 }
    await exchange({ process: startGit(['version']), ...request }).catch(({ code, message }) => console.log(code, message))`

  const args = ['--import', 'tsx', '--input-type=module', '-e', script]
  const { stdout } = await promisify(execFile)(process.execPath, args)

  expect(stdout).toBe('GIT_HOST_BUSY git could not be started: spawn git EMFILE\n')
})
