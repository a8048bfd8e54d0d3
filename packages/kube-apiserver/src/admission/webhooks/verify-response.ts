import type { Spec } from '../../defaults/spec.ts'

/** What was asked for, and of which kind of webhook. */
export interface Asked {
  uid: string
  version: string
  mutating: boolean
}

/** The response in a review that a webhook answered. Throws an Error for what no webhook may answer (VerifyAdmissionResponse). */
export function verifiedResponse({ apiVersion = '', kind = '', response }: Spec, asked: Asked): Spec {
  if (!response) throw new Error('webhook response was absent')
  // Of the older version nothing was ever asked.
  if (asked.version === 'v1') verify(response, { apiVersion, kind }, asked)
  return response
}

function verify({ uid = '', patch = '', patchType }: Spec, { apiVersion, kind }: Spec, asked: Asked): void {
  if (uid !== asked.uid) {
    throw new Error(`expected response.uid=${JSON.stringify(asked.uid)}, got ${JSON.stringify(uid)}`)
  }
  if (apiVersion !== 'admission.k8s.io/v1' || kind !== 'AdmissionReview') {
    const expected = 'admission.k8s.io/v1, Kind=AdmissionReview'
    const given = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`
    throw new Error(`expected webhook response of ${expected}, got ${given}, Kind=${kind}`)
  }
  if (!asked.mutating) {
    if (patch) throw new Error('validating webhook may not return response.patch')
    if (patchType !== undefined) throw new Error('validating webhook may not return response.patchType')
    return
  }
  if (patch && patchType === undefined) throw new Error('webhook returned response.patch but not response.patchType')
  if (!patch && patchType !== undefined) throw new Error('webhook returned response.patchType but not response.patch')
  if (patchType === '') throw new Error('webhook returned invalid response.patchType of ""')
}
