import { generateKeyPairSync, sign } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseReference } from '@slipway/oci-format'
import { chartArchive, sha256, startRegistry, type TestRegistry } from '@slipway/registry/testing'
import { RegistryClient } from '@slipway/registry-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { copyImage } from './copy-image.ts'
import { describeImage } from './describe-image.ts'
import { descriptionText } from './description-text.ts'
import { registryUsage } from './registry-usage.ts'

let ours: TestRegistry
let other: TestRegistry
let foreign: Server
let client: RegistryClient
beforeAll(async () => {
  ours = await startRegistry()
  other = await startRegistry()
  foreign = createServer(async (request, response) => {
    // A registry of another make, which knows no extensions.
    if (request.url?.startsWith('/v2/_') && !request.url.startsWith('/v2/_catalog'))
      return void response.writeHead(404).end()
    const { authorization = '' } = request.headers
    const answer = await fetch(other.url + request.url, { headers: { authorization } })
    const challenge = answer.headers.get('www-authenticate')
    response.writeHead(answer.status, {
      'content-type': answer.headers.get('content-type') ?? '',
      ...(challenge && { 'www-authenticate': challenge }),
    })
    response.end(Buffer.from(await answer.arrayBuffer()))
  })
  await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve))
  client = new RegistryClient({
    resolveHost: (host) => `http://${host}`,
    credentials: () => ({ username: 'admin', password: 'secret' }),
  })
})
afterAll(async () => {
  foreign.closeAllConnections()
  foreign.close()
  for (const registry of [ours, other]) {
    await registry.stop()
    await registry.remove()
  }
})

const at = (registry: TestRegistry, name: string) => parseReference(`${registry.host}/${name}`)

describe('a copy', () => {
  it('of an index takes everything along, byte for byte, and what is about it when asked to', async () => {
    const amd = await ours.client.pushImage('web', 'amd', 'layer for amd')
    const arm = await ours.client.pushImage('web', 'arm', 'layer for arm')
    const index = await ours.client.pushIndex('web', '1', [amd, arm])
    const subject = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: amd, size: 1 }
    const signature = await ours.client.imageManifest('web', 'signature', {}, { subject })
    await ours.client.putManifest('web', sha256(signature), signature)

    const plain = await copyImage(client, { from: at(ours, 'web:1'), to: at(other, 'plain:1'), referrers: false })
    const whole = await copyImage(client, { from: at(ours, 'web:1'), to: at(other, 'whole:1'), referrers: true })

    expect(plain).toMatchObject({ digest: index, manifests: 3 })
    expect(whole).toMatchObject({ digest: index, manifests: 4 })
    const layer = await other.client.send('GET', `/v2/plain/blobs/${sha256('layer for arm')}`)
    expect(await layer.text()).toBe('layer for arm')
    expect((await client.listReferrers({ host: other.host, repository: 'whole', digest: amd })).length).toBe(1)
    expect((await client.listReferrers({ host: other.host, repository: 'plain', digest: amd })).length).toBe(0)
  })

  it('within a registry sends no bytes, and none twice to another', async () => {
    await ours.client.pushImage('once', '1', 'content')

    const inside = await copyImage(client, { from: at(ours, 'once:1'), to: at(ours, 'twice:1'), referrers: false })
    const first = await copyImage(client, { from: at(ours, 'once:1'), to: at(other, 'once:1'), referrers: false })
    const again = await copyImage(client, { from: at(ours, 'once:1'), to: at(other, 'once:2'), referrers: false })

    expect([inside.bytes, first.bytes > 0, again.bytes]).toEqual([0, true, 0])
    expect(await client.listTags(at(other, 'once'))).toEqual(['1', '2'])
  })

  it('of a digest has the same digest there', async () => {
    const digest = await ours.client.pushImage('pinned', '1')
    const { tag: _, ...from } = at(ours, `pinned@${digest}`)
    const { host, repository } = at(other, 'pinned')

    await copyImage(client, { from, to: { host, repository }, referrers: false })

    expect(await client.headManifest({ host, repository, digest })).toMatchObject({ digest })
    expect(await client.listTags({ host, repository })).toEqual([])
  })
})

describe('an inspection', () => {
  it('shows an image', async () => {
    const digest = await ours.client.pushImage('shown', '1', 'some layer')

    const description = await describeImage(client, at(ours, 'shown:1'))

    expect(description).toMatchObject({
      name: `${ours.host}/shown:1`,
      digest,
      platform: 'linux/amd64',
      layers: [{ size: 10 }],
    })
    expect(descriptionText(description)).toContain('Platform:      linux/amd64\n')
  })

  it('shows a chart and an index as what they are', async () => {
    await ours.client.send('PUT', '/helm/v1/repo/_blobs/shop-1.2.3.tgz', { body: await chartArchive('shop', '1.2.3') })
    const child = await ours.client.pushImage('listed', '1')
    await ours.client.pushIndex('listed', 'all', [child])

    const chart = await describeImage(client, at(ours, 'helm/shop:1.2.3'))
    const index = await describeImage(client, at(ours, 'listed:all'))

    expect(descriptionText(chart)).toContain('Chart:         shop 1.2.3')
    expect(index).toMatchObject({ manifests: [{ digest: child }] })
  })

  it('shows the signatures of an image, and whose they are', async () => {
    const image = await ours.client.pushImage('signed', '1')
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
    // As `cosign sign --key` (cosign, specs/SIGNATURE_SPEC.md).
    const payload = JSON.stringify({
      critical: { image: { 'docker-manifest-digest': image }, type: 'cosign container image signature' },
    })
    const signature = {
      mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
      digest: sha256(payload),
      size: payload.length,
      annotations: {
        'dev.cosignproject.cosign/signature': sign('sha256', Buffer.from(payload), privateKey).toString('base64'),
      },
    }
    const manifest = await ours.client.imageManifest('signed', payload, {}, { layers: [signature] })
    await ours.client.putManifest('signed', `${image.replace(':', '-')}.sig`, manifest)

    const describe = (...keys: (typeof publicKey)[]) => describeImage(client, at(ours, 'signed:1'), keys)
    const proved = await describe(stranger, publicKey)
    const strange = await describe(stranger)
    const plain = await describe()

    const found = { kind: 'signature', manifest: sha256(manifest), foundBy: `${image.replace(':', '-')}.sig` }
    expect(proved.signatures).toEqual([{ ...found, verified: true }])
    expect(strange.signatures).toEqual([{ ...found, verified: false }])
    expect(plain.signatures).toEqual([found])
    expect(descriptionText(strange)).toMatch(/Signatures:\n {2}sha256:\w+ {2}signature {2}NOT VERIFIED$/)
  })
})

describe('usage', () => {
  it('of a registry of another make is counted from its manifests', async () => {
    const own = await registryUsage(client, other.host)
    const counted = await registryUsage(client, `127.0.0.1:${(foreign.address() as AddressInfo).port}`)

    const once = (usage: typeof own) => usage.repositories.find(({ name }) => name === 'once')
    expect(once(counted)).toMatchObject({ tags: 2, manifests: 1, size: once(own)?.size })
  })
})
