import { X509Certificate } from 'node:crypto'
import { connect } from 'node:tls'
import { trusting } from '../../api/send-elsewhere.ts'

/** Certificates of servers that a bundle's authorities have issued, as far as they had to be looked at. */
const issued = new Map<string, string>()
const MOST_ISSUED = 100

export interface Server {
  host: string
  port: number
  servername: string
}

/** TLS options of a bundle, with the certificate that its server was found to have. */
export function trustingIssued(bundle: string): ReturnType<typeof trusting> {
  return trusting(bundle + (issued.get(bundle) ?? ''))
}

/**
 * Whether to ask again after this failure. OpenSSL takes a certificate for its own issuer's when it names itself as its issuer, as
 * knative's do, whose authority has the name of the server; Go looks at the signature. Where an authority of the bundle has
 * really signed it, the certificate itself is trusted from now on, by all other rules.
 */
export async function isIssuedAfterAll(
  error: Error & { code?: string },
  bundle: string,
  server: Server,
): Promise<boolean> {
  if (error.code !== 'DEPTH_ZERO_SELF_SIGNED_CERT') return false
  const certificate = await certificateOf(server)
  if (!certificate || !authoritiesOf(bundle).some((authority) => hasIssued(authority, certificate))) return false
  if (issued.size >= MOST_ISSUED) issued.clear()
  issued.set(bundle, `\n${certificate.toString()}`)
  return true
}

function hasIssued(authority: X509Certificate, certificate: X509Certificate): boolean {
  const now = Date.now()
  const isValid = Date.parse(authority.validFrom) <= now && now <= Date.parse(authority.validTo)
  return authority.ca && isValid && certificate.checkIssued(authority) && certificate.verify(authority.publicKey)
}

function authoritiesOf(bundle: string): X509Certificate[] {
  const blocks = bundle.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  return blocks.map((block) => new X509Certificate(block))
}

/** What the server shows to whoever connects; nothing is sent to it. */
function certificateOf(server: Server): Promise<X509Certificate | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...server, rejectUnauthorized: false, timeout: 5_000 }, () => {
      resolve(socket.getPeerX509Certificate())
      socket.destroy()
    })
    socket.on('timeout', () => socket.destroy(new Error('the server shows no certificate')))
    socket.on('error', reject)
  })
}
