import { createReadStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { describeError, SlipwayError, UserError } from '@slipway/errors'
import tar, { type Header } from 'tar-stream'
import type { DataFolder } from '../data-folder.ts'
import { MARKER } from './back-up.ts'
import { unpackEntry, unpackLink } from './folder-archive.ts'

/**
 * Makes a data folder of what `backUp` wrote: whole, or not at all. Throws UserError DATA_DIR_NOT_EMPTY when the folder holds anything
 * already, BACKUP_UNREADABLE when the file is no backup or damaged.
 */
export async function restore(folder: DataFolder, file: string): Promise<void> {
  const target = resolve(folder.path)
  if (childrenOf(target).length > 0) {
    throw new UserError('DATA_DIR_NOT_EMPTY', `${target} holds something already`, {
      hint: 'choose another folder with --data, or remove it first: slipway down --purge',
    })
  }
  const unfinished = `${target}.restoring`
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished, { recursive: true, mode: 0o700 })
  try {
    await unpack(file, unfinished)
    rmSync(target, { recursive: true, force: true })
    renameSync(unfinished, target)
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true })
    if (error instanceof SlipwayError) throw error
    throw new UserError('BACKUP_UNREADABLE', `${file} can't be restored: ${describeError(error)}`, { cause: error })
  }
}

async function unpack(file: string, folder: string): Promise<void> {
  const archive = tar.extract()
  const reading = pipeline(createReadStream(file), archive)
  // The loop below is told of the same error.
  reading.catch(() => {})
  // Last of all, so that nothing is written through one.
  const links: Header[] = []
  let isFirst = true
  for await (const entry of archive) {
    const { header } = entry
    if (isFirst && header.name !== MARKER) throw notABackup(file)
    isFirst = false
    if (header.name === MARKER) {
      entry.resume()
      continue
    }
    checkPath(header, file)
    if (header.type === 'symlink') links.push(header)
    await unpackEntry(folder, header, entry as AsyncIterable<Uint8Array>)
  }
  await reading
  if (isFirst) throw notABackup(file)
  for (const link of links) await unpackLink(folder, link)
}

function notABackup(file: string): UserError {
  return new UserError('BACKUP_UNREADABLE', `${file} is no backup of slipway`, {
    hint: 'name a file that slipway backup has written',
  })
}

/** Nothing lands outside of the folder, whatever an archive says. */
function checkPath({ name, type }: Header, file: string): void {
  const isOutside = isAbsolute(name) || name.split('/').includes('..')
  if (isOutside || !['file', 'directory', 'symlink'].includes(type ?? '')) throw notABackup(file)
}

function childrenOf(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}
