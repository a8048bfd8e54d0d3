import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MemoryRevisionStore } from '@slipway/storage'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { patchIn } from './read-patch.ts'
import { readReview } from './read-review.ts'
import { answerFault } from './server-answer.ts'
import { verifiedResponse } from './verify-response.ts'
import { callWebhook } from './webhook-client.ts'

const REVIEW = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' }

describe('an answer that is no success', () => {
  it.each([
    [404, 'text/plain', 'not here', 'the server could not find the requested resource'],
    [500, 'text/plain', ' broken\n', 'an error on the server ("broken") has prevented the request from succeeding'],
    [502, 'application/json', '{}', 'an error on the server ("unknown") has prevented the request from succeeding'],
    [403, 'text/plain', 'not you', 'not you'],
    [500, 'application/json', '{"kind":"Status","status":"Failure","message":"in its own words"}', 'in its own words'],
    [406, 'application/json', '{}', 'the server was unable to respond with a content type that the client supports'],
    [
      500,
      '',
      '{"kind":"Status","status":"Success"}',
      'an error on the server ("{\\"kind\\":\\"Status\\",\\"status\\":\\"Success\\"}") has prevented the request from succeeding',
    ],
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
      'expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got /, Kind=',
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

/** Every text is kube-apiserver's own. */
describe('an answer that is no review', () => {
  const NO_OBJECT = (given: string) =>
    `couldn't get version/kind; json parse error: json: cannot unmarshal ${given} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`
  const response = (fields: object) => JSON.stringify({ ...REVIEW, response: { uid: 'u', ...fields } })
  const unregistered = (kind: string, version: string) =>
    `no kind "${kind}" is registered for version "${version}" in scheme "pkg/runtime/scheme.go:110"`
  const wrong = (given: string, field: string, type: string) =>
    `json: cannot unmarshal ${given} into Go struct field ${field} of type ${type}`

  it.each([
    ['a page', '<html>no</html>', NO_OBJECT('string')],
    ['a list', '[]', NO_OBJECT('array')],
    ['a number', '7', NO_OBJECT('number')],
    [
      'cut off',
      '{"kind":"AdmissionReview"',
      "couldn't get version/kind; json parse error: unexpected end of JSON input",
    ],
    [
      'more than one',
      '{}{}',
      "couldn't get version/kind; json parse error: invalid character '{' after top-level value",
    ],
    [
      'of a kind that is no text',
      '{"kind":5}',
      "couldn't get version/kind; json parse error: json: cannot unmarshal number into Go struct field .kind of type string",
    ],
    [
      'of another kind',
      '{"kind":"Foo","apiVersion":"admission.k8s.io/v1"}',
      unregistered('Foo', 'admission.k8s.io/v1'),
    ],
    ['of another group', '{"kind":"AdmissionReview","apiVersion":"foo/v1"}', unregistered('AdmissionReview', 'foo/v1')],
    ['of no version', '{"kind":"AdmissionReview","apiVersion":"a/b/c"}', 'unexpected GroupVersion string: a/b/c'],
    [
      'of the version that was not asked for',
      '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1beta1"}',
      'converting (v1beta1.AdmissionReview) to (v1.AdmissionReview): unknown conversion',
    ],
    [
      'a Status',
      '{"kind":"Status","apiVersion":"v1"}',
      'converting (v1.Status) to (v1.AdmissionReview): unknown conversion',
    ],
    [
      'a text in a response',
      JSON.stringify({ ...REVIEW, response: 'x' }),
      wrong('string', 'AdmissionReview.response', 'v1.AdmissionResponse'),
    ],
    ['a number for a uid', response({ uid: 5 }), wrong('number', 'AdmissionResponse.response.uid', 'types.UID')],
    [
      'a word for a verdict',
      response({ allowed: 'yes' }),
      wrong('string', 'AdmissionResponse.response.allowed', 'bool'),
    ],
    [
      'a code beyond numbers',
      response({ status: { code: 99999999999 } }),
      wrong('number 99999999999', 'Status.response.status.code', 'int32'),
    ],
    ['one warning', response({ warnings: 'x' }), wrong('string', 'AdmissionResponse.response.warnings', '[]string')],
    ['a patch that is none', response({ patch: {} }), wrong('object', 'AdmissionResponse.response.patch', '[]uint8')],
    ['a patch that is no base64', response({ patch: '%%%' }), 'illegal base64 data at input byte 0'],
  ])('is refused in the words of the decoder: %s', (_, text, words) => {
    expect(() => readReview(text, 'v1')).toThrow(new Error(words))
  })

  it.each([
    ['YAML', 'kind: AdmissionReview\napiVersion: admission.k8s.io/v1\nresponse:\n  uid: u', { uid: 'u' }],
    ['nothing but space', '  \n', undefined],
    ['bytes as numbers', response({ patch: [91, 93] }), { uid: 'u', patch: 'W10=' }],
    ['a mark of the byte order', `\ufeff${response({})}`, { uid: 'u' }],
  ])('is read though it is odd: %s', (_, text, read) => {
    expect(readReview(text, 'v1').response).toEqual(read)
  })
})

describe('a patch', () => {
  const undecodable = (why: string) => `received undecodable patch in webhook response: ${why}`
  const read = (text: string, patchType = 'JSONPatch') =>
    patchIn({ patch: Buffer.from(text).toString('base64'), patchType })

  it.each([
    ['nope', undecodable("invalid character 'o' in literal null (expecting 'u')")],
    ['{}', undecodable('json: cannot unmarshal object into Go value of type jsonpatch.Patch')],
    ['[1]', undecodable('json: cannot unmarshal number into Go value of type jsonpatch.Operation')],
  ])('that is none is refused: %s', (text, words) => {
    expect(() => read(text)).toThrow(new Error(words))
  })

  it('of another type is refused, unless it changes nothing', () => {
    expect(() => read('[{"op":"add"}]', 'Foo')).toThrow(new Error('unsupported patch type "Foo"'))
    expect([read('[]', 'Foo'), read('null')]).toEqual([undefined, undefined])
  })
})

describe('a webhook over HTTP', () => {
  const answers: Record<string, (response: ServerResponse, asked: string) => void> = {
    '/moved': (response) => response.writeHead(307, { location: '/here' }).end(),
    '/seen': (response) => response.writeHead(302, { location: '/here' }).end(),
    '/loop': (response) => response.writeHead(308, { location: '/loop' }).end(),
    '/here': (response, asked) => response.end(asked),
    '/empty': (response) => response.end(),
    '/half': (response) => {
      response.writeHead(200, { 'content-length': 100 })
      response.write('{', () => response.destroy())
    },
  }
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk) => {
      text += chunk
    })
    request.on('end', () => answers[request.url?.split('?')[0] ?? '']?.(response, `${request.method} ${text}`))
  })
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
  afterAll(() => server.close())
  const ask = (path: string) => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
    return callWebhook(new MemoryRevisionStore(), { client: { url }, seconds: 5 }, {})
  }

  it('may send the server elsewhere, as with any HTTP client', async () => {
    expect([await ask('/moved'), await ask('/seen')]).toEqual(['POST {}', 'GET '])
    await expect(ask('/loop')).rejects.toThrow(new Error('Post "/loop": stopped after 10 redirects'))
  })

  it('that says nothing, or half of it, is named in the words of client-go', async () => {
    await expect(ask('/empty')).rejects.toThrow(
      new Error('0-length response with status code: 200 and content type: application/json'),
    )
    await expect(ask('/half')).rejects.toThrow(
      new Error('unexpected error when reading response body. Please retry. Original error: unexpected EOF'),
    )
  })
})
