/** What a request for a certificate (PKCS#10) asks for, as far as signers judge it. */
export interface CertificateSubject {
  commonName: string
  organizations: string[]
  /** Subject alternative names by their type. */
  names: { dns: string[]; ip: string[]; email: string[]; uri: string[] }
}

type SignerRule = (subject: CertificateSubject, usages: string[]) => string | undefined

/** What each signer of Kubernetes' own has against a request; undefined = it signs (k8s.io/kubernetes/pkg/apis/certificates). */
export const signerRules: Partial<Record<string, SignerRule>> = {
  'kubernetes.io/kube-apiserver-client': (_subject, usages) => clientUsageFault(usages),
  'kubernetes.io/kube-apiserver-client-kubelet': (subject, usages) =>
    organizationFault(subject) ??
    nameFault(subject, ['dns', 'email', 'ip', 'uri']) ??
    nodeNameFault(subject) ??
    usageFault(usages, 'client auth'),
  'kubernetes.io/kubelet-serving': (subject, usages) => {
    const { dns, ip } = subject.names
    return (
      organizationFault(subject) ??
      (dns.length + ip.length === 0 ? 'DNS or IP subjectAltName is required' : undefined) ??
      nameFault(subject, ['email', 'uri']) ??
      usageFault(usages, 'server auth') ??
      nodeNameFault(subject)
    )
  },
}

const OPTIONAL = ['digital signature', 'key encipherment']

function clientUsageFault(usages: string[]): string | undefined {
  const foreign = usages.find((usage) => usage !== 'client auth' && !OPTIONAL.includes(usage))
  if (foreign !== undefined) return `invalid usage for client certificate: ${foreign}`
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth'
}

/** Keys that are not RSA's encipher no other keys. */
function usageFault(usages: string[], purpose: string): string | undefined {
  const needed = [purpose, 'digital signature', 'key encipherment'].sort()
  const given = new Set(usages)
  given.delete('key encipherment')
  const fits = given.size === 2 && given.has(purpose) && given.has('digital signature')
  return fits ? undefined : `usages did not match [${needed.join(' ')}]`
}

function organizationFault({ organizations }: CertificateSubject): string | undefined {
  const isNodes = organizations.length === 1 && organizations[0] === 'system:nodes'
  return isNodes ? undefined : 'subject organization is not system:nodes'
}

function nodeNameFault({ commonName }: CertificateSubject): string | undefined {
  return commonName.startsWith('system:node:') ? undefined : 'subject common name does not begin with system:node:'
}

const TITLES = { dns: 'DNS', email: 'Email', ip: 'IP', uri: 'URI' }

function nameFault({ names }: CertificateSubject, forbidden: (keyof typeof TITLES)[]): string | undefined {
  const found = forbidden.find((type) => names[type].length > 0)
  return found && `${TITLES[found]} subjectAltNames are not allowed`
}
