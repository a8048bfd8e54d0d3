import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { haveWholeS3, type ObjectStoreServer, startWholeS3 } from './object-stores/servers.ts'
import { type RegistryProcess, startRegistryProcess } from './registry-process.ts'

/** MiB; what the registry may have in memory whatever its clients do. */
const MEMORY = 200
const sha256 = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

describe('clients that want too much', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-limits-'))
  const sockets: Socket[] = []
  let registry: RegistryProcess
  beforeAll(async () => {
    registry = await startRegistryProcess(join(folder, 'data'))
  })
  afterAll(async () => {
    for (const socket of sockets) socket.destroy()
    await registry?.kill()
    rmSync(folder, { recursive: true, force: true })
  })

  async function send(method: string, path: string, body?: Buffer): Promise<{ status: number; location: string }> {
    const answer = await registry.send(method, path, body ? { body: new Uint8Array(body) } : {})
    await answer.arrayBuffer()
    return { status: answer.status, location: answer.headers.get('location') ?? '' }
  }

  it('may have ten thousand uploads open, and finish every one of them', async () => {
    const first = Buffer.from('the first bytes, ')
    const uploads: string[] = []
    let left = 10_000
    const open = async (): Promise<void> => {
      while (left-- > 0) {
        const { location } = await send('POST', '/v2/many/blobs/uploads/')
        uploads.push((await send('PATCH', location, first)).location)
      }
    }
    await Promise.all(Array.from({ length: 16 }, open))

    expect(new Set(uploads).size).toBe(10_000)
    expect(registry.memory()).toBeLessThan(MEMORY)
    for (const [at, upload] of uploads.filter((_, at) => at % 1_000 === 0).entries()) {
      const rest = Buffer.from(`then number ${at}`)
      const finished = await send('PUT', `${upload}?digest=${sha256(Buffer.concat([first, rest]))}`, rest)
      expect(finished.status).toBe(201)
    }
  })

  it('may be slow by the hundred, and others are served meanwhile', async () => {
    const blob = Buffer.alloc(64 * 1024 * 1024, 'x')
    const path = `/v2/slow/blobs/${sha256(blob)}`
    expect((await send('POST', `/v2/slow/blobs/uploads/?digest=${sha256(blob)}`, blob)).status).toBe(201)
    const { location } = await send('POST', '/v2/slow/blobs/uploads/')

    for (let at = 0; at < 300; at++) open(`GET ${path}`)
    for (let at = 0; at < 300; at++) open(`PATCH ${location}`, 'content-length: 1000000\r\n').write('a few bytes')
    const begun = Date.now()
    const whole = await registry.send('GET', path)

    expect((await whole.arrayBuffer()).byteLength).toBe(blob.length)
    expect(Date.now() - begun).toBeLessThan(20_000)
    expect(registry.memory()).toBeLessThan(MEMORY)
  })

  /** A request whose answer is never read. */
  function open(request: string, headers = ''): Socket {
    const { hostname, port } = new URL(registry.url)
    const socket = connect(Number(port), hostname).pause()
    socket.on('error', () => {})
    socket.write(`${request} HTTP/1.1\r\nhost: x\r\nauthorization: ${registry.authorization}\r\n${headers}\r\n`)
    sockets.push(socket)
    return socket
  }
})

it('clients that send their bytes one by one take no hundreds of bytes of memory for each', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-limits-'))
  const registry = await startRegistryProcess(join(folder, 'data'))
  const { hostname, port } = new URL(registry.url)
  const begun = await registry.send('POST', '/v2/tiny/blobs/uploads/')
  const bytes = Buffer.from('1\r\nx\r\n'.repeat(800_000))
  const sockets = [
    `PATCH ${begun.headers.get('location')}`,
    'PUT /v2/tiny/manifests/1',
    'PUT /v2/tiny/manifests/2',
  ].map((request) => {
    const socket = connect(Number(port), hostname)
    socket.write(
      `${request} HTTP/1.1\r\nhost: x\r\nauthorization: ${registry.authorization}\r\ntransfer-encoding: chunked\r\n\r\n`,
    )
    return socket
  })

  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.write(bytes, resolve))))

  // By then what the kernel kept of it has come.
  expect((await registry.send('GET', '/health')).status).toBe(200)
  expect(registry.memory()).toBeLessThan(MEMORY)
  for (const socket of sockets) socket.destroy()
  await registry.kill()
  rmSync(folder, { recursive: true, force: true })
})

describe.skipIf(!haveWholeS3)('clients that are slow to fill an object store', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-limits-'))
  const sockets: Socket[] = []
  let store: ObjectStoreServer
  let registry: RegistryProcess
  beforeAll(async () => {
    store = await startWholeS3()
    registry = await startRegistryProcess(join(folder, 'data'), {
      args: ['--blobs', 's3://blobs/limits'],
      environment: store.environment,
    })
  })
  afterAll(async () => {
    for (const socket of sockets) socket.destroy()
    await registry?.kill()
    await store?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it('share a bounded memory, and keep nobody else from pushing', async () => {
    const part = Buffer.alloc(4 * 1024 * 1024, 'x')
    const { hostname, port } = new URL(registry.url)
    const slow = async (): Promise<void> => {
      const begun = await registry.send('POST', '/v2/slow/blobs/uploads/')
      const socket = connect(Number(port), hostname)
      sockets.push(socket)
      socket.write(
        `PATCH ${begun.headers.get('location')} HTTP/1.1\r\nhost: x\r\nauthorization: ${registry.authorization}\r\ncontent-length: ${2 * part.length}\r\n\r\n`,
      )
      // The kernel may keep some hundred kilobytes of it.
      await new Promise((resolve) => socket.write(part, resolve))
    }
    for (let at = 0; at < 100; at += 10) {
      await Promise.all(Array.from({ length: 10 }, slow))
      expect(registry.memory()).toBeLessThan(MEMORY)
    }

    const blob = Buffer.alloc(16 * 1024 * 1024, 'y')
    const pushed = await registry.send('POST', `/v2/quick/blobs/uploads/?digest=${sha256(blob)}`, {
      body: new Uint8Array(blob),
    })

    expect(pushed.status).toBe(201)
    expect(registry.memory()).toBeLessThan(MEMORY)
  })
})
