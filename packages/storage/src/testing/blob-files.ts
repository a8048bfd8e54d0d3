import { open } from 'node:fs/promises'
import { join } from 'node:path'

/** Where a file blob store in `folder` has a blob. */
export function blobPath(folder: string, key: string): string {
  const [algorithm = '', hex = ''] = key.split(':')
  return join(folder, 'blobs', algorithm, hex.slice(0, 2), hex.slice(2))
}

/** Changes one byte of it. */
export async function spoilBlob(folder: string, key: string, at: number): Promise<void> {
  const file = await open(blobPath(folder, key), 'r+')
  const byte = Buffer.alloc(1)
  await file.read(byte, 0, 1, at)
  await file.write(Buffer.from([(byte[0] ?? 0) ^ 0x40]), 0, 1, at)
  await file.close()
}
