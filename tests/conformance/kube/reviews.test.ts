import { describe, expect, it } from 'vitest'
import { call, useCluster } from './cluster.ts'

const place = useCluster()
const AUTHORIZATION = '/apis/authorization.k8s.io/v1'
const AUTHENTICATION = '/apis/authentication.k8s.io/v1'
const attributes = () => ({ verb: 'get', resource: 'pods', namespace: place.namespace })

describe('a question about access', () => {
  it.each([
    ['selfsubjectaccessreviews', {}, ['spec.resourceAttributes']],
    ['selfsubjectaccessreviews', { both: true }, ['spec.nonResourceAttributes']],
    ['selfsubjectaccessreviews', { resource: true, name: 'named' }, ['metadata']],
    ['subjectaccessreviews', {}, ['spec.resourceAttributes', 'spec.user']],
    ['subjectaccessreviews', { resource: true }, ['spec.user']],
  ])('is refused where it is none: %s with %j', async (plural, {
    both,
    resource,
    name,
  }: { both?: boolean; resource?: boolean; name?: string }, fields) => {
    const spec = {
      ...((both || resource) && { resourceAttributes: attributes() }),
      ...(both && { nonResourceAttributes: { path: '/x', verb: 'get' } }),
    }
    const { status, body } = await call('POST', `${AUTHORIZATION}/${plural}`, {
      body: { metadata: { ...(name && { name }) }, spec },
    })

    expect(status).toBe(422)
    expect(body.details.causes.map(({ field }: { field: string }) => field)).toEqual(fields)
  })

  it('is answered with the binding that allows it', async () => {
    const resourceAttributes = { verb: 'list', resource: 'pods' }
    const spec = { user: 'system:kube-scheduler', resourceAttributes }
    const { body } = await call('POST', `${AUTHORIZATION}/subjectaccessreviews`, { body: { spec } })

    const role = '"system:kube-scheduler" of ClusterRole "system:kube-scheduler" to User "system:kube-scheduler"'
    expect(body.status).toEqual({ allowed: true, reason: `RBAC: allowed by ClusterRoleBinding ${role}` })
  })

  it.each([
    [`${AUTHORIZATION}/selfsubjectrulesreviews`, 'no namespace on request'],
    [`${AUTHENTICATION}/tokenreviews`, 'token is required for TokenReview in authentication'],
  ])('needs what it is about: %s', async (path, message) => {
    const { status, body } = await call('POST', path, { body: { spec: {} } })

    expect({ status, message: body.message }).toEqual({ status: 400, message })
  })
})

describe('who impersonates', () => {
  const reviewed = (headers: Record<string, string>) =>
    call('POST', `${AUTHENTICATION}/selfsubjectreviews`, { body: {}, headers })

  it.each([
    [{ 'impersonate-extra-a%2fb': 'c' }, { extra: { 'a/b': ['c'] } }],
    [{ 'impersonate-extra-a%zz': 'c' }, { extra: { 'a%zz': ['c'] } }],
    [{ 'impersonate-user': 'system:serviceaccount:A_b:b' }, { groups: ['system:authenticated'] }],
  ])('is taken at their word: %j', async (headers, user) => {
    const { status, body } = await reviewed({ 'impersonate-user': 'bob', ...headers })

    expect(status).toBe(201)
    expect(body.status.userInfo).toMatchObject(user)
  })

  it('nobody who has proved to be someone is not that', async () => {
    expect((await reviewed({ 'impersonate-user': 'bob', 'impersonate-group': 'system:unauthenticated' })).status).toBe(
      403,
    )
  })
})
