import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { request as httpsRequest } from 'node:https'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

const REQUESTS = '/apis/certificates.k8s.io/v1/certificatesigningrequests'
const CLIENT = 'kubernetes.io/kube-apiserver-client'
const SERVING = 'kubernetes.io/kubelet-serving'
const KUBELET = 'kubernetes.io/kube-apiserver-client-kubelet'
const nodeSubject = '/O=system:nodes/CN=system:node:one'
const nodeUsages = (purpose: string) => ['digital signature', purpose]

let api: TestServer
beforeAll(async () => {
  api = await startTestServer()
})
afterAll(() => api.stop())

let made = 0

interface Wanted {
  signerName: string
  usages: string[]
  subject?: string
  names?: string
  expirationSeconds?: number
  key?: string
}

/** A request that openssl made, stored. */
async function requested({ subject = '/CN=jane/O=dev', names, key = 'ec', ...spec }: Wanted): Promise<string> {
  const name = `request-${++made}`
  const file = (end: string) => join(api.folder, `${name}.${end}`)
  const newKey = key === 'ec' ? ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'] : ['-newkey', key]
  const more = names ? ['-addext', `subjectAltName=${names}`] : []
  const args = [
    'req',
    '-new',
    ...newKey,
    '-nodes',
    '-keyout',
    file('key'),
    '-out',
    file('csr'),
    '-subj',
    subject,
    ...more,
  ]
  expect((await api.run('openssl', args)).code).toBe(0)
  const request = (await readFile(file('csr'))).toString('base64')
  const body = { metadata: { name }, spec: { ...spec, request } }
  expect((await api.call('POST', REQUESTS, { body })).status).toBe(201)
  return name
}

const approve = (name: string) => api.run('kubectl', ['certificate', 'approve', name])

async function settled(name: string) {
  const status = async () => (await api.call('GET', `${REQUESTS}/${name}`)).body.status
  await expect.poll(async () => JSON.stringify(await status())).toMatch(/"certificate":|"Failed"/)
  return await status()
}

async function whoami(cert: string, key: string): Promise<string> {
  const { port } = api.server.address()
  const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
  const options = { host: '127.0.0.1', port, path, method: 'POST', ca: api.ca.cert, cert, key }
  return await new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' }
    const sent = httpsRequest({ ...options, headers }, (answer) => {
      let text = ''
      answer.on('data', (part: Buffer) => {
        text += part.toString()
      })
      answer.on('end', () => resolve(text))
    })
    sent.on('error', reject)
    sent.end('{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}')
  })
}

describe('a request for a certificate', () => {
  it.each([
    'ec',
    'rsa:2048',
    'ed25519',
  ])('with a key of %s is signed once it is approved, and lets its owner in', async (key) => {
    const name = await requested({ signerName: CLIENT, usages: ['client auth'], key })
    expect((await api.call('GET', `${REQUESTS}/${name}`)).body.status).toEqual({})

    expect((await approve(name)).code).toBe(0)

    const pem = Buffer.from((await settled(name)).certificate, 'base64').toString()
    const certificate = new X509Certificate(pem)
    expect(certificate.verify(new X509Certificate(api.ca.cert).publicKey)).toBe(true)
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
    expect(certificate.ca).toBe(false)
    const answer = await whoami(pem, await readFile(join(api.folder, `${name}.key`), 'utf8'))
    expect(JSON.parse(answer).status.userInfo).toMatchObject({
      username: 'jane',
      groups: ['dev', 'system:authenticated'],
    })
  })

  it.each([
    [undefined, 365 * 24 * 3600 - 300],
    [600, 600],
    [86_400, 86_400 - 300],
    [10 * 365 * 24 * 3600, 365 * 24 * 3600 - 300],
  ])('for %s seconds gets a certificate that holds for %s', async (expirationSeconds, expected) => {
    const name = await requested({
      ...{ signerName: CLIENT, usages: ['client auth'] },
      ...(expirationSeconds && { expirationSeconds }),
    })
    const began = Date.now()
    await approve(name)

    const { validFrom, validTo } = new X509Certificate(Buffer.from((await settled(name)).certificate, 'base64'))

    expect(Math.abs(Date.parse(validTo) - began - expected * 1000)).toBeLessThan(10_000)
    expect(Math.abs(began - 300_000 - Date.parse(validFrom))).toBeLessThan(10_000)
  })

  it('of a kubelet keeps its names', async () => {
    const usages = nodeUsages('server auth')
    const name = await requested({ signerName: SERVING, usages, subject: nodeSubject, names: 'DNS:one,IP:10.0.0.1' })
    await approve(name)

    const { subjectAltName } = new X509Certificate(Buffer.from((await settled(name)).certificate, 'base64'))

    expect(subjectAltName).toBe('DNS:one, IP Address:10.0.0.1')
  })

  it.each<[Partial<Wanted>, string]>([
    [{ usages: ['client auth', 'server auth'] }, 'invalid usage for client certificate: server auth'],
    [{ usages: ['digital signature'] }, 'missing required usage for client certificate: client auth'],
    [{ signerName: KUBELET, usages: nodeUsages('client auth') }, 'subject organization is not system:nodes'],
    [
      { signerName: KUBELET, usages: nodeUsages('client auth'), subject: '/O=system:nodes/CN=one' },
      'subject common name does not begin with system:node:',
    ],
    [
      { signerName: KUBELET, usages: nodeUsages('client auth'), subject: nodeSubject, names: 'DNS:one' },
      'DNS subjectAltNames are not allowed',
    ],
    [
      { signerName: KUBELET, usages: ['client auth'], subject: nodeSubject },
      'usages did not match [client auth digital signature key encipherment]',
    ],
    [
      { signerName: SERVING, usages: nodeUsages('server auth'), subject: nodeSubject },
      'DNS or IP subjectAltName is required',
    ],
    [
      { signerName: SERVING, usages: nodeUsages('server auth'), subject: nodeSubject, names: 'DNS:one,URI:spiffe://x' },
      'URI subjectAltNames are not allowed',
    ],
    [
      { signerName: SERVING, usages: nodeUsages('client auth'), subject: nodeSubject, names: 'DNS:one' },
      'usages did not match [digital signature key encipherment server auth]',
    ],
  ])('%j fails: %s', async (wanted, message) => {
    const name = await requested({ signerName: CLIENT, usages: [], ...wanted })
    await approve(name)

    const { certificate, conditions } = await settled(name)

    expect(certificate).toBeUndefined()
    expect(conditions).toContainEqual(
      expect.objectContaining({ type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message }),
    )
  })

  it('of another signer, and one that was denied, are left alone', async () => {
    const other = await requested({ signerName: 'example.com/own', usages: ['client auth'] })
    const denied = await requested({ signerName: CLIENT, usages: ['client auth'] })
    const last = await requested({ signerName: CLIENT, usages: ['client auth'] })
    await approve(other)
    await api.run('kubectl', ['certificate', 'deny', denied])
    await approve(last)

    await settled(last)
    for (const name of [other, denied]) {
      expect((await api.call('GET', `${REQUESTS}/${name}`)).body.status.certificate).toBeUndefined()
    }
  })
})
