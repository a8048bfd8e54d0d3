import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { type ContainerEngine, imageArchive } from '@slipway/container-engine'
import { pack } from 'tar-stream'
import { type Architecture, pauseProgram } from './pause-program.ts'

const NAME = 'localhost/slipway/pause:1'

/** The image of pods' sandboxes, brought into the engine when it is not there yet. Resolves to its id. */
export async function sandboxImage(
  engine: Pick<ContainerEngine, 'inspectImage' | 'load'>,
  architecture: Architecture,
): Promise<string> {
  const layer = await layerOf(pauseProgram(architecture))
  const config = Buffer.from(
    JSON.stringify({
      architecture,
      os: 'linux',
      config: { Entrypoint: ['/pause'] },
      rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
    }),
  )
  const id = digestOf(config)
  if (await engine.inspectImage(id)) return id
  const part = (content: Buffer) => ({ digest: digestOf(content), size: content.length })
  const parts = new Map([layer, config].map((content) => [digestOf(content), content]))
  const image = { config: part(config), layers: [part(layer)], references: [NAME] }
  await engine.load(imageArchive(image, async ({ digest }) => Readable.from([parts.get(digest)])))
  return id
}

async function layerOf(program: Buffer): Promise<Buffer> {
  const tar = pack()
  tar.entry({ name: 'pause', mode: 0o755, mtime: new Date(0) }, program)
  tar.finalize()
  return await buffer(tar)
}

const digestOf = (content: Buffer): string => `sha256:${createHash('sha256').update(content).digest('hex')}`
