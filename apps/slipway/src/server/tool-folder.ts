import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Makes the folder that pipelines find first on their PATH: `az` and `helm` as launchers of this very program.
 * A launcher is a shell script, so that nothing but the command's own start is paid for.
 */
export function writeToolFolder(folder: string, program: string): string {
  mkdirSync(folder, { recursive: true })
  for (const name of ['az', 'helm']) {
    const file = join(folder, name)
    writeFileSync(file, `#!/bin/sh\nexec ${quote(process.execPath)} ${quote(program)} ${name} "$@"\n`)
    chmodSync(file, 0o755)
  }
  return folder
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
