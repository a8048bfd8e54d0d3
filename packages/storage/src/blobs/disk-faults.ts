import { rm } from 'node:fs/promises'
import { corruptBlob } from './blob-key.ts'

/** A disk takes no more, or no more of this file. */
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** Runs work that fills a file. Where the disk is full the file goes: nobody could go on with it, and the disk would stay full for its sake. */
export async function unlessFull<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (FULL.has((error as NodeJS.ErrnoException).code ?? '')) await rm(path, { force: true })
    throw error
  }
}

/** What a disk says of a place that it can't read any more. */
export const isUnreadable = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EIO'

/** Runs a read of a blob. Throws UserError BLOB_CORRUPT for what the disk can't read. */
export async function readable<T>(key: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    throw isUnreadable(error) ? corruptBlob(key) : error
  }
}

/** Undefined for what is not there. */
export function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined
  throw error
}
