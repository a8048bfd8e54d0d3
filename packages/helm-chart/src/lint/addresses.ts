import { parseUrl } from '../functions/url.ts'

// The patterns of asaskevich/govalidator, which Helm checks Chart.yaml with.
const wide = '\\u00a0-\\ud7ff\\uf900-\\ufdcf\\ufdf0-\\uffef'
const atom = `[a-zA-Z\\d!#$%&'*+\\-/=?^_\`{|}~${wide}]+`
const label = `[a-zA-Z\\d${wide}](?:[a-zA-Z\\d\\-._~${wide}]*[a-zA-Z\\d${wide}])?`
const top = `[a-zA-Z${wide}](?:[a-zA-Z\\d\\-_~${wide}]*[a-zA-Z${wide}])?`
const email = new RegExp(`^${atom}(?:\\.${atom})*@(?:${label}\\.)+${top}\\.?$`)
const url =
  /^(?:(?:ftp|tcp|udp|wss?|https?):\/\/)?(?:\S+(?::\S*)?@)?(?:\[[\da-fA-F:.%]+\]|[a-zA-Z\d\u00a1-\uffff](?:[a-zA-Z\d\u00a1-\uffff._-]*[a-zA-Z\d\u00a1-\uffff])?)?\.?(?::\d{1,5})?(?:[/?#]\S*)?$/

/** Whether a maintainer can have this address. */
export function isEmail(text: string): boolean {
  return email.test(text)
}

/** Whether a maintainer's page can be here; a scheme need not be there. */
export function isUrl(text: string): boolean {
  if (Array.from(text).length >= 2083 || text.length <= 3 || text.startsWith('.')) return false
  try {
    const { host, path } = parseUrl(text.includes(':') && !text.includes('://') ? `http://${text}` : text)
    return !host.startsWith('.') && (host !== '' || path === '' || path.includes('.')) && url.test(text)
  } catch {
    return false
  }
}

/** Whether a request can be sent there: a URL with a scheme (Go's url.ParseRequestURI). */
export function isRequestUrl(text: string): boolean {
  try {
    return text !== '' && parseUrl(text.split('#', 1)[0] ?? '').scheme !== ''
  } catch {
    return false
  }
}
