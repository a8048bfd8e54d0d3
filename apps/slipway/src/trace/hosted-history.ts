import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import type { DataFolder } from '../data-folder.ts'
import type { LastChange } from './trace.ts'

const execute = promisify(execFile)

/** History of the repositories that this machine hosts, read from their bare folders. */
export function hostedHistory(folder: DataFolder): LastChange {
  return async (url, until, file) => {
    const name =
      url
        .split(/[/:]/)
        .at(-1)
        ?.replace(/\.git$/, '') ?? ''
    const repository = folder.file('git', `${name}.git`)
    if (!/^[0-9a-f]{40}$/.test(until) || !existsSync(repository)) return undefined
    const { stdout } = await execute('git', [
      '-C',
      repository,
      'log',
      '-1',
      '--format=%H%x09%cI%x09%s',
      until,
      '--',
      file,
    ])
    const [commit, time, subject] = stdout.trim().split('\t')
    return commit && time ? { commit, time, subject: subject ?? '' } : undefined
  }
}
