import { createPrivateKey, X509Certificate } from 'node:crypto'

/** What Go's tls.X509KeyPair has against the two texts (base64 of PEM), if anything. */
export function keyPairWarnings(certificate = '', key = ''): string[] {
  const [certificates, keys] = [blocksOf(certificate), blocksOf(key)]
  const [first] = certificates.filter(({ type }) => type === 'CERTIFICATE')
  if (!first) return [`tls: ${noCertificate(certificates.map(({ type }) => type))}`]
  const at = keys.findIndex(({ type }) => type.endsWith('PRIVATE KEY'))
  if (at < 0) return [`tls: ${noKey(keys.map(({ type }) => type))}`]
  const parsed = attempt(() => new X509Certificate(first.text))
  if (!parsed) return ['x509: malformed certificate']
  const privateKey = attempt(() => createPrivateKey(keys[at]?.text ?? ''))
  if (!privateKey) return ['tls: failed to parse private key']
  if (parsed.publicKey.asymmetricKeyType !== privateKey.asymmetricKeyType) {
    return ['tls: private key type does not match public key type']
  }
  return parsed.checkPrivateKey(privateKey) ? [] : ['tls: private key does not match public key']
}

interface Block {
  type: string
  text: string
}

function blocksOf(base64: string): Block[] {
  const text = Buffer.from(base64, 'base64').toString('latin1')
  const blocks = text.matchAll(/^-----BEGIN ([^\n]*?)-----[ \t\r]*\n[\s\S]*?^-----END \1-----/gm)
  return [...blocks].map(([whole, type = '']) => ({ type, text: whole }))
}

function noCertificate(types: string[]): string {
  if (types.length === 0) return 'failed to find any PEM data in certificate input'
  if (types.length === 1 && types[0]?.endsWith('PRIVATE KEY')) {
    return 'failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched'
  }
  return `failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: [${types.join(' ')}]`
}

function noKey(types: string[]): string {
  if (types.length === 0) return 'failed to find any PEM data in key input'
  if (types.length === 1 && types[0] === 'CERTIFICATE') {
    return 'found a certificate rather than a key in the PEM for the private key'
  }
  return `failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM blocks of the following types: [${types.join(' ')}]`
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch {
    return undefined
  }
}
