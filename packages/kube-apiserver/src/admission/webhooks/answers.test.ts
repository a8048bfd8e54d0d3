import { describe, expect, it } from 'vitest'
import { answerFault } from './server-answer.ts'
import { verifiedResponse } from './verify-response.ts'

const REVIEW = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' }

describe('an answer that is no success', () => {
  it.each([
    [404, 'text/plain', 'not here', 'the server could not find the requested resource'],
    [500, 'text/plain', ' broken\n', 'an error on the server ("broken") has prevented the request from succeeding'],
    [502, 'application/json', '{}', 'an error on the server ("unknown") has prevented the request from succeeding'],
    [403, 'text/plain', 'not you', 'not you'],
    [500, 'application/json', '{"kind":"Status","message":"in its own words"}', 'in its own words'],
    [301, '', '', 'the server responded with the status code 301 but did not return more information'],
  ])('is told as client-go tells it (%i)', (status, type, text, words) => {
    expect(answerFault(status, type, text)).toBe(words)
  })
})

describe('a review that comes back', () => {
  const asked = { uid: 'u', version: 'v1', mutating: true }
  const validating = { ...asked, mutating: false }
  it.each([
    ['says nothing', REVIEW, asked, 'webhook response was absent'],
    ['is another', { ...REVIEW, response: { uid: 'v' } }, asked, 'expected response.uid="u", got "v"'],
    [
      'is of no kind',
      { response: { uid: 'u' } },
      asked,
      'expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got , Kind=',
    ],
    [
      'has a patch of no type',
      { ...REVIEW, response: { uid: 'u', patch: 'W10=' } },
      asked,
      'webhook returned response.patch but not response.patchType',
    ],
    [
      'changes what it may only judge',
      { ...REVIEW, response: { uid: 'u', patch: 'W10=', patchType: 'JSONPatch' } },
      validating,
      'validating webhook may not return response.patch',
    ],
  ])('and %s is taken for none', (_, answer, request, words) => {
    expect(() => verifiedResponse(answer, request)).toThrow(words)
  })

  it('is taken as it is in the older version', () => {
    const response = { uid: '', allowed: true }

    expect(verifiedResponse({ response }, { ...asked, version: 'v1beta1' })).toBe(response)
  })
})
