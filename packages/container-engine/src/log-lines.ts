import { Readable } from 'node:stream'

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

/** `take` lines after the first `skip`; all that come if there is no `take`. */
export function sliceLines(log: Readable, { skip, take = Infinity }: { skip: number; take?: number }): Readable {
  return Readable.from(slices(log, skip, take), { objectMode: false })
}

async function* slices(log: Readable, skip: number, take: number): AsyncGenerator<Buffer> {
  if (take === 0) return void log.destroy()
  let line = 0
  for await (const chunk of log as AsyncIterable<Buffer>) {
    let from = line < skip ? chunk.length : 0
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) {
      line++
      if (line === skip) from = at + 1
      if (line < skip + take) continue
      yield chunk.subarray(from, at + 1)
      return
    }
    if (from < chunk.length) yield chunk.subarray(from)
  }
}
