import { execFile } from 'node:child_process'
import { createHash, type KeyObject } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Attached,
  attachedTo,
  proves,
  RegistryClient,
  readPublicKey,
} from '../../packages/registry-client/src/index.ts'
import { type RegistryProcess, startRegistryProcess } from './registry-process.ts'

/** The real cosign, 2.4 or newer: `go install github.com/sigstore/cosign/v2/cmd/cosign@v2.6.5`. */
const COSIGN = process.env.SLIPWAY_TEST_COSIGN ?? ''
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const sha256 = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

describe.skipIf(!existsSync(COSIGN))(
  `what cosign signs${existsSync(COSIGN) ? '' : ' (skipped: SLIPWAY_TEST_COSIGN does not name it)'}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'slipway-cosign-'))
    let registry: RegistryProcess
    let client: RegistryClient
    let key: KeyObject
    let host: string

    beforeAll(async () => {
      registry = await startRegistryProcess(join(folder, 'data'))
      host = new URL(registry.url).host
      const password = readFileSync(join(folder, 'data', 'admin-token'), 'utf8').trim()
      client = new RegistryClient({
        resolveHost: () => registry.url,
        credentials: () => ({ username: 'admin', password }),
      })
      const auth = Buffer.from(`admin:${password}`).toString('base64')
      writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }))
      await cosign(['generate-key-pair'])
      key = readPublicKey(readFileSync(join(folder, 'cosign.pub'), 'utf8'), 'cosign.pub')
    })
    afterAll(async () => {
      await registry?.kill()
      rmSync(folder, { recursive: true, force: true })
    })

    function cosign(args: string[], environment: Record<string, string> = {}): Promise<unknown> {
      const env = { ...process.env, COSIGN_PASSWORD: 'x', DOCKER_CONFIG: folder, HOME: folder, ...environment }
      return promisify(execFile)(COSIGN, args, { cwd: folder, env })
    }

    async function pushImage(repository: string): Promise<{ host: string; repository: string; digest: string }> {
      const layer = Buffer.from(`layer of ${repository}`)
      for (const blob of [layer, Buffer.from('{}')]) await client.pushBlob({ host, repository }, blob)
      const descriptor = (mediaType: string, bytes: Buffer) => ({
        mediaType,
        digest: sha256(bytes),
        size: bytes.length,
      })
      const manifest = Buffer.from(
        JSON.stringify({
          schemaVersion: 2,
          mediaType: MANIFEST,
          config: descriptor('application/vnd.oci.image.config.v1+json', Buffer.from('{}')),
          layers: [descriptor('application/vnd.oci.image.layer.v1.tar', layer)],
        }),
      )
      const digest = await client.putManifest({ host, repository, tag: '1' }, manifest, MANIFEST)
      return { host, repository, digest }
    }

    const offline = ['--key', 'cosign.key', '--tlog-upload=false', '--allow-http-registry', '--yes']
    const summary = ({ kind, foundBy, predicateType }: Attached) => ({ kind, foundBy, predicateType })

    it.each<{ way: string; args: string[]; environment: Record<string, string>; foundBy: RegExp }>([
      { way: 'under a tag', args: [], environment: {}, foundBy: /^sha256-[0-9a-f]{64}\.sig$/ },
      {
        way: 'as a referrer',
        args: ['--registry-referrers-mode=oci-1-1'],
        environment: { COSIGN_EXPERIMENTAL: '1' },
        foundBy: /^referrers$/,
      },
      { way: 'as a bundle', args: ['--new-bundle-format'], environment: {}, foundBy: /^referrers$/ },
    ])('is found and proved: a signature $way', async ({ way, args, environment, foundBy }) => {
      const image = await pushImage(`signed/${way.replaceAll(' ', '-')}`)
      await cosign(['sign', ...offline, ...args, `${host}/${image.repository}@${image.digest}`], environment)

      const found = await attachedTo(client, image)

      expect(found.map(summary)).toEqual([
        { kind: 'signature', foundBy: expect.stringMatching(foundBy), predicateType: undefined },
      ])
      const [{ proof } = {} as Attached] = found
      expect(proves(proof, image.digest, [key])).toBe(true)
      expect(proves(proof, sha256(Buffer.from('another')), [key])).toBe(false)
    })

    it.each([{ args: [] }, { args: ['--new-bundle-format'] }])('is found and proved: an attestation $args', async ({
      args,
    }) => {
      const image = await pushImage(`attested/with${args.join('')}`)
      writeFileSync(join(folder, 'predicate.json'), '{"built": "here"}')
      const about = ['--predicate', 'predicate.json', '--type', 'https://example.test/built']
      await cosign(['attest', ...offline, ...about, ...args, `${host}/${image.repository}@${image.digest}`])

      const found = await attachedTo(client, image)

      expect(found.map(({ kind, predicateType }) => ({ kind, predicateType }))).toEqual([
        { kind: 'attestation', predicateType: 'https://example.test/built' },
      ])
      const [{ proof } = {} as Attached] = found
      expect(proves(proof, image.digest, [key])).toBe(true)
    })
  },
)
