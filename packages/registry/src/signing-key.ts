import { randomBytes } from 'node:crypto'
import { open, readFile } from 'node:fs/promises'

const LENGTH = 32

/** The signing key kept in a file that only its owner may read; made at the first call. */
export async function openSigningKey(path: string): Promise<Uint8Array> {
  const existing = await readFile(path).catch(() => undefined)
  if (existing?.length === LENGTH) return existing
  const key = randomBytes(LENGTH)
  const file = await open(path, 'w', 0o600)
  try {
    await file.write(key)
    await file.sync()
  } finally {
    await file.close()
  }
  return key
}
