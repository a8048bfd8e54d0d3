import { resolve, sep } from 'node:path'
import { UserError } from '@slipway/errors'

/** What the system says of files that are another's, of what stands where something else should, and of disks (errno(3)). */
const FAULTS = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EISDIR', 'EEXIST', 'ENOSPC', 'EDQUOT', 'EIO', 'ELOOP'])

/** UserError DATA_FOLDER_UNUSABLE for what the system refused in a data folder; any other error as it is. */
export function dataFolderError(error: unknown, folder: string): unknown {
  if (!(error instanceof Error)) return error
  const { code = '', path = '' }: NodeJS.ErrnoException = error
  if (!FAULTS.has(code) || !`${resolve(path)}${sep}`.startsWith(`${resolve(folder)}${sep}`)) return error
  return new UserError('DATA_FOLDER_UNUSABLE', `the data folder ${folder} can't be used: ${error.message}`, {
    hint: 'see that this user may read and write all that is in it and that the disk has room, or choose another with --data',
    cause: error,
  })
}
