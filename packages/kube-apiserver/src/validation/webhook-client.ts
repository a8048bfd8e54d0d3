import { X509Certificate } from 'node:crypto'
import { subdomainNameErrors } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import { invalidValue, required } from './field-errors.ts'
import { portNumber, requiredText } from './values.ts'

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

/** The Service in front of a webhook. */
export function webhookService({ name, namespace, port, path }: Spec, field: string): FieldError[] {
  return [
    ...requiredText(`${field}.name`, name),
    ...requiredText(`${field}.namespace`, namespace),
    ...portNumber(`${field}.port`, port).map((error) => ({
      ...error,
      message: error.message.replace(': must', ': port is not valid: must'),
    })),
    ...servicePath(path, `${field}.path`),
  ]
}

function servicePath(path: string | undefined, field: string): FieldError[] {
  if (!path || path === '/') return []
  const steps = path.slice(1).replace(/\/$/, '').split('/')
  return [
    ...(path.startsWith('/') ? [] : [invalidValue(field, path, "must start with a '/'")]),
    ...steps.flatMap((step, index) => {
      if (step === '') return [invalidValue(field, path, `segment[${index}] may not be empty`)]
      return subdomainNameErrors(step).map((why) => invalidValue(field, path, `segment[${index}]: ${why}`))
    }),
  ]
}

/** What a TLS client in Go has against the certificates, in base64, that it shall trust. */
export function caBundleFault(bundle: string): string | undefined {
  const pem = Buffer.from(bundle, 'base64').toString()
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []
  if (certificates.some(isCertificate)) return undefined
  const why = certificates.length === 0 ? 'unable to parse bytes as PEM block' : 'failed to parse certificate'
  return `unable to load root certificates: ${why}`
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem) !== undefined
  } catch {
    return false
  }
}
