import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Pack, pack } from 'tar-stream'

/** One blob of an image. */
export interface ArchivePart {
  digest: string
  /** Bytes. */
  size: number
}

/**
 * An image as a `docker save` archive, the one form that every engine loads; layers may be compressed. `open` gives the content
 * of a part, one after the other; when it fails, so does reading the archive.
 */
export function imageArchive(
  image: { config: ArchivePart; layers: ArchivePart[]; references: string[] },
  open: (part: ArchivePart) => Promise<Readable>,
): Readable {
  const archive = pack()
  write(archive, image, open).catch((error: Error) => archive.destroy(error))
  return archive as unknown as Readable
}

async function write(
  archive: Pack,
  image: Parameters<typeof imageArchive>[0],
  open: Parameters<typeof imageArchive>[1],
): Promise<void> {
  const config = `${hex(image.config)}.json`
  const layers = image.layers.map((layer) => `${hex(layer)}.tar`)
  // The same layer may be there twice.
  const parts = new Map([
    [config, image.config],
    ...layers.map((name, index): [string, ArchivePart | undefined] => [name, image.layers[index]]),
  ])
  for (const [name, part] of parts) {
    if (part) await pipeline(await open(part), archive.entry({ name, size: part.size }))
  }
  archive.entry(
    { name: 'manifest.json' },
    JSON.stringify([{ Config: config, RepoTags: image.references, Layers: layers }]),
  )
  archive.finalize()
}

const hex = ({ digest }: ArchivePart): string => digest.slice(digest.indexOf(':') + 1)
