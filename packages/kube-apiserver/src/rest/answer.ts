import type { ServerResponse } from 'node:http'
import { stringify } from '@slipway/go-yaml'
import type { KubeObject } from '@slipway/kube-objects'
import type { Entry } from '@slipway/storage'
import { isPretty, jsonText } from '../api/json-text.ts'
import { negotiateOutput, type OutputForm } from '../api/media-types.ts'
import type { ApiRequest } from '../api/request.ts'
import type { Status } from '../api/status.ts'
import { apiVersionOf, type Resource } from '../registry/resource.ts'
import { allInVersion, inVersion, itemText, objectText, viewInVersion } from '../storage/codec.ts'
import type { StoredObject } from '../storage/object-service.ts'
import { type TableOptions, tableOf } from '../tables/table.ts'
import { drained } from './drained.ts'

/** Sends JSON text, or YAML made of it when that was asked for. */
export function sendText(
  response: ServerResponse,
  code: number,
  text: string,
  form: Pick<OutputForm, 'yaml' | 'contentType'>,
): void {
  const body = form.yaml ? stringify(JSON.parse(text)) : jsonText(text, isPretty(response.req))
  response
    .writeHead(code, {
      'content-type': form.contentType,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-cache, private',
    })
    .end(body)
}

/** Sends a failure, in YAML when the client asked for that. */
export function sendStatus(response: ServerResponse, status: Status, accept: string | undefined): void {
  const yaml = accept?.includes('application/yaml') && !accept.includes('application/json')
  const contentType = yaml ? 'application/yaml' : 'application/json'
  const retry = status.details?.retryAfterSeconds
  if (retry) response.setHeader('retry-after', String(retry))
  sendText(response, httpCode(status), JSON.stringify(status), { yaml: yaml === true, contentType })
}

/** A webhook that refuses may say any code, and HTTP has three digits. */
function httpCode({ code = 500 }: Status): number {
  return code >= 100 && code <= 999 ? code : 500
}

/** Sends one object in the form that the client accepts. */
export async function sendObject(request: ApiRequest, stored: StoredObject): Promise<void> {
  const form = negotiateOutput(request.http.headers.accept)
  const text = await formText(request, form, stored)
  sendText(request.response, stored.created ? 201 : 200, text, form)
}

/** Sends any JSON value, such as a Status. */
export function sendValue(request: ApiRequest, code: number, value: unknown): void {
  const form = negotiateOutput(request.http.headers.accept)
  sendText(request.response, code, JSON.stringify(value), {
    ...form,
    ...(form.yaml ? {} : { contentType: 'application/json' }),
  })
}

async function formText(request: ApiRequest, form: OutputForm, stored: StoredObject): Promise<string> {
  const { resource } = request
  const { value } = await inVersion(stored, resource)
  const text = objectText(value, stored.revision, resource)
  return form.as === 'object' ? text : await viewText(request, form, { object: JSON.parse(text), resource })
}

/** Sends a part of an object that is of a type of its own, such as its Scale, in the form that the client accepts. */
export async function sendPart(request: ApiRequest, object: KubeObject, resource: Resource): Promise<void> {
  const form = negotiateOutput(request.http.headers.accept)
  const whole = form.as === 'object'
  sendText(
    request.response,
    200,
    whole ? JSON.stringify(object) : await viewText(request, form, { object, resource }),
    form,
  )
}

/** What is wanted of an object when that is not the whole. */
async function viewText(
  request: ApiRequest,
  form: OutputForm,
  { object, resource }: { object: KubeObject; resource: Resource },
): Promise<string> {
  if (form.as === 'PartialObjectMetadata') return JSON.stringify(partialMetadata(object, form))
  return JSON.stringify(await tableOf(resource, [object], tableOptions(request, form)))
}

/** metav1.PartialObjectMetadata. */
export function partialMetadata({ metadata }: Readonly<KubeObject>, { apiVersion }: OutputForm): KubeObject {
  return { kind: 'PartialObjectMetadata', apiVersion, metadata }
}

/** Which columns and which objects a Table is to hold. */
export function tableOptions({ query }: Pick<ApiRequest, 'query'>, { apiVersion }: OutputForm): TableOptions {
  return { apiVersion, includeObject: query.get('includeObject') ?? 'Metadata', now: Date.now() }
}

export interface ListMeta {
  resourceVersion: string
  continue?: string
  remainingItemCount?: number
}

/** Sends a list in the form that the client accepts. */
export async function sendList(request: ApiRequest, stored: Entry[], metadata: ListMeta): Promise<void> {
  const { resource } = request
  const entries = resource.custom?.convert ? await allInVersion(stored, resource) : stored
  const form = negotiateOutput(request.http.headers.accept)
  if (form.as === 'object' && !form.yaml && !isPretty(request.http)) {
    await sendPieces(request.response, listPieces(resource, entries, metadata), form)
    return
  }
  if (form.as === 'object') {
    sendText(request.response, 200, [...listPieces(resource, entries, metadata)].join(''), form)
    return
  }
  const objects = entries.map((entry) => viewInVersion(entry, resource))
  const list =
    form.as === 'Table'
      ? { ...(await tableOf(resource, objects, tableOptions(request, form))), metadata }
      : {
          kind: 'PartialObjectMetadataList',
          apiVersion: form.apiVersion,
          metadata,
          items: objects.map((object) => partialMetadata(object, form)),
        }
  sendText(request.response, 200, JSON.stringify(list), form)
}

/** Characters of a list that are made, and held for a slow reader, at once. */
const PIECE = 256 * 1024

/** The text of a list; one that is longer than a piece comes in several. */
function* listPieces(resource: Resource, entries: Entry[], metadata: ListMeta): Generator<string> {
  // The lists of custom resources are maps in Go, which have a field that is empty too.
  const meta = JSON.stringify(resource.custom ? { continue: '', ...metadata } : metadata)
  let text = `{"kind":"${resource.kind}List","apiVersion":"${apiVersionOf(resource)}","metadata":${meta},"items":[`
  let comma = ''
  for (const entry of entries) {
    text += comma + itemText(entry.value, entry.modRevision, resource)
    comma = ','
    if (text.length < PIECE) continue
    yield text
    text = ''
  }
  yield `${text}]}`
}

/** Sends JSON text piece by piece, each when the reader has taken the one before; others are served in between. */
async function sendPieces(response: ServerResponse, pieces: Generator<string>, form: OutputForm): Promise<void> {
  const first = pieces.next().value ?? ''
  const second = pieces.next()
  if (second.done) {
    sendText(response, 200, first, form)
    return
  }
  response.writeHead(200, { 'content-type': form.contentType, 'cache-control': 'no-cache, private' })
  response.write(first)
  for (let piece: IteratorResult<string> = second; !piece.done; piece = pieces.next()) {
    await drained(response)
    if (response.destroyed) return
    response.write(piece.value)
  }
  response.end('\n')
}
