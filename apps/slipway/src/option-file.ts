import { readFileSync } from 'node:fs'
import { messageOf, UserError } from '@slipway/errors'

/** The text of a file that an option names. Throws UserError OPTION_INVALID. */
export function readOptionFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UserError('OPTION_INVALID', `${file} can't be read: ${messageOf(error)}`, { at: { file } })
  }
}
