import type { FieldError } from '../api/status.ts'
import { invalidValue, required } from './field-errors.ts'

const FORM = '; desired format: https://host[/path]'

/** The address of a webhook outside the cluster. */
export function webhookUrl(url: string, field: string): FieldError[] {
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch {
    if (/^[^:]*$/.test(url))
      return [
        invalidValue(field, '', `'https' is the only allowed URL scheme${FORM}`),
        invalidValue(field, '', `host must be specified${FORM}`),
      ]
    return [required(field, `url must be a valid URL: parse ${JSON.stringify(url)}: invalid URL${FORM}`)]
  }
  const scheme = parsed.protocol.slice(0, -1)
  const { host, username, hash, search } = parsed
  return [
    ...(scheme === 'https' ? [] : [invalidValue(field, scheme, `'https' is the only allowed URL scheme${FORM}`)]),
    ...(host ? [] : [invalidValue(field, host, `host must be specified${FORM}`)]),
    ...(username ? [invalidValue(field, username, 'user information is not permitted in the URL')] : []),
    ...(hash ? [invalidValue(field, hash.slice(1), 'fragments are not permitted in the URL')] : []),
    ...(search ? [invalidValue(field, search.slice(1), 'query parameters are not permitted in the URL')] : []),
  ]
}
