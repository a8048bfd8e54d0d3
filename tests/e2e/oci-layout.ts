import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { layerTar } from '../../packages/container-engine/src/testing/index.ts'

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

/**
 * Writes an image of one file as an OCI image layout (image-spec, image-layout.md), which every client can read: images can't be
 * pulled from anywhere in a test. Resolves to the digest of its manifest.
 */
export async function writeOciLayout(folder: string, tag: string, content: string): Promise<string> {
  const blobs = join(folder, 'blobs', 'sha256')
  mkdirSync(blobs, { recursive: true })
  const store = (mediaType: string, bytes: Buffer): { mediaType: string; digest: string; size: number } => {
    writeFileSync(join(blobs, sha256(bytes)), bytes)
    return { mediaType, digest: `sha256:${sha256(bytes)}`, size: bytes.length }
  }
  const tar = await buffer(layerTar({ 'hello.txt': content }))
  const layer = store('application/vnd.oci.image.layer.v1.tar+gzip', gzipSync(tar))
  const config = store('application/vnd.oci.image.config.v1+json', json(configOf(tar)))
  const type = 'application/vnd.oci.image.manifest.v1+json'
  const manifest = store(type, json({ schemaVersion: 2, mediaType: type, config, layers: [layer] }))
  const named = { ...manifest, annotations: { 'org.opencontainers.image.ref.name': tag } }
  writeFileSync(join(folder, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }))
  writeFileSync(join(folder, 'index.json'), json({ schemaVersion: 2, manifests: [named] }))
  return manifest.digest
}

function configOf(tar: Buffer): object {
  return {
    architecture: 'amd64',
    os: 'linux',
    config: { Cmd: ['/hello.txt'] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(tar)}`] },
    history: [{ created_by: 'a test' }],
  }
}

const json = (value: object): Buffer => Buffer.from(JSON.stringify(value))
