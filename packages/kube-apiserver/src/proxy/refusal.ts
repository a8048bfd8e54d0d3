import type { IncomingMessage } from 'node:http'
import { StatusError } from '../api/status.ts'

const REASONS: Record<number, string> = { 400: 'BadRequest', 401: 'Unauthorized', 404: 'NotFound' }

/** What a kubelet answers in words, as a Status. */
export async function readRefusal(answer: IncomingMessage): Promise<StatusError> {
  let text = ''
  for await (const chunk of answer.setEncoding('utf8')) {
    text += chunk
    if (text.length > 64 * 1024) break
  }
  const code = answer.statusCode ?? 500
  return new StatusError(
    code,
    REASONS[code] ?? 'InternalError',
    text.trim() || `the kubelet answered with status ${code}`,
  )
}
