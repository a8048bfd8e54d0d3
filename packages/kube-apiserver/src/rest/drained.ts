import type { Writable } from 'node:stream'

/** Resolves when what was written has left, or never will. */
export async function drained(to: Writable): Promise<void> {
  if (!to.writableNeedDrain || to.destroyed) return
  await new Promise<void>((resolve) => {
    const done = (): void => {
      to.off('drain', done)
      to.off('close', done)
      resolve()
    }
    to.on('drain', done)
    to.on('close', done)
  })
}
