import type { ImageInfo } from '@slipway/container-engine'
import { describe, expect, it } from 'vitest'
import type { Pod } from '../../model/pod.ts'
import { securityOf } from './security.ts'

type SecurityContext = NonNullable<Pod['spec']['securityContext']>

const container = { name: 'c', image: 'i' }

function specOf(security: SecurityContext, user: string): ReturnType<typeof securityOf> {
  const metadata = { name: 'p', namespace: 'n', uid: 'u' }
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: { containers: [container], securityContext: security },
  }
  return securityOf(pod, container, { image: { user } as ImageInfo, seccompDir: '/nowhere' })
}

describe('securityOf', () => {
  it.each([
    ['who the image says', {}, '1000', undefined],
    ['who the pod says', { runAsUser: 5 }, '1000', '5'],
    ['a group too', { runAsUser: 5, runAsGroup: 6 }, '1000:1000', '5:6'],
    ["the image's user with a group of the pod's", { runAsGroup: 6 }, '1000:1000', '1000:6'],
    ["the image's user by name", { runAsGroup: 6 }, 'web', 'web:6'],
    ['root where neither names anybody', { runAsGroup: 6 }, '', '0:6'],
  ])('runs as %s', (_name, security, imageUser, expected) => {
    expect(specOf(security, imageUser).user).toBe(expected)
  })

  it.each([
    ['', {}, 'container has runAsNonRoot and image will run as root (pod: "p_n(u)", container: c)'],
    ['0:1000', {}, 'container has runAsNonRoot and image will run as root (pod: "p_n(u)", container: c)'],
    ['00', {}, 'container has runAsNonRoot and image will run as root (pod: "p_n(u)", container: c)'],
    ['1000', { runAsUser: 0 }, 'container\'s runAsUser breaks non-root policy (pod: "p_n(u)", container: c)'],
    [
      'web',
      {},
      'container has runAsNonRoot and image has non-numeric user (web), cannot verify user is non-root (pod: "p_n(u)", container: c)',
    ],
  ])('refuses an image of the user "%s" with %j where root is refused', (user, security, expected) => {
    expect(() => specOf({ ...security, runAsNonRoot: true }, user)).toThrow(expected)
  })

  it('lets others run where root is refused', () => {
    expect(specOf({ runAsNonRoot: true, runAsGroup: 6 }, '1000').user).toBe('1000:6')
    expect(specOf({ runAsNonRoot: true, runAsUser: 5 }, '').user).toBe('5')
  })
})
