/** Milliseconds: whoever asks for more is asked again all the same. */
const LONGEST = 3_600_000

/** Milliseconds that an answer asks to wait, in seconds or with a date (RFC 9110 section 10.2.3); undefined where it says nothing of use. */
export function waitOf(retryAfter: string | string[] | undefined, now = Date.now()): number | undefined {
  const text = String(retryAfter)
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now
  return wait > 0 ? Math.min(wait, LONGEST) : undefined
}
