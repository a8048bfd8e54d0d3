import type { MessagePort } from 'node:worker_threads'
import { type ErrorForm, formOf } from './error-form.ts'

/** What a thread answers. */
export type Answer<Done> = { readonly done: Done } | { readonly error: ErrorForm }

/** Does the work that comes through a port, one piece after the other. */
export function serveThread<Work, Done>(port: MessagePort, work: (piece: Work) => Done): void {
  port.on('message', (piece: Work) => port.postMessage(answerOf(() => work(piece))))
}

function answerOf<Done>(run: () => Done): Answer<Done> {
  try {
    return { done: run() }
  } catch (error) {
    return { error: formOf(error) }
  }
}
