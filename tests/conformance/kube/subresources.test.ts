import { describe, expect, it } from 'vitest'
import { call, MERGE, useCluster } from './cluster.ts'

const place = useCluster()
const inside = (path: string) => `/api/v1/namespaces/${place.namespace}/${path}`

describe('a part of an object', () => {
  it.each([
    ['POST', 'pods/a/status'],
    ['DELETE', 'pods/a/status'],
    ['POST', 'pods/a/ephemeralcontainers'],
    ['POST', 'pods/a/resize'],
    ['GET', 'pods/a/binding'],
    ['PUT', 'pods/a/binding'],
    ['GET', 'pods/a/eviction'],
    ['PATCH', 'pods/a/eviction'],
    ['POST', 'pods/a/log'],
    ['DELETE', 'pods/a/exec'],
    ['GET', 'serviceaccounts/default/token'],
    ['PUT', 'serviceaccounts/default/token'],
    ['GET', 'finalize'],
    ['PATCH', 'finalize'],
  ])('is no more than it is made for: %s %s', async (method, path) => {
    const options = method === 'GET' ? {} : { body: {}, type: method === 'PATCH' ? MERGE : 'application/json' }
    const { status, body } = await call(method, inside(path), options)

    expect({ status, reason: body.reason }).toEqual({ status: 405, reason: 'MethodNotAllowed' })
  })
})
