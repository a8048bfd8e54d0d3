import { describe, expect, it } from 'vitest'
import { imageNameFault } from './image-name.ts'

const HEX = 'a'.repeat(64)

describe('imageNameFault', () => {
  it.each([
    'busybox',
    'busybox:1.36',
    'library/busybox:latest',
    'localhost/app',
    'localhost:5000/app:v1',
    'registry.example:5000/team/app__x--y.z:V1_a.b-c',
    'Host/app:1',
    '[::1]:5000/app',
    `busybox@sha256:${HEX}`,
    `registry.example/app:v1@sha256:${HEX}`,
  ])('has nothing against %s', (name) => {
    expect(imageNameFault(name)).toBeUndefined()
  })

  it.each([
    ['Bad', 'invalid reference format: repository name (library/Bad) must be lowercase'],
    ['registry.example/App:1', 'invalid reference format: repository name (App) must be lowercase'],
    ['', 'invalid reference format'],
    ['busybox:', 'invalid reference format'],
    ['busybox: 1', 'invalid reference format'],
    ['bad image', 'invalid reference format'],
    ['-a', 'invalid reference format'],
    ['a//b', 'invalid reference format'],
    ['https://registry.example/app', 'invalid reference format'],
    ['a/b:c/d', 'invalid reference format'],
    [`a:${'t'.repeat(129)}`, 'invalid reference format'],
    ['busybox@sha256:abc', 'invalid reference format'],
    [`busybox@sha256:${'a'.repeat(40)}`, 'invalid checksum digest length'],
    [`busybox@md5:${'a'.repeat(32)}`, 'unsupported digest algorithm'],
    [`busybox@sha256:${'A'.repeat(64)}`, 'invalid checksum digest format'],
    [HEX, `invalid repository name (${HEX}), cannot specify 64-byte hexadecimal strings`],
    ['a'.repeat(256), 'repository name must not be more than 255 characters'],
  ])('says of %j what the kubelet says', (name, fault) => {
    expect(imageNameFault(name)).toBe(fault)
  })
})
