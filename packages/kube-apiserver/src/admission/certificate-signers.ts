import { equalJson } from '@slipway/kube-objects'
import type { Authorizer } from '../access/authorize.ts'
import { type AdmissionPlugin, type AdmissionRequest, refused } from './admission.ts'

const GROUP = 'certificates.k8s.io'
const CLIENTS = 'kubernetes.io/kube-apiserver-client'
const MASTERS = 'system:masters'

/**
 * Who approves or signs must have the right to do so for the signer, and nobody asks to become one of the masters (the
 * CertificateApproval, CertificateSigning and CertificateSubjectRestriction admissions).
 */
export function certificateSigners(authorize: Authorizer): AdmissionPlugin {
  return {
    validate(request) {
      const { resource, operation, subresource, object, old } = request
      if (resource.group !== GROUP || resource.plural !== 'certificatesigningrequests' || !object) return
      if (operation === 'CREATE' && !subresource) return checkSubject(request)
      if (operation !== 'UPDATE') return
      const [next, current] = [object.status ?? {}, old?.status ?? {}]
      const signs = ['certificate', 'conditions'].some(
        (field) => !equalJson(next[field] ?? null, current[field] ?? null),
      )
      if (subresource === 'approval') checkSigner(authorize, request, 'approve')
      else if (subresource === 'status' && signs) checkSigner(authorize, request, 'sign')
    },
  }
}

/** A signer is permitted by its name, or by `<domain>/*` (certificate-signing-requests#authorization). */
function checkSigner(authorize: Authorizer, request: AdmissionRequest, verb: 'approve' | 'sign'): void {
  const signer: string = request.old?.spec?.signerName ?? ''
  const domain = signer.split('/')[0]
  const may = (name: string) => authorize({ user: request.user, verb, group: GROUP, resource: 'signers', name })
  if (may(signer) || may(`${domain}/*`)) return
  throw refused(request, `user not permitted to ${verb} requests with signerName "${signer}"`)
}

async function checkSubject(request: AdmissionRequest): Promise<void> {
  const { signerName, request: asked = '' } = request.object?.spec ?? {}
  if (signerName !== CLIENTS) return
  const { readRequest } = await import('../signers/sign-request.ts')
  const { subject } = await readRequest(Buffer.from(asked, 'base64').toString())
  if (!subject.organizations.includes(MASTERS)) return
  throw refused(request, `use of ${CLIENTS} signer with ${MASTERS} group is not allowed`)
}
