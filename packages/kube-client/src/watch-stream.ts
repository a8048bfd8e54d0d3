import { messageOf, TransientError } from '@slipway/errors'
import type { KubeObject } from '@slipway/kube-objects'
import { apiError } from './api-error.ts'
import type { WatchEvent } from './types.ts'

/** The events of a watch response: one JSON document a line. An ERROR event (such as 410 Expired) is thrown. */
export async function* readWatchEvents<T extends KubeObject>(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<WatchEvent<T>> {
  for await (const line of lines(body)) {
    const event = JSON.parse(line) as WatchEvent<T> | { type: 'ERROR'; object: { code?: number } }
    if (event.type === 'ERROR') throw apiError(event.object.code ?? 500, JSON.stringify(event.object), 'watch')
    yield event
  }
}

async function* lines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for await (const chunk of body) {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = parts.pop() ?? ''
      for (const line of parts) if (line) yield line
    }
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') throw error
    throw new TransientError('KUBE_UNAVAILABLE', `watch was cut: ${messageOf(error)}`, { cause: error })
  }
}
