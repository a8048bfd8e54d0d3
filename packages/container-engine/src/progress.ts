import type { IncomingMessage } from 'node:http'
import { UserError } from '@slipway/errors'
import type { OutputHandler } from './port.ts'

/** One line of a build, push or pull. Errors come inside of a 200 answer, so every line has to be looked at. */
export interface ProgressLine {
  stream?: string
  status?: string
  id?: string
  progress?: string
  error?: string
  errorDetail?: { message?: string }
  aux?: { ID?: string; Tag?: string; Digest?: string; Size?: number }
}

/** Reads progress to its end and hands its text on. Throws UserError `code` for the first error among the lines. */
export async function followProgress(
  response: IncomingMessage,
  code: 'IMAGE_BUILD_FAILED' | 'IMAGE_TRANSFER_FAILED',
  onOutput: OutputHandler = () => {},
): Promise<ProgressLine[]> {
  const lines: ProgressLine[] = []
  let failure: string | undefined
  for await (const line of jsonLines<ProgressLine>(response)) {
    lines.push(line)
    failure ??= line.errorDetail?.message ?? line.error
    const text = textOf(line)
    if (text) onOutput(text)
  }
  if (failure !== undefined) throw new UserError(code, failure.trim())
  return lines
}

function textOf({ stream, status, id, progress }: ProgressLine): string {
  if (stream !== undefined) return stream
  // Bars that redraw themselves are of no use in a log.
  if (status === undefined || progress !== undefined) return ''
  return id ? `${id}: ${status}\n` : `${status}\n`
}

/** JSON values that follow one another, one to a line or (Podman) without a break. */
export async function* jsonLines<T>(body: AsyncIterable<Buffer>): AsyncGenerator<T> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) if (part.trim()) yield JSON.parse(part) as T
  }
  if (rest.trim()) yield JSON.parse(rest) as T
}
