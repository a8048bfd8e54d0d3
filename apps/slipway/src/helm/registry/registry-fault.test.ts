import { TransientError } from '@slipway/errors'
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
})
