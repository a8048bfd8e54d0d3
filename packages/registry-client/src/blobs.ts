import { pipeline, Readable } from 'node:stream'
import type { Reference } from '@slipway/oci-format'
import { blobBody } from './blob-body.ts'
import type { RegistryCall, RegistryHttp } from './registry-http.ts'
import { headerOf, pull, push, requireStatus } from './targets.ts'
import { verifying } from './verified.ts'

export interface OpenBlob {
  /** Bytes; undefined when the registry does not say. */
  size: number | undefined
  /** Fails at its end when the content is not what the digest says. */
  body: Readable
}

export interface BlobUpload {
  digest: string
  /** Bytes. */
  size: number
  body: Uint8Array | Readable
}

const nameOf = ({ host, repository }: Reference, digest: string): string => `${host}/${repository}@${digest}`
const pathOf = ({ repository }: Reference, digest: string): string => `/v2/${repository}/blobs/${digest}`

export async function openBlob(
  http: RegistryHttp,
  target: Reference,
  digest: string,
  signal?: AbortSignal,
): Promise<OpenBlob> {
  const what = nameOf(target, digest)
  const call = { ...pull(target), path: pathOf(target, digest), what, signal }
  const answer = await http.call(call)
  const length = headerOf(answer, 'content-length')
  const content = blobBody(answer, what, (at) =>
    http.call(at === 0 ? call : { ...call, headers: { range: `bytes=${at}-` } }),
  )
  return {
    size: length === undefined ? undefined : Number(length),
    body: pipeline(Readable.from(content), verifying(digest, what), () => {}),
  }
}

/** Size in bytes; undefined when the repository has no such blob. */
export async function headBlob(
  http: RegistryHttp,
  target: Reference,
  digest: string,
  signal?: AbortSignal,
): Promise<number | undefined> {
  const call = { ...pull(target), path: pathOf(target, digest), what: nameOf(target, digest), signal }
  const answer = await http.call({ ...call, method: 'HEAD', accept: [404] })
  await answer.body.dump()
  return answer.statusCode === 404 ? undefined : Number(headerOf(answer, 'content-length') ?? 0)
}

/** Stores a blob unless the repository has it. */
export async function uploadBlob(
  http: RegistryHttp,
  target: Reference,
  { digest, size, body }: BlobUpload,
  signal?: AbortSignal,
): Promise<void> {
  const call = { ...push(target), what: nameOf(target, digest), signal }
  const known = await http.call({ ...call, path: pathOf(target, digest), method: 'HEAD', accept: [404] })
  await known.body.dump()
  if (known.statusCode < 300) return
  const started = await http.call({ ...call, path: `/v2/${target.repository}/blobs/uploads/`, method: 'POST' })
  await started.body.dump()
  requireStatus(started, 202, call.what)
  await finish(http, target, { ...call, location: headerOf(started, 'location') ?? '', digest, size, body })
}

/** Takes a blob over from another repository of the same registry; false when the registry wants its bytes instead. */
export async function mountBlob(
  http: RegistryHttp,
  target: Reference,
  { digest, from }: { digest: string; from: string },
  signal?: AbortSignal,
): Promise<boolean> {
  const { host } = target
  const scope = `repository:${target.repository}:pull,push repository:${from}:pull`
  const call: RegistryCall = { host, scope, path: '', what: nameOf(target, digest), signal }
  const path = `/v2/${target.repository}/blobs/uploads/?mount=${digest}&from=${encodeURIComponent(from)}`
  const answer = await http.call({ ...call, path, method: 'POST' })
  await answer.body.dump()
  if (answer.statusCode === 201) return true
  const started = new URL(headerOf(answer, 'location') ?? '', http.baseUrl(host))
  // The upload that it offers instead is not wanted.
  await (await http.call({ ...call, path: started.href, method: 'DELETE', accept: [404, 405] })).body.dump()
  return false
}

async function finish(
  http: RegistryHttp,
  { host }: Reference,
  { location, digest, size, body, ...call }: Omit<RegistryCall, 'path'> & BlobUpload & { location: string },
): Promise<void> {
  const upload = new URL(location, http.baseUrl(host))
  upload.searchParams.set('digest', digest)
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(size) }
  const finished = await http.call({ ...call, path: upload.href, method: 'PUT', headers, body })
  await finished.body.dump()
  requireStatus(finished, 201, call.what)
}
