import { once } from 'node:events'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { buffer, text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { basic, chartArchive, sha256, startRegistry, type TestRegistry } from './testing/index.ts'

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
/** More than the buffers of a connection hold. */
const MAX_BLOB = 32 * 1024 * 1024

let registry: TestRegistry
beforeEach(async () => {
  registry = await startRegistry({ maxBlobSize: MAX_BLOB, patience: 300 })
})
afterEach(async () => {
  await registry.stop()
  await registry.remove()
})

const pathOf = (answer: Response): string => answer.headers.get('location') ?? ''
const startUpload = (name: string): Promise<Response> => registry.client.send('POST', `/v2/${name}/blobs/uploads/`)

/** The status of a request that is sent as it stands, without what URLs normally go through. */
async function statusOf(requestLine: string): Promise<number> {
  const { hostname, port } = new URL(registry.url)
  const socket = connect(Number(port), hostname)
  const head = `${requestLine} HTTP/1.1\r\nhost: x\r\nauthorization: ${basic('admin')}\r\nconnection: close\r\n`
  socket.write(`${head}content-length: 2\r\n\r\n{}`, 'latin1')
  return Number((await text(socket)).split(' ')[1])
}

async function filesBelow(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).sort()
}

describe('a path', () => {
  const DIGEST = `sha256:${'a'.repeat(64)}`
  it.each([
    'GET /v2/../../../../etc/passwd',
    'GET /v2/../metadata.jsonl',
    'PUT /v2/../../evil/manifests/1',
    'PUT /v2/a/../../evil/manifests/1',
    'PUT /v2/a/./b/manifests/1',
    'PUT /v2/%2e%2e/%2e%2e/evil/manifests/1',
    'PUT /v2/..%2f..%2fevil/manifests/1',
    'PUT /v2/a%2f..%2f..%2fevil/manifests/1',
    'PUT /v2/a%5c..%5cevil/manifests/1',
    'PUT /v2/a%00b/manifests/1',
    'PUT /v2/a//b/manifests/1',
    'PUT /v2//manifests/1',
    'PUT /v2/A/manifests/1',
    'PUT /v2/a%zz/manifests/1',
    'PUT /v2/__proto__/manifests/1',
    `PUT /v2/${'a/'.repeat(400)}a/manifests/1`,
    'PUT /v2/a/manifests/..',
    'PUT /v2/a/manifests/..%2f..%2fevil',
    'PUT /v2/a/manifests/sha256:..%2f..%2fevil',
    `PUT /v2/a/manifests/${'1'.repeat(129)}`,
    'POST /v2/../evil/blobs/uploads/',
    'POST /v2/a/blobs/uploads/?digest=sha256:../../evil',
    'POST /v2/a/blobs/uploads/?digest=md5:99914b932bd37a50b983c5e7c90ae93b',
    `POST /v2/a/blobs/uploads/?mount=../../evil&from=b`,
    'PATCH /v2/a/blobs/uploads/../../evil',
    'PUT /v2/a/blobs/uploads/..%2fevil?digest=x',
    'DELETE /v2/a/blobs/sha256:../../metadata.jsonl',
    `GET /v2/a/blobs/${DIGEST}/../../../b`,
    'PUT /helm/v1/repo/_blobs/..%2f..%2fevil-1.0.0.tgz',
    'PUT /helm/v1/repo/_blobs/../../evil-1.0.0.tgz',
    'PUT /helm/v1/../_blobs/evil-1.0.0.tgz',
    'DELETE /helm/v1/repo/_charts/..%2f..',
    'POST /api/../evil/charts',
    'GET /api/repo/charts/..%2f..%2fmetadata/1.0.0',
    'PATCH /acr/v1/..%2f..%2fevil',
    'GET /v2/_slipway/../../x',
    'GET /v2/_slipway/webhooks/..%2f..%2fmetadata/deliveries',
  ])('%s reaches nothing', async (line) => {
    const before = await filesBelow(registry.dir)

    const status = await statusOf(line)

    expect([status, status >= 400 && status < 500]).toEqual([status, true])
    expect(await filesBelow(registry.dir)).toEqual(before)
    expect(registry.errors).toEqual([])
  })

  it("in a chart's name does not count", async () => {
    const answers = []
    for (const name of ['../../evil', '..', 'a/b']) {
      const body = await chartArchive('shop', '1.0.0', {
        'Chart.yaml': `apiVersion: v2\nname: "${name}"\nversion: 1.0.0\n`,
      })
      answers.push((await registry.client.send('PUT', '/helm/v1/repo/_blobs/evil-1.0.0.tgz', { body })).status)
      answers.push((await registry.client.send('POST', '/api/repo/charts', { body })).status)
    }

    expect(answers).toEqual(Array(6).fill(400))
    expect(registry.events).toEqual([])
  })
})

