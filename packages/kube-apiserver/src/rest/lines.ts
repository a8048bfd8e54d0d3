import type { Line } from './line-stream.ts'

/** How the events of a watch travel to its reader. */
export interface Lines {
  /** Resolves when the reader is gone. */
  readonly closed: Promise<void>
  write(line: Line): void
  /** Resolves at once, or when the reader has taken what it was sent: for whoever has more lines than should wait here. */
  room(): Promise<void>
  /** Ends it without a word, as a lost connection does. */
  cut(): void
  end(): void
}

/** A reader that leaves so much unread, more than the history that it may ask for, is cut off; its client watches anew. */
export const MAX_UNREAD_BYTES = 32 * 1024 * 1024
