import type { Stats } from 'node:fs'
import { chmod, lchown, lstat, lutimes, mkdir, open, readdir, readlink, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { TransientError } from '@slipway/errors'
import type { Header, Pack } from 'tar-stream'

/** Every path below a folder, folders before what is in them; what vanishes meanwhile is passed over, sockets and devices too. */
export async function* walk(root: string, isWanted: (path: string) => boolean, below = ''): AsyncGenerator<string> {
  const children = await readdir(join(root, below), { withFileTypes: true }).catch(orVanished)
  for (const child of children?.sort((a, b) => (a.name < b.name ? -1 : 1)) ?? []) {
    const path = below ? `${below}/${child.name}` : child.name
    if (!isWanted(path)) continue
    if (child.isFile() || child.isSymbolicLink() || child.isDirectory()) yield path
    if (child.isDirectory()) yield* walk(root, isWanted, path)
  }
}

/** Adds a file, a folder or a symbolic link. A file that grows meanwhile is taken as long as it was. */
export async function packEntry(pack: Pack, root: string, path: string): Promise<void> {
  const stat = await lstat(join(root, path)).catch(orVanished)
  if (stat?.isDirectory()) pack.entry({ ...headersOf(path, stat), type: 'directory' })
  else if (stat?.isSymbolicLink()) {
    const linkname = await readlink(join(root, path)).catch(orVanished)
    if (linkname !== undefined) pack.entry({ ...headersOf(path, stat), type: 'symlink', linkname })
  } else if (stat?.isFile()) await packFile(pack, root, path)
}

async function packFile(pack: Pack, root: string, path: string): Promise<void> {
  const handle = await open(join(root, path), 'r').catch(orVanished)
  if (!handle) return
  try {
    const stat = await handle.stat()
    const { size } = stat
    const header = { ...headersOf(path, stat), type: 'file' as const, size }
    if (size === 0) {
      pack.entry(header, '')
      return
    }
    const entry = pack.entry(header)
    await pipeline(handle.createReadStream({ start: 0, end: size - 1, autoClose: false }), entry).catch((cause) => {
      throw new TransientError('BACKUP_DISTURBED', `${path} became shorter while it was read`, { cause })
    })
  } finally {
    await handle.close()
  }
}

/** Writes a file or a folder of an archive below a folder. */
export async function unpackEntry(root: string, header: Header, content: AsyncIterable<Uint8Array>): Promise<void> {
  const { name, type, mode, mtime } = header
  const path = join(root, name)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  if (type === 'directory') {
    await mkdir(path, { recursive: true })
    await chmod(path, mode)
    await giveBack(path, header)
  } else if (type === 'file') {
    await unpackFile(path, mode, content)
    await giveBack(path, header)
    await lutimes(path, mtime, mtime)
  }
}

export async function unpackLink(root: string, header: Header): Promise<void> {
  const path = join(root, header.name)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await symlink(header.linkname ?? '', path)
  await giveBack(path, header)
}

/** Only root may give a file to whom it belonged: a pod's user, whose volume it is. */
async function giveBack(path: string, { uid, gid }: Header): Promise<void> {
  if (process.getuid?.() === 0 && uid !== undefined && gid !== undefined) await lchown(path, uid, gid)
}

async function unpackFile(path: string, mode: number, content: AsyncIterable<Uint8Array>): Promise<void> {
  const handle = await open(path, 'wx', mode)
  try {
    for await (const part of content) await handle.writeFile(part)
    await handle.chmod(mode)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function headersOf(
  name: string,
  { mode, mtime, uid, gid }: Stats,
): Pick<Header, 'name' | 'mode' | 'mtime' | 'uid' | 'gid'> {
  return { name, mode: mode & 0o7777, mtime, uid, gid }
}

function orVanished(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
  return undefined
}
