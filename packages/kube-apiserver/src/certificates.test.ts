import { X509Certificate } from 'node:crypto'
import { readIssuer } from '@slipway/x509'
import { describe, expect, it } from 'vitest'
import { createCertificates, createClientCertificate, createKubeletCertificate } from './certificates.ts'

const now = new Date('2026-01-02T00:00:00Z')

describe('certificates', () => {
  it('of servers and clients name the key of the CA that issued them, as strict clients want it', async () => {
    const { ca, server, client, frontProxy } = await createCertificates({ now })
    const pairs = [
      [ca, server],
      [ca, client],
      [{ cert: frontProxy.ca }, frontProxy],
    ] as const
    for (const [authority, pair] of pairs) {
      const [issuer, issued] = [new X509Certificate(authority.cert), new X509Certificate(pair.cert)]
      const { keyId } = readIssuer(issuer.raw)

      expect(issuer.ca).toBe(true)
      expect([issued.checkIssued(issuer), issued.verify(issuer.publicKey), issued.ca]).toEqual([true, true, false])
      expect(keyId && issued.raw.includes(Buffer.from(keyId))).toBe(true)
    }
  })

  it('hold for the names and addresses of their server', async () => {
    const { ca } = await createCertificates({ now })
    const hosts = ['node', '10.0.0.1', 'fe80::1:0:2', '::ffff:1.2.3.4', 'node']
    const { cert } = await createKubeletCertificate(ca, { now, node: 'node', hosts })

    expect(new X509Certificate(cert).subjectAltName).toBe(
      'DNS:node, IP Address:10.0.0.1, IP Address:FE80:0:0:0:0:1:0:2, IP Address:0:0:0:0:0:FFFF:102:304',
    )
    expect(new X509Certificate(cert).subject).toBe('CN=system:node:node\nO=system:nodes')
  })

  it('give nobody a group by the way a user is called', async () => {
    const { ca } = await createCertificates({ now })
    const { cert } = await createClientCertificate(ca, { user: 'me, O=system:masters', groups: ['a+b'] }, { now })

    expect(new X509Certificate(cert).subject).toBe('CN=me\\, O=system:masters\nO=a\\+b')
  })

  it('are good from the day before, for ten years', async () => {
    const { server } = await createCertificates({ now })
    const { validFrom, validTo } = new X509Certificate(server.cert)

    expect([validFrom, validTo]).toEqual(['Jan  1 00:00:00 2026 GMT', 'Dec 31 00:00:00 2035 GMT'])
  })
})
