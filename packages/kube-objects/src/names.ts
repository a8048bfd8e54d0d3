const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const RFC1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/
const QUALIFIED = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/

// The texts are those of Kubernetes (apimachinery/pkg/util/validation), which users search for.
const LABEL_TEXT =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
const SUBDOMAIN_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const RFC1035_TEXT =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
const QUALIFIED_TEXT =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
const VALUE_TEXT =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"

const tooLong = (max: number): string => `must be no more than ${max} characters`

function check(value: string, max: number, pattern: RegExp, text: string): string[] {
  return [...(value.length > max ? [tooLong(max)] : []), ...(pattern.test(value) ? [] : [text])]
}

/** What is wrong with a name of a kind such as Namespace (RFC 1123 label); empty when nothing is. */
export function labelNameErrors(name: string): string[] {
  return check(name, 63, LABEL, SUBDOMAIN.test(name) ? 'must not contain dots' : LABEL_TEXT)
}

/** What is wrong with a name of most kinds (RFC 1123 subdomain). */
export function subdomainNameErrors(name: string): string[] {
  return check(name, 253, SUBDOMAIN, SUBDOMAIN_TEXT)
}

/** What is wrong with a Service's name (RFC 1035 label). */
export function rfc1035NameErrors(name: string): string[] {
  return check(name, 63, RFC1035, RFC1035_TEXT)
}

/** What is wrong with a label or annotation key, `[prefix/]name`. */
export function qualifiedNameErrors(key: string): string[] {
  const parts = key.split('/')
  if (parts.length > 2) {
    return [
      `a qualified name ${QUALIFIED_TEXT.slice('name part '.length)} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ]
  }
  const name = parts.at(-1) ?? ''
  const errors: string[] = []
  if (parts.length === 2) {
    const prefix = parts[0] ?? ''
    if (prefix === '') errors.push('prefix part must be non-empty')
    else errors.push(...subdomainNameErrors(prefix).map((error) => `prefix part ${error}`))
  }
  if (name === '') errors.push('name part must be non-empty')
  else if (name.length > 63) errors.push(`name part ${tooLong(63)}`)
  if (!QUALIFIED.test(name)) errors.push(QUALIFIED_TEXT)
  return errors
}

/** What is wrong with a label's value. */
export function labelValueErrors(value: string): string[] {
  return [...(value.length > 63 ? [tooLong(63)] : []), ...(value === '' || QUALIFIED.test(value) ? [] : [VALUE_TEXT])]
}
