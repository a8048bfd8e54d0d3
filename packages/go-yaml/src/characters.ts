/** Character classes of YAML 1.1 as libyaml has them, on UTF-16 units or code points; NaN is the end of the text. */

export function isBreak(code: number): boolean {
  return code === 0x0a || code === 0x0d || code === 0x85 || code === 0x2028 || code === 0x2029
}

export function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

export function isEnd(code: number): boolean {
  return Number.isNaN(code) || code === 0
}

export function isBreakOrEnd(code: number): boolean {
  return isBreak(code) || isEnd(code)
}

export function isBlankOrEnd(code: number): boolean {
  return isBlank(code) || isBreakOrEnd(code)
}

/** What goyaml writes as it is; everything else is escaped, emoji and tabs too. */
export function isPrintable(code: number): boolean {
  return (
    code === 0x0a ||
    (code >= 0x20 && code <= 0x7e) ||
    (code >= 0xa0 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd && code !== 0xfeff)
  )
}

/** The characters of anchors, tag handles and directive names. */
export function isWordCharacter(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x61 && code <= 0x7a) ||
    code === 0x5f ||
    code === 0x2d
  )
}
