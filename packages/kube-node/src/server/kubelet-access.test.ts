import type { IncomingMessage } from 'node:http'
import type { KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { beforeEach, describe, expect, it } from 'vitest'
import { KubeletAccess } from './kubelet-access.ts'

/** An API server that knows one token, and lets its bearer at some subresources of nodes. */
const asked: KubeObject[] = []
const USER = { username: 'system:serviceaccount:n:s', uid: 'u', groups: ['g'], extra: { 'x.io/y': ['z'] } }
const ALLOWED = ['metrics', 'pods']
const client = {
  async create(review: KubeObject) {
    asked.push(review)
    const { token, resourceAttributes } = review.spec
    if (review.kind === 'TokenReview')
      return { ...review, status: token === 'known' ? { authenticated: true, user: USER } : { authenticated: false } }
    return { ...review, status: { allowed: ALLOWED.includes(resourceAttributes.subresource) } }
  },
} as unknown as KubeClient
const access = new KubeletAccess({ client, node: 'slipway', token: 'own' })

interface Shown {
  token?: string
  authorization?: string
  subject?: object
  verified?: boolean
}

const request = ({ token, authorization, subject = {}, verified = false }: Shown): IncomingMessage =>
  ({
    method: 'GET',
    headers: { ...(token && { authorization: `Bearer ${token}` }), ...(authorization && { authorization }) },
    socket: { authorized: verified, getPeerCertificate: () => ({ subject }) },
  }) as unknown as IncomingMessage

beforeEach(() => {
  asked.length = 0
})

describe('a kubelet', () => {
  it('serves the API server without asking it', async () => {
    expect(await access.refusal(request({ token: 'own' }), '/exec/n/p/c')).toBeUndefined()
    expect(asked).toEqual([])
  })

  it('asks the API server whose a token is and whether he may', async () => {
    expect(await access.refusal(request({ token: 'known' }), '/metrics/resource')).toBeUndefined()
    expect(asked.map(({ spec }) => spec)).toEqual([
      { token: 'known' },
      {
        user: USER.username,
        uid: 'u',
        groups: ['g'],
        extra: USER.extra,
        resourceAttributes: { verb: 'get', version: 'v1', resource: 'nodes', subresource: 'metrics', name: 'slipway' },
      },
    ])
  })

  it('takes a client certificate of its CA for whom it names', async () => {
    const subject = { CN: 'admin', O: ['a', 'b'] }

    expect(await access.refusal(request({ subject, verified: true }), '/metrics')).toBeUndefined()
    expect(asked.map(({ spec }) => [spec.user, spec.groups])).toEqual([['admin', ['system:authenticated', 'a', 'b']]])
  })

  it.each<[string, Shown, string, number, string]>([
    ['nobody', {}, '/healthz', 401, 'Unauthorized'],
    ['a token that nobody knows', { token: 'guessed' }, '/metrics', 401, 'Unauthorized'],
    ['a password', { authorization: 'Basic YTpi' }, '/metrics', 401, 'Unauthorized'],
    ['a certificate of another CA', { subject: { CN: 'admin', O: 'system:masters' } }, '/metrics', 401, 'Unauthorized'],
    [
      'somebody who may not',
      { token: 'known' },
      '/healthz',
      403,
      'Forbidden (user=system:serviceaccount:n:s, verb=get, resource=nodes, subresource(s)=[healthz proxy])\n',
    ],
    [
      'somebody who may only see metrics, at exec',
      { token: 'known' },
      '/exec/n/p/c',
      403,
      'Forbidden (user=system:serviceaccount:n:s, verb=get, resource=nodes, subresource(s)=[proxy])\n',
    ],
  ])('refuses %s', async (_who, shown, path, status, text) => {
    expect(await access.refusal(request(shown), path)).toEqual({ status, text })
  })

  it('lets somebody with a part of the node do that part', async () => {
    expect(await access.refusal(request({ token: 'known' }), '/pods')).toBeUndefined()
  })
})
