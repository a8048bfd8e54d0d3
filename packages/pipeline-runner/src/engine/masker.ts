const MASK = '***'
// The password of any URL, whether it was registered or not.
const URL_PASSWORD = /(?<=:\/\/[^:/?#\s@]+:)[^/\s]+(?=@)/g

/** Replaces the secrets of one run by `***`. Every line that is logged, stored or shown goes through it. */
export class Masker {
  readonly #secrets = new Set<string>()
  #pattern: RegExp | undefined

  /** Remembers a secret and the forms in which tools print one; the lines of one with several lines each for itself. */
  add(secret: string): void {
    for (const line of [secret, ...secret.split(/\r?\n/)]) for (const form of formsOf(line)) this.#secrets.add(form)
    this.#pattern = undefined
  }

  mask(text: string): string {
    const masked = text.includes('://') ? text.replace(URL_PASSWORD, MASK) : text
    if (this.#secrets.size === 0) return masked
    return masked.replace(this.#compiled(), MASK)
  }

  #compiled(): RegExp {
    // The longest first, so that no tail of a secret is left behind by a shorter one.
    this.#pattern ??= new RegExp(
      [...this.#secrets]
        .sort((a, b) => b.length - a.length)
        .map((secret) => secret.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&'))
        .join('|'),
      'g',
    )
    return this.#pattern
  }
}

/** The agent's value encoders: trimmed, unquoted, base64, JSON, URI and shell-escaped. */
function formsOf(secret: string): string[] {
  const value = secret.trim()
  if (value === '') return []
  const base64 = Buffer.from(value).toString('base64')
  const forms = [
    secret,
    value,
    value.replace(/^(['"])(.*)\1$/s, '$2'),
    base64,
    base64.replace(/=+$/, ''),
    JSON.stringify(value).slice(1, -1),
    encodeUri(value),
    value.replace(/(['"\\$`])/g, '\\$1'),
  ]
  return forms.filter((form) => form !== '')
}

function encodeUri(value: string): string {
  // A lone surrogate has no URI form.
  return encodeURIComponent(Buffer.from(value).toString())
}
