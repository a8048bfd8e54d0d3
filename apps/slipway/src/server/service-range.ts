import { createHash } from 'node:crypto'

/** Ranges of 1,024 addresses in 10.64.0.0/10, which no one else is likely to use. */
const FIRST = 10 * 2 ** 24 + 64 * 2 ** 16
const SIZE = 2 ** 10
const COUNT = 2 ** 12

/**
 * Where the Services of an installation get their addresses. They are addresses of this machine, so two installations on one must
 * not have the same: the data folder decides.
 */
export function serviceRange(dataFolder: string): string {
  const index = createHash('sha256').update(dataFolder).digest().readUInt16BE(0) % COUNT
  const address = FIRST + index * SIZE
  return `${[24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.')}/22`
}
