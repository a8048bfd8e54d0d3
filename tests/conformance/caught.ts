import { vi } from 'vitest'

/** Keeps what is written to a stream of this process. */
export function caught(stream: NodeJS.WriteStream): { text: () => string; release: () => void } {
  const spy = vi.spyOn(stream, 'write').mockReturnValue(true)
  return { text: () => spy.mock.calls.map(([chunk]) => String(chunk)).join(''), release: () => spy.mockRestore() }
}
