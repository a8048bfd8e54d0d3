import { type SlipwayError, TransientError, UserError } from '@slipway/errors'
import { withoutCredentials } from './remote-url.ts'

type Row = [pattern: RegExp, make: typeof UserError | typeof TransientError, code: string]

// What git, libcurl and git hosts say; the first that matches counts.
const ROWS: Row[] = [
  [
    /couldn't find remote ref|not our ref|no such remote ref|Remote branch .* not found/i,
    UserError,
    'GIT_REF_NOT_FOUND',
  ],
  [
    /Authentication failed|could not read (Username|Password)|returned error: 40[13]|Permission denied|may only read/i,
    UserError,
    'GIT_AUTH_FAILED',
  ],
  [
    /not found|does not appear to be a git repository|does not exist|could not be found/i,
    UserError,
    'GIT_REPOSITORY_NOT_FOUND',
  ],
  [
    /Could not resolve host|Failed to connect|Connection (refused|reset|timed out)|unable to access|returned error: 5\d\d|timed out|early EOF|unexpected disconnect|hung up|RPC failed/i,
    TransientError,
    'GIT_UNREACHABLE',
  ],
]

/** The error for what a failed git process, or the other side, wrote. Repositories without access look as if they were absent. */
export function gitError(url: string, output: string): SlipwayError {
  const message = withoutCredentials(firstLines(output))
  const [, make, code] = ROWS.find(([pattern]) => pattern.test(output)) ?? [undefined, TransientError, 'GIT_FAILED']
  return new make(code, `${withoutCredentials(url)}: ${message}`)
}

/** Whether a message of git means that the local repository is damaged. */
export function isDamage(output: string): boolean {
  return /not a git repository|bad object|loose object .* is corrupt|object file .* is empty|packfile .* (is|cannot)|bad tree|missing (blob|tree|commit)|unable to read tree|bad ref|broken ref|reference broken/i.test(
    output,
  )
}

/** The lines that say something, without git's prefixes and its advice. */
function firstLines(output: string): string {
  const lines = output
    .split('\n')
    .map((line) => line.replace(/^(remote: |fatal: |error: |ERROR: )+/i, '').trim())
    .filter((line) => line && !/^(Please make sure|and the repository exists|Could not read from remote)/.test(line))
  return lines.slice(0, 3).join('; ').slice(0, 500) || 'git failed without a message'
}
