import { TransientError } from '@slipway/errors'
import { RefusedRequest } from '@slipway/registry-client'
import { describe, expect, it } from 'vitest'
import { registryFault } from './registry-fault.ts'

describe('registryFault', () => {
  it.each([
    [true, 'http'],
    [false, 'https'],
  ])('names the address that was asked, with plainHttp %s', (plainHttp, scheme) => {
    const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED', address: '127.0.0.1', port: 1 })
    const error = new TransientError('REGISTRY_UNREACHABLE', 'cannot reach the registry', { cause })

    expect(registryFault('tags', '127.0.0.1:1/x/y', { plainHttp }, error).message).toBe(
      `Get "${scheme}://127.0.0.1:1/v2/x/y/tags/list": dial tcp 127.0.0.1:1: connect: connection refused`,
    )
  })

  const digest = `sha256:${'0'.repeat(64)}`
  const cut = Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' })
  it.each([
    ['REGISTRY_BROKEN_OFF', 'h/x/y:1', 'failed to perform "Successors" on source: read failed: unexpected EOF'],
    ['REGISTRY_BROKEN_OFF', `h/x/y@${digest}`, 'failed to perform "Push" on destination: read failed: unexpected EOF'],
    [
      'REGISTRY_UNREACHABLE',
      `h/x/y@${digest}`,
      `failed to perform "Fetch" on source: Get "http://h/v2/x/y/blobs/${digest}": EOF`,
    ],
  ])('says of a pull where it ended as Helm does: %s, %s', (code, what, words) => {
    const error = new TransientError(code, `${what}: other side closed`, { cause: cut })

    expect(registryFault('pull', 'h/x/y:1', { plainHttp: true }, error).message).toBe(words)
  })
  const json = (code: string) => JSON.stringify({ errors: [{ code, message: 'words' }] })
  it.each([
    ['pull', 'GET', 'manifests/1', 503, '<html>', '"FetchReference" on source: ', 'Service Unavailable'],
    ['pull', 'GET', 'manifests/1', 403, json('DENIED'), '"FetchReference" on source: ', 'denied: words'],
    ['push', 'HEAD', `manifests/${digest}`, 401, '', '"Exists" on destination: ', 'Unauthorized'],
    ['push', 'POST', 'blobs/uploads/', 404, json('NAME_UNKNOWN'), '"Push" on destination: ', 'name unknown: words'],
    ['tags', 'GET', 'tags/list', 429, json('TOOMANYREQUESTS'), '', 'toomanyrequests: words'],
  ] as const)('says of a %s what was refused as Helm does: %s %s, %i', (action, method, path, status, body, place, why) => {
    const url = `http://h/v2/x/y/${path}`
    const cause = new RefusedRequest({ method, url, status, body })
    const error = new TransientError('REGISTRY_UNAVAILABLE', 'h/x/y:1: no', { cause })

    expect(registryFault(action, 'h/x/y:1', { plainHttp: true }, error).message).toBe(
      `${place && `failed to perform ${place}`}${method} "${url}": response status code ${status}: ${why}`,
    )
  })
})
