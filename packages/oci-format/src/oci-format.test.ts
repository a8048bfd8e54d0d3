import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  artifactTypeOf,
  digestOf,
  formatReference,
  isRepositoryName,
  isTag,
  mediaTypes,
  parseDigest,
  parseManifest,
  parseReference,
  readSpecErrors,
  specErrorBody,
} from './index.ts'

const hex = 'a'.repeat(64)
const digest = `sha256:${hex}`

describe('references', () => {
  it.each([
    ['node:20-slim', 'docker.io/library/node:20-slim'],
    ['node', 'docker.io/library/node:latest'],
    ['bitnami/redis:7', 'docker.io/bitnami/redis:7'],
    ['index.docker.io/library/node:20', 'docker.io/library/node:20'],
    ['localhost/x', 'localhost/x:latest'],
    ['127.0.0.1:7080/helm/appawebapi:158.0.0', '127.0.0.1:7080/helm/appawebapi:158.0.0'],
    ['acrgitopsdev.azurecr.io/appawebapi:158', 'acrgitopsdev.azurecr.io/appawebapi:158'],
    [`ghcr.io/a/b@${digest}`, `ghcr.io/a/b@${digest}`],
    [`ghcr.io/a/b:1@${digest}`, `ghcr.io/a/b:1@${digest}`],
    ['[::1]:5000/a', '[::1]:5000/a:latest'],
  ])('reads %s as %s', (text, full) => {
    expect(formatReference(parseReference(text))).toBe(full)
  })

  it.each([
    '',
    'UPPER/case',
    'a:b:c',
    'a@sha256:short',
    'host.io/../etc',
    'host.io/a//b',
    'a/b:',
    ' a',
  ])('refuses "%s"', (text) => {
    expect(() => parseReference(text)).toThrow(/is no image reference/)
  })

  it('reads back every reference that it writes', () => {
    const part = fc.stringMatching(/^[a-z0-9]{1,8}([._-][a-z0-9]{1,4})?$/)
    const reference = fc.record({
      host: fc.constantFrom('docker.io', 'localhost:5000', 'x.azurecr.io'),
      repository: fc.array(part, { minLength: 2, maxLength: 4 }).map((parts) => parts.join('/')),
      tag: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,20}$/),
    })

    fc.assert(
      fc.property(reference, (value) => {
        expect(parseReference(formatReference(value))).toEqual(value)
      }),
    )
  })
})

describe('names and digests', () => {
  it.each(['a', 'a/b', 'a.b_c__d-e--f/0'])('takes the repository name %s', (name) => {
    expect(isRepositoryName(name)).toBe(true)
  })

  it.each([
    '',
    'A',
    'a/',
    '/a',
    'a..b',
    'a/../b',
    '_a',
    'a___b',
    'a%2fb',
    'x'.repeat(256),
  ])('refuses the name %s', (name) => {
    expect(isRepositoryName(name)).toBe(false)
  })

  it('bounds tags to 128 characters', () => {
    expect(isTag('a'.repeat(128))).toBe(true)
    expect(isTag('a'.repeat(129))).toBe(false)
    expect(isTag('.hidden')).toBe(false)
  })

  it('checks a digest against the length of its algorithm', () => {
    expect(parseDigest(digest)).toEqual({ algorithm: 'sha256', hex })
    expect(parseDigest(`sha512:${hex}`)).toBeUndefined()
    expect(parseDigest(`sha256:${hex.toUpperCase()}`)).toBeUndefined()
  })

  it('hashes with the function that it is given', () => {
    const hash = (algorithm: string, bytes: Uint8Array) => createHash(algorithm).update(bytes).digest('hex')

    expect(digestOf(new Uint8Array(), hash)).toBe(
      'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    )
  })
})

describe('manifests', () => {
  const config = { mediaType: mediaTypes.ociConfig, digest, size: 2 }
  const image = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [] }
  const parse = (value: unknown, type?: string) => parseManifest(JSON.stringify(value), type)

  it('reads an image, an index and what they are about', () => {
    const subject = { mediaType: mediaTypes.ociManifest, digest, size: 9 }

    const manifest = parse({ ...image, subject, artifactType: 'application/x', annotations: { a: 'b' } })

    expect(manifest).toMatchObject({ kind: 'image', subject, config, annotations: { a: 'b' } })
    expect(artifactTypeOf(manifest)).toBe('application/x')
    expect(artifactTypeOf(parse(image))).toBe(mediaTypes.ociConfig)
    expect(parse({ schemaVersion: 2, manifests: [subject] })).toMatchObject({ kind: 'index', manifests: [subject] })
  })

  it.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['another schema version', JSON.stringify({ ...image, schemaVersion: 1 })],
    ['a config without digest', JSON.stringify({ ...image, config: { mediaType: 'x', size: 1 } })],
    ['a negative size', JSON.stringify({ ...image, config: { ...config, size: -1 } })],
    ['layers that are no list', JSON.stringify({ ...image, layers: {} })],
    ['an unknown type', JSON.stringify({ ...image, mediaType: 'application/json' })],
    ['an index with layers', JSON.stringify({ ...image, mediaType: mediaTypes.ociIndex, manifests: [] })],
  ])('refuses %s', (_what, text) => {
    expect(() => parseManifest(text)).toThrow(expect.objectContaining({ code: 'MANIFEST_INVALID' }))
  })

  it('refuses a manifest that came under another type', () => {
    expect(() => parse(image, mediaTypes.dockerManifest)).toThrow(/was sent as/)
  })

  it('never throws anything but a user error', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        try {
          parseManifest(text)
        } catch (error) {
          expect(error).toMatchObject({ class: 'user' })
        }
      }),
    )
  })
})

describe('error bodies', () => {
  it('reads what it writes, and nothing else', () => {
    const body = specErrorBody('BLOB_UNKNOWN', 'blob unknown to registry', { digest })

    expect(readSpecErrors(JSON.stringify(body))).toBe('BLOB_UNKNOWN: blob unknown to registry')
    expect(readSpecErrors('<html>')).toBeUndefined()
  })
})
