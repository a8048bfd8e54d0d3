import { createHash } from 'node:crypto'
import { UserError } from '@slipway/errors'

export type ObjectType = 'commit' | 'tree' | 'blob' | 'tag'

export interface GitObject {
  type: ObjectType
  content: Buffer
}

export interface CommitInfo {
  id: string
  author: string
  email: string
  /** First line of the message. */
  subject: string
  /** RFC 3339, of the committer. */
  time: string
}

/** One line of a tree object, which knows no paths. */
export interface TreeItem {
  name: string
  kind: 'file' | 'executable' | 'symlink' | 'submodule' | 'tree'
  id: string
}

const KINDS: Record<string, TreeItem['kind']> = {
  '40000': 'tree',
  '100644': 'file',
  // Written by git before 2005, and read by it still.
  '100664': 'file',
  '100755': 'executable',
  '120000': 'symlink',
  '160000': 'submodule',
}

/** What an object is hashed as and, compressed, stored as: `type size<NUL>content`. */
export function encodeObject({ type, content }: GitObject): Buffer {
  return Buffer.concat([Buffer.from(`${type} ${content.length}\0`, 'latin1'), content])
}

/** The SHA-1 id of an object. */
export function idOf(object: GitObject): string {
  return createHash('sha1').update(encodeObject(object)).digest('hex')
}

/** The lines of a tree object: `mode name<NUL>id`, the id in binary. Throws UserError GIT_TREE_INVALID. */
export function parseTree(content: Buffer, idLength: number): TreeItem[] {
  const items: TreeItem[] = []
  for (let offset = 0; offset < content.length; ) {
    const space = content.indexOf(0x20, offset)
    const end = content.indexOf(0, offset)
    const next = end + 1 + idLength
    const kind = KINDS[content.toString('latin1', offset, space)]
    const name = content.toString('utf8', space + 1, end)
    // The last of these would lead out of the folder into which somebody unpacks the tree.
    if (space < 0 || end < space || next > content.length || !kind || /^\.{0,2}$|\//.test(name)) {
      throw new UserError('GIT_TREE_INVALID', `a tree of the commit holds an entry that git does not write: '${name}'`)
    }
    items.push({ name, kind, id: content.toString('hex', end + 1, next) })
    offset = next
  }
  return items
}

/** Reads a commit object (gitformat-signature(5) shows one). */
export function parseCommit(id: string, content: Buffer): CommitInfo & { tree: string } {
  const end = content.indexOf('\n\n')
  const header = content.toString('latin1', 0, end < 0 ? content.length : end)
  const encoding = /^encoding (.+)$/m.exec(header)?.[1]
  const text = decode(content, encoding)
  const author = /^author ([^<\n]*?) ?<([^>\n]*)> \d/m.exec(text)
  const [, seconds = '0', zone = '+0000'] = /^committer .*> (\d+) ([+-]\d{4})$/m.exec(text) ?? []
  const message = text.slice(text.indexOf('\n\n') + 2).replace(/^\s*\n/, '')
  return {
    id,
    tree: /^tree ([0-9a-f]+)$/m.exec(header)?.[1] ?? '',
    author: author?.[1] ?? '',
    email: author?.[2] ?? '',
    subject: subjectOf(message),
    time: localTime(Number(seconds), zone),
  }
}

/** As `%s` does: everything up to the first empty line. */
function subjectOf(message: string): string {
  const lines = message.split('\n').map((line) => line.trimEnd())
  const end = lines.indexOf('')
  return lines.slice(0, end < 0 ? undefined : end).join(' ')
}

function decode(content: Buffer, encoding = 'utf-8'): string {
  try {
    return new TextDecoder(encoding).decode(content)
  } catch {
    return content.toString('utf8')
  }
}

const LAST_SECOND = Date.UTC(9999, 0) / 1000

/** RFC 3339 with the zone in which the commit was made. */
function localTime(seconds: number, zone: string): string {
  const minutes = Number(`${zone[0]}1`) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3)))
  // What is past the year 9999 git takes for none either.
  const local = new Date((seconds < LAST_SECOND ? seconds + minutes * 60 : 0) * 1000).toISOString().slice(0, 19)
  return `${local}${zone.slice(0, 3)}:${zone.slice(3)}`
}
