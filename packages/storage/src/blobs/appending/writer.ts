/** Takes a body piece by piece. */
export interface Writer {
  add(piece: Uint8Array): Promise<void>
  /** Resolves when all that was added is written. */
  end(): Promise<void>
}
