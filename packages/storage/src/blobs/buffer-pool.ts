/** Bytes of a pooled buffer. */
export const POOLED = 512 * 1024

/** Buffers that nobody uses: fresh memory costs as much as the bytes that are put into it, and V8 collects all garbage for its sake. */
const idle: Buffer[] = []

/** A buffer of `length` bytes, whatever is in it. */
export function takeBuffer(length: number): Buffer {
  return (length === POOLED ? idle.pop() : undefined) ?? Buffer.allocUnsafeSlow(length)
}

/** Gives a buffer back that is neither read nor written any more. */
export function giveBack(buffer: Buffer): void {
  if (buffer.length === POOLED) idle.push(buffer)
}
