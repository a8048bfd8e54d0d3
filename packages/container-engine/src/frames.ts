import { PassThrough, type Readable, type Writable } from 'node:stream'

const HEADER = 8
const STDERR = 2

/**
 * Sorts the engine's multiplexed output (Docker API, "Stream format" of attach: 8 bytes of header, of which the first is the
 * stream and the last four the length) into its two streams. Waits for slow readers. Resolves when the source has ended.
 */
export async function demultiplex(source: Readable, stdout: Writable, stderr: Writable): Promise<void> {
  let rest: Buffer = Buffer.alloc(0)
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      let offset = 0
      while (rest.length - offset >= HEADER) {
        const end = offset + HEADER + rest.readUInt32BE(offset + 4)
        if (end > rest.length) break
        await write(rest[offset] === STDERR ? stderr : stdout, rest.subarray(offset + HEADER, end))
        offset = end
      }
      rest = rest.subarray(offset)
    }
  } catch {
    // A cut connection is the end of the output; whoever needs to know why asks for the container's state.
  } finally {
    stdout.end()
    if (stderr !== stdout) stderr.end()
  }
}

/** Both streams of multiplexed output as one, in order. Destroying it cuts the source. */
export function merged(source: Readable): Readable {
  const output = new PassThrough()
  output.on('close', () => source.destroy())
  void demultiplex(source, output, output)
  return output
}

function write(target: Writable, data: Buffer): Promise<void> | undefined {
  if (target.destroyed || target.write(data)) return undefined
  return new Promise((resolve) => {
    const done = (): void => {
      target.off('drain', done)
      target.off('close', done)
      resolve()
    }
    target.on('drain', done)
    target.on('close', done)
  })
}
