import { bytesOf } from '@slipway/go-template'
import { fromBase64 } from '../encoding.ts'

const whole = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Standard base64 as Go's encoding/base64 reads it: line breaks do not count. Throws an Error with Go's text. */
export function decodeBase64(text: string): Uint8Array {
  const digits = /[\r\n]/.test(text) ? text.replaceAll(/[\r\n]/g, '') : text
  if (whole.test(digits)) return fromBase64(digits)
  throw new Error(`illegal base64 data at input byte ${faultIn(bytesOf(text))}`)
}

/** The byte that Go complains of: the first that does not fit, or the start of a group that is not complete. */
function faultIn(bytes: Uint8Array): number {
  let at = 0
  const next = () => {
    while (bytes[at] === 0x0a || bytes[at] === 0x0d) at++
    return bytes[at++]
  }
  for (;;) {
    for (let digit = 0; digit < 4; digit++) {
      const byte = next()
      if (byte === undefined) return bytes.length - digit
      if (isDigit(byte)) continue
      if (byte !== padding || digit < 2) return at - 1
      return afterPadding(bytes, digit === 2 ? next() : padding, at)
    }
  }
}

const padding = 0x3d

function afterPadding(bytes: Uint8Array, second: number | undefined, at: number): number {
  if (second === undefined) return bytes.length
  if (second !== padding) return at - 2
  let end = at
  while (bytes[end] === 0x0a || bytes[end] === 0x0d) end++
  return end
}

function isDigit(byte: number): boolean {
  return /[A-Za-z0-9+/]/.test(String.fromCharCode(byte))
}