describe('content that is not what its digest says', () => {
  const wrong = sha256('something else')

  it.each<[string, () => Promise<Response>, string]>([
    [
      'a blob',
      () => registry.client.send('POST', `/v2/a/blobs/uploads/?digest=${wrong}`, { body: 'x' }),
      'DIGEST_INVALID',
    ],
    [
      'a blob with a digest of another kind',
      () => registry.client.send('POST', `/v2/a/blobs/uploads/?digest=sha512:${'0'.repeat(128)}`, { body: 'x' }),
      'DIGEST_INVALID',
    ],
    [
      'an upload',
      async () => {
        const begun = await registry.client.send('PATCH', pathOf(await startUpload('a')), { body: 'x' })
        return registry.client.send('PUT', `${pathOf(begun)}?digest=${wrong}`)
      },
      'DIGEST_INVALID',
    ],
    [
      'a manifest',
      async () => registry.client.putManifest('a', wrong, await registry.client.imageManifest('a', 'layer')),
      'DIGEST_INVALID',
    ],
  ])('%s is refused and not kept', async (_, push, code) => {
    const refused = await push()

    expect([refused.status, await refused.json()]).toMatchObject([400, { errors: [{ code }] }])
    const kept = await filesBelow(`${registry.dir}/blobs`)
    expect(kept.filter((file) => file.includes(wrong.slice(9)))).toEqual([])
    expect(await filesBelow(`${registry.dir}/uploads`)).toEqual([])
  })
})

/** Sends a body without end and without a length, until it is answered. */
async function sendForEver(
  method: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<[number, number]> {
  const sent: ClientRequest = request(new URL(path, registry.url), {
    method,
    headers: { authorization: basic('admin'), ...headers },
  })
  sent.on('error', () => {})
  const piece = Buffer.alloc(64 * 1024, '{')
  let bytes = 0
  const more = (): void => {
    do bytes += piece.length
    while (!sent.destroyed && sent.write(piece))
  }
  sent.on('drain', more)
  more()
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  sent.destroy()
  return [answer.statusCode ?? 0, bytes]
}

describe('a body without end', () => {
  it.each<[string, string, number, Record<string, string>?]>([
    ['POST', `/v2/a/blobs/uploads/?digest=${sha256('x')}`, 413],
    ['PUT', '/v2/a/manifests/1', 413, { 'content-type': MANIFEST }],
    ['POST', '/oauth2/token', 413],
    ['POST', '/oauth2/exchange', 413],
    ['PATCH', '/acr/v1/a', 413],
    ['PUT', '/helm/v1/repo/_blobs/a-1.0.0.tgz', 413],
    ['PATCH', '/helm/v1/repo/_blobs/a-1.0.0.tgz', 413],
    ['POST', '/api/repo/charts', 413],
    ['POST', '/api/repo/charts', 413, { 'content-type': 'multipart/form-data; boundary=x' }],
  ])('to %s %s is refused', async (method, path, expected, headers = {}) => {
    if (path.startsWith('/acr')) await registry.client.pushImage('a', '1')

    const [status, bytes] = await sendForEver(method, path, headers)

    expect(status).toBe(expected)
    expect(bytes).toBeLessThan(100 * 1024 * 1024)
    expect(await filesBelow(`${registry.dir}/uploads`)).toEqual([])
    expect(registry.errors).toEqual([])
  })

  it.each(['PATCH', 'PUT'])('to an upload is refused, and the upload given up (%s)', async (method) => {
    const upload = pathOf(await startUpload('a'))
    const [status] = await sendForEver(method, method === 'PUT' ? `${upload}?digest=${sha256('x')}` : upload)

    expect(status).toBe(413)
    expect((await registry.client.send('GET', upload)).status).toBe(404)
  })
})

describe('a client that keeps us waiting', () => {
  function open(head: string): Socket {
    const { hostname, port } = new URL(registry.url)
    const socket = connect(Number(port), hostname)
    socket.on('error', () => {})
    socket.write(`${head}host: x\r\nauthorization: ${basic('admin')}\r\n`)
    return socket
  }

  it('in the middle of its body is cut off, and may go on where it was', async () => {
    const upload = pathOf(await startUpload('slow'))
    const socket = open(`PATCH ${upload} HTTP/1.1\r\n`)
    socket.write('content-length: 1000\r\n\r\nfirst ')

    await once(socket, 'close')

    const rest = await registry.client.send('PUT', `${upload}?digest=${sha256('first second')}`, { body: 'second' })
    expect(rest.status).toBe(201)
    expect(registry.errors).toEqual([])
  })

  it('by not taking what it asked for is cut off', async () => {
    const digest = await registry.client.pushBlob('slow', Buffer.alloc(MAX_BLOB, 'x'))
    const socket = open(`GET /v2/slow/blobs/${digest} HTTP/1.1\r\n`)
    socket.write('\r\n')
    await once(socket, 'readable')

    // Only the question itself is being answered by then.
    const metrics = async (): Promise<string> => (await registry.client.send('GET', '/metrics')).text()
    await expect.poll(metrics).toContain('registry_http_in_flight_requests 1\n')

    const taken = await buffer(socket.resume()).catch(() => Buffer.alloc(0))
    expect(taken.length).toBeLessThan(MAX_BLOB)
    expect(registry.errors).toEqual([])
  })
})

it('answers in the words of the specification where its own disk fails, and tells who runs it', async () => {
  await rm(join(registry.dir, 'uploads'), { recursive: true, force: true })
  await writeFile(join(registry.dir, 'uploads'), '')

  const answer = await startUpload('web')

  expect([answer.status, await answer.json()]).toEqual([
    500,
    { errors: [{ code: 'UNKNOWN', message: 'internal error' }] },
  ])
  expect(registry.errors).toHaveLength(1)
})
