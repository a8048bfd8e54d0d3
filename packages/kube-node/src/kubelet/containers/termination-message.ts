import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import type { Container } from '../../model/pod.ts'
import type { PodEngine } from '../../runtime/pod-runtime.ts'
import type { Attempt } from '../observe.ts'

/** What the kubelet takes at most: of a message in bytes, of logs in lines and bytes. */
const MESSAGE_BYTES = 4096
const LOG_LINES = 80
const LOG_BYTES = 2048

/** The last words of a container that has ended: its message, or the end of its log where it asked for that and failed. */
export async function terminationMessage(
  attempt: Attempt,
  { container, file, engine }: { container: Container | undefined; file: string; engine: PodEngine },
): Promise<string> {
  const message = readMessage(file)
  const wantsLog = container?.terminationMessagePolicy === 'FallbackToLogsOnError'
  if (message !== '' || !wantsLog || attempt.exitCode === 0) return message
  const log = Buffer.from(await text(await engine.logs(attempt.id, { tail: LOG_LINES })))
  return log.subarray(Math.max(0, log.length - LOG_BYTES)).toString('utf8')
}

/** Its end: whoever appends, as `echo … >>` does, says the most important last. */
function readMessage(file: string): string {
  let descriptor: number
  try {
    descriptor = openSync(file, 'r')
  } catch {
    // The pod's folder is gone, or was another node's.
    return ''
  }
  try {
    const { size } = fstatSync(descriptor)
    const end = Buffer.alloc(Math.min(size, MESSAGE_BYTES))
    return end.toString('utf8', 0, readSync(descriptor, end, 0, end.length, size - end.length))
  } finally {
    closeSync(descriptor)
  }
}
