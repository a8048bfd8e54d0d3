import { createHash } from 'node:crypto'
import { mediaTypes } from '@slipway/oci-format'

export interface Sent {
  /** Authorization header; '' sends none. @default the administrator's */
  auth?: string | undefined
  body?: string | Buffer
  headers?: Record<string, string>
}

export const basic = (user: string, password = 'secret'): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

export const sha256 = (content: string | Buffer): string =>
  `sha256:${createHash('sha256').update(content).digest('hex')}`

/** Talks to a test registry as its administrator, unless told otherwise. */
export class TestClient {
  readonly url: string

  constructor(url: string) {
    this.url = url
  }

  send(method: string, path: string, { auth = basic('admin'), body, headers = {} }: Sent = {}): Promise<Response> {
    return fetch(new URL(path, this.url), {
      method,
      headers: { ...(auth && { authorization: auth }), ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : new Uint8Array(body) }),
    })
  }

  async json<T>(path: string, sent: Sent = {}): Promise<T> {
    return (await this.send('GET', path, sent)).json() as Promise<T>
  }

  /** Resolves to its digest. */
  async pushBlob(name: string, content: string | Buffer, sent: Sent = {}): Promise<string> {
    const digest = sha256(content)
    await expectStatus(
      201,
      await this.send('POST', `/v2/${name}/blobs/uploads/?digest=${digest}`, { ...sent, body: content }),
    )
    return digest
  }

  /** An image of one layer; resolves to the digest of its manifest. */
  async pushImage(name: string, tag: string, content = `layer of ${name}`, sent: Sent = {}): Promise<string> {
    const manifest = await this.imageManifest(name, content, sent)
    await expectStatus(201, await this.putManifest(name, tag, manifest, sent))
    return sha256(manifest)
  }

  /** Pushes the blobs of an image and resolves to the manifest that still has to be put. */
  async imageManifest(name: string, content: string, sent: Sent = {}, more: object = {}): Promise<string> {
    const configText = JSON.stringify({ architecture: 'amd64', os: 'linux' })
    const layer = await this.pushBlob(name, content, sent)
    const config = await this.pushBlob(name, configText, sent)
    return JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: { mediaType: mediaTypes.ociConfig, digest: config, size: configText.length },
      layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: layer, size: content.length }],
      ...more,
    })
  }

  putManifest(name: string, reference: string, manifest: string, sent: Sent = {}): Promise<Response> {
    const { mediaType } = JSON.parse(manifest) as { mediaType: string }
    return this.send('PUT', `/v2/${name}/manifests/${reference}`, {
      ...sent,
      body: manifest,
      headers: { 'content-type': mediaType },
    })
  }

  /** An index of manifests that are in the repository; resolves to its digest. */
  async pushIndex(name: string, tag: string, digests: string[]): Promise<string> {
    const manifests = digests.map((digest) => ({ mediaType: mediaTypes.ociManifest, digest, size: 1 }))
    const index = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests })
    await expectStatus(201, await this.putManifest(name, tag, index))
    return sha256(index)
  }

  /** `Bearer …` of a token that a user asks for. */
  async token(user: string, scope: string, password = 'secret'): Promise<string> {
    const answer = await this.send('GET', `/oauth2/token?service=registry.test&scope=${scope}`, {
      auth: basic(user, password),
    })
    return `Bearer ${((await answer.json()) as { access_token: string }).access_token}`
  }
}

async function expectStatus(status: number, answer: Response): Promise<void> {
  if (answer.status !== status) throw new Error(`${answer.url}: ${answer.status} ${await answer.text()}`)
}
