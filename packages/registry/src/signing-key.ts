import { randomBytes } from 'node:crypto'
import { open, readFile, rename } from 'node:fs/promises'

const LENGTH = 32

/** The signing key kept in a file that only its owner may read; made at the first call. */
export async function openSigningKey(path: string): Promise<Uint8Array> {
  const existing = await readFile(path).catch(ignoreMissing)
  if (existing?.length === LENGTH) return existing
  const key = randomBytes(LENGTH)
  const next = `${path}.next`
  const file = await open(next, 'w', 0o600)
  try {
    await file.writeFile(key)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(next, path)
  return key
}

/** A key that is there but can't be read must not be replaced: every login and upload would end with it. */
function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined
  throw error
}
