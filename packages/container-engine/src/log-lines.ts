import { type Readable, Transform } from 'node:stream'

const NEWLINE = 10

/** How many lines come; a last one without an end counts. */
export async function countLines(log: Readable): Promise<number> {
  let lines = 0
  let last = NEWLINE
  for await (const chunk of log as AsyncIterable<Buffer>) {
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) lines++
    last = chunk.at(-1) ?? last
  }
  return last === NEWLINE ? lines : lines + 1
}

/** What comes after the first `count` lines. */
export function skipLines(log: Readable, count: number): Readable {
  let left = count
  const rest = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      let from = 0
      while (left > 0) {
        const end = chunk.indexOf(NEWLINE, from)
        if (end < 0) return done()
        from = end + 1
        left--
      }
      done(null, chunk.subarray(from))
    },
  })
  log.on('error', (error) => rest.destroy(error))
  rest.on('close', () => log.destroy())
  return log.pipe(rest)
}
