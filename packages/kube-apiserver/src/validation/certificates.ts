import { X509Certificate } from 'node:crypto'
import { labelNameErrors, subdomainNameErrors } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import type { TypeRules } from './check-types.ts'
import { duplicate, forbiddenField, invalidValue, notSupported, required } from './field-errors.ts'
import { repeats } from './repeats.ts'

/** Requests for certificates (certificates/validation). */
export const certificateRules: TypeRules = {
  'certificates/v1.CertificateSigningRequestSpec': (
    { request = '', usages = [], signerName, expirationSeconds },
    at,
  ) => {
    const fault = requestFault(Buffer.from(request, 'base64').toString())
    const repeated = repeats(usages)
    return [
      ...(fault === undefined ? [] : [invalidValue(`${at}.request`, request || null, fault)]),
      ...(usages.length === 0 ? [required(`${at}.usages`)] : []),
      ...usages.flatMap((usage: string, index: number) => [
        ...(USAGES.includes(usage) ? [] : [notSupported(`${at}.usages[${index}]`, usage, USAGES)]),
        ...(repeated[index] ? [duplicate(`${at}.usages[${index}]`, usage)] : []),
      ]),
      ...signerErrors(signerName, `${at}.signerName`),
      ...(expirationSeconds < 600
        ? [
            invalidValue(
              `${at}.expirationSeconds`,
              expirationSeconds,
              'may not specify a duration less than 600 seconds (10 minutes)',
            ),
          ]
        : []),
    ]
  },
}

const USAGES = [
  ...['any', 'cert sign', 'client auth', 'code signing', 'content commitment', 'crl sign', 'data encipherment'],
  ...['decipher only', 'digital signature', 'email protection', 'encipher only', 'ipsec end system', 'ipsec tunnel'],
  ...['ipsec user', 'key agreement', 'key encipherment', 'microsoft sgc', 'netscape sgc', 'ocsp signing', 's/mime'],
  ...['server auth', 'signing', 'timestamping'],
]

function requestFault(pem: string): string | undefined {
  const [, body] =
    /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([\sA-Za-z0-9+/=]*)-----END (?:NEW )?CERTIFICATE REQUEST-----/.exec(
      pem,
    ) ?? []
  if (body === undefined) return 'PEM block type must be CERTIFICATE REQUEST'
  const der = Buffer.from(body, 'base64')
  // A sequence, as long as it says.
  return der[0] === 0x30 && derLength(der) === der.length ? undefined : 'asn1: syntax error: data truncated'
}

/** Of the whole element, its head included (X.690, 8.1.3). */
function derLength(der: Buffer): number {
  const first = der[1] ?? 0
  if (first < 0x80) return 2 + first
  const bytes = first & 0x7f
  return bytes > 4 || der.length < 2 + bytes ? -1 : 2 + bytes + der.readUIntBE(2, bytes)
}

function signerErrors(name: string | undefined, field: string): FieldError[] {
  if (!name) return [required(field)]
  if (name === 'kubernetes.io/legacy-unknown') {
    return [invalidValue(field, name, 'the legacy signerName is not allowed via this API version')]
  }
  const [domain = '', path = '', ...more] = name.split('/')
  if (!name.includes('/') || more.length > 0) {
    return [
      invalidValue(field, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'"),
    ]
  }
  const first = (shown: string, rule: (label: string) => string[]) => {
    const bad = shown.split('.').find((label) => rule(label).length > 0)
    if (bad === undefined) return []
    return rule(bad).map((why) => invalidValue(field, shown, `validating label ${JSON.stringify(bad)}: ${why}`))
  }
  const short = 'should be a domain with at least two segments separated by dots'
  return [
    ...first(domain, labelNameErrors),
    ...(domain.includes('.') ? [] : [invalidValue(field, domain, short)]),
    ...first(path, subdomainNameErrors),
  ]
}

const DECISIONS = ['Approved', 'Denied']

/** What an update may do to a request's conditions and its certificate. */
export function certificateChanges(next: Spec, current: Spec, subresource: string | undefined): FieldError[] {
  const at = 'status.conditions'
  const [after, before]: Spec[][] = [next.status?.conditions ?? [], current.status?.conditions ?? []]
  const count = (list: Spec[] | undefined, type: string) => (list ?? []).filter((one) => one.type === type).length
  const removed = [...DECISIONS, 'Failed'].filter((type) => count(after, type) < count(before, type))
  const added = subresource === 'approval' ? [] : DECISIONS.filter((type) => count(after, type) > count(before, type))
  const [issued, had] = [next.status?.certificate, current.status?.certificate]
  const changed = issued !== had && (subresource !== 'status' || had)
  const unread = issued && issued !== had ? certificateFault(Buffer.from(issued, 'base64').toString()) : undefined
  return [
    ...(unread === undefined ? [] : [invalidValue('status.certificate', '<certificate data>', unread)]),
    ...conditionErrors(after ?? [], at),
    ...removed.map((type) => forbiddenField(at, `updates may not remove a condition of type ${JSON.stringify(type)}`)),
    ...added.map((type) => forbiddenField(at, `updates may not add a condition of type ${JSON.stringify(type)}`)),
    ...(changed
      ? [
          forbiddenField(
            'status.certificate',
            subresource === 'status'
              ? 'updates may not modify existing certificate content'
              : 'updates may not set certificate content',
          ),
        ]
      : []),
  ]
}

const PEM = /-----BEGIN ([^-\n]+)-----\r?\n([^-]*)-----END \1-----/g

/** What is wrong with what a signer gave. */
function certificateFault(pem: string): string | undefined {
  const blocks = [...pem.matchAll(PEM)]
  for (const [block, type = '', body = ''] of blocks) {
    if (type !== 'CERTIFICATE') return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`
    if (body.includes(':')) return 'no PEM block headers are permitted'
    try {
      new X509Certificate(block)
    } catch {
      return 'x509: malformed certificate'
    }
  }
  return blocks.length === 0 ? 'must contain at least one CERTIFICATE PEM block' : undefined
}

function conditionErrors(conditions: Spec[], at: string): FieldError[] {
  const both = DECISIONS.every((type) => conditions.some((one) => one.type === type))
  const exclusive = 'Approved and Denied conditions are mutually exclusive'
  const repeated = repeats(conditions, ({ type }) => type)
  const last = conditions.findLast(({ type }) => DECISIONS.includes(type))?.type
  return [
    ...conditions.flatMap(({ type, status }, index) => {
      const allowed = [...DECISIONS, 'Failed'].includes(type) ? ['True'] : ['False', 'True', 'Unknown']
      return [
        ...(type ? [] : [required(`${at}[${index}].type`)]),
        ...(status ? [] : [required(`${at}[${index}].status`)]),
        ...(status && !allowed.includes(status) ? [notSupported(`${at}[${index}].status`, status, allowed)] : []),
        ...(repeated[index] ? [duplicate(`${at}[${index}].type`, type)] : []),
      ]
    }),
    ...(both ? [invalidValue(at, last, exclusive)] : []),
  ]
}
