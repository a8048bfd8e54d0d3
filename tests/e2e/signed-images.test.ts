import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run as stopServer } from '../../apps/slipway/src/commands/down.ts'
import { type ServerProcess, startServerProcess } from '../../apps/slipway/src/story/server-process.ts'
import { waitForObject } from '../../apps/slipway/src/story/wait.ts'
import { buildTestImage, testEngine } from '../../packages/container-engine/src/testing/index.ts'
import { KubeClient, parseKubeconfig } from '../../packages/kube-client/src/index.ts'
import type { KubeObject } from '../../packages/kube-objects/src/index.ts'
import { RegistryClient } from '../../packages/registry-client/src/index.ts'

const PROGRAM = fileURLToPath(new URL('../../apps/slipway/bin/slipway.cjs', import.meta.url))
const HOST = 'acrgitopsdev.azurecr.io'
const REPOSITORY = 'team/web'
const POD = { apiVersion: 'v1', kind: 'Pod', namespace: 'default' }
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'

const running = await testEngine(process.env)

describe.skipIf(!running)(
  `a node and a policy${running ? '' : ' (skipped: no container engine, or no /bin/busybox)'}`,
  () => {
    const data = mkdtempSync(join(tmpdir(), 'slipway-signed-'))
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    let server: ServerProcess
    let kube: KubeClient
    let images: RegistryClient
    let imageId: string

    beforeAll(async () => {
      server = await startServerProcess(PROGRAM, data, ['--http-port', '0', '--ssh-port', '0', '--kube-port', '0'])
      kube = new KubeClient(parseKubeconfig(readFileSync(join(data, 'kubeconfig'), 'utf8')))
      const credentials = { username: 'admin', password: readFileSync(join(data, 'admin-token'), 'utf8').trim() }
      images = new RegistryClient({ resolveHost: () => server.instance.http, credentials: () => credentials })
      const { engine } = running!
      const tag = `${new URL(server.instance.http).host}/${REPOSITORY}:1`
      imageId = await buildTestImage(engine, tag, { dockerfile: `LABEL test=${process.pid}-${Date.now()}` })
      await engine.push(tag, { ...credentials, insecure: true })
      await engine.removeImage(imageId, { force: true })
    })
    afterAll(async () => {
      await kube?.close()
      await stopServer({ data, purge: true })
      await running?.engine.removeImage(imageId, { force: true }).catch(() => {})
      await running?.stop()
    })

    /** As `cosign sign --key`, under the tag of the image's digest. */
    async function signImage(key: KeyObject): Promise<void> {
      const { digest } = await images.getManifest({ host: HOST, repository: REPOSITORY, tag: '1' })
      const payload = Buffer.from(
        JSON.stringify({
          critical: {
            identity: { 'docker-reference': '' },
            image: { 'docker-manifest-digest': digest },
            type: 'cosign container image signature',
          },
          optional: null,
        }),
      )
      const at = { host: HOST, repository: REPOSITORY, tag: `${digest.replace(':', '-')}.sig` }
      const config = Buffer.from('{}')
      const manifest = {
        schemaVersion: 2,
        mediaType: MANIFEST,
        config: {
          mediaType: 'application/vnd.oci.image.config.v1+json',
          digest: await images.pushBlob(at, config),
          size: config.length,
        },
        layers: [
          {
            mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
            digest: await images.pushBlob(at, payload),
            size: payload.length,
            annotations: { 'dev.cosignproject.cosign/signature': sign('sha256', payload, key).toString('base64') },
          },
        ],
      }
      await images.putManifest(at, Buffer.from(JSON.stringify(manifest)), MANIFEST)
    }

    it('refuse an image that is not signed, and let it run as soon as it is', async () => {
      await kube.create({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'team-key', namespace: 'slipway-system' },
        data: { 'cosign.pub': btoa(publicKey.export({ type: 'spki', format: 'pem' }).toString()) },
      })
      const policy = { apiVersion: 'policy.sigstore.dev/v1beta1', kind: 'ClusterImagePolicy' }
      await kube.create({
        ...policy,
        metadata: { name: 'team' },
        spec: {
          images: [{ glob: `${HOST}/team/**` }],
          authorities: [{ name: 'team', key: { secretRef: { name: 'team-key' } } }],
        },
      })
      const ready = ({ status }: KubeObject): boolean =>
        status?.conditions?.some(
          (one: { type: string; status: string }) => one.type === 'Ready' && one.status === 'True',
        )
      await waitForObject(kube, { ...policy, name: 'team' }, ready)
      await kube.create({
        ...POD,
        metadata: { name: 'web', namespace: 'default' },
        spec: {
          containers: [{ name: 'web', image: `${HOST}/${REPOSITORY}:1`, command: ['/bin/sh', '-c', 'sleep 1000'] }],
        },
      })

      const waiting = await waitForObject(
        kube,
        { ...POD, name: 'web' },
        ({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === 'SignatureValidationFailed',
      )
      expect(waiting.status?.containerStatuses[0].state.waiting.message).toContain(
        'ClusterImagePolicy team: the image has no signature',
      )

      await signImage(privateKey)

      await waitForObject(kube, { ...POD, name: 'web' }, ({ status }) => status?.phase === 'Running')
    })
  },
)
