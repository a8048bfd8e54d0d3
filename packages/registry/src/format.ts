import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '@slipway/errors'

/** Of what a registry keeps in its folder; another one when an earlier program would misread it. */
const FORMAT = '1'

/**
 * Makes sure that a registry's folder is of this program's format, and notes it there. Folders from before there was such a note are
 * of format 1. Throws UserError REGISTRY_FORMAT_UNKNOWN.
 */
export async function requireFormat(folder: string): Promise<void> {
  const file = join(folder, 'format')
  const format = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return undefined
  })
  if (format === undefined) {
    await writeFile(`${file}.new`, `${FORMAT}\n`, { mode: 0o600, flush: true })
    await rename(`${file}.new`, file)
  } else if (format.trim() !== FORMAT) {
    throw new UserError(
      'REGISTRY_FORMAT_UNKNOWN',
      `${folder} is of format "${format.trim()}", and this program knows "${FORMAT}"`,
      { at: { file }, hint: 'use the version of the program that wrote it, or another data folder' },
    )
  }
}
