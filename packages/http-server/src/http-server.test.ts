import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { readBody, sendJson } from './body.ts'
import { type HttpHandler, HttpServer } from './http-server.ts'

const LIMIT = 1_000
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

async function serve(handle: HttpHandler, linger?: number): Promise<number> {
  const server = new HttpServer({ routes: [{ path: '/', handle }], ...(linger && { linger }) })
  await server.start(0)
  stops.push(() => server.stop())
  return server.address().port
}

/** Answers as every handler does: reads the body, or says why not. */
const reading: HttpHandler = async (incoming, response) => {
  try {
    sendJson(response, 200, { size: (await readBody(incoming, LIMIT)).length })
  } catch {
    sendJson(response, 413, { limit: LIMIT })
  }
}

function send(port: number, headers: Record<string, string | number> = {}): ClientRequest {
  const sent = request({ port, method: 'POST', headers })
  // The end of the connection is what some tests wait for.
  sent.on('error', () => {})
  return sent
}

async function answerTo(sent: ClientRequest): Promise<[number | undefined, string]> {
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  return [answer.statusCode, await text(answer)]
}

/** Sends for as long as somebody takes it. */
function sendForEver(sent: ClientRequest): void {
  const piece = Buffer.alloc(10_000)
  const more = (): void => {
    while (!sent.destroyed && sent.write(piece));
  }
  sent.on('drain', more)
  more()
}

it('addresses may be as long as Go takes them: what `kubectl exec` is to run stands there', async () => {
  const port = await serve((incoming, response) => sendJson(response, 200, { length: incoming.url?.length }))
  const sent = request({ port, path: `/?command=${'a'.repeat(20_000)}` }).end()

  expect(await answerTo(sent)).toEqual([200, '{"length":20010}'])
})

describe('a body', () => {
  it('may come byte by byte', async () => {
    const port = await serve(async (incoming, response) =>
      sendJson(response, 200, { text: (await readBody(incoming, LIMIT)).toString() }),
    )
    const body = Array.from({ length: 999 }, (_, index) => String(index % 10))
    const sent = send(port, { 'transfer-encoding': 'chunked' })
    for (const byte of body) sent.write(byte)
    sent.end()

    expect(await answerTo(sent)).toEqual([200, JSON.stringify({ text: body.join('') })])
  })

  it('is read up to its limit', async () => {
    const sent = send(await serve(reading))
    sent.end(Buffer.alloc(LIMIT))

    expect(await answerTo(sent)).toEqual([200, '{"size":1000}'])
  })

  it.each([
    ['that says so', { 'content-length': LIMIT + 1 }],
    ['that does not say so', {}],
  ])('%s is refused with an answer when it is larger', async (_, headers) => {
    const sent = send(await serve(reading), headers)
    sent.write(Buffer.alloc(LIMIT + 1))

    expect(await answerTo(sent)).toEqual([413, '{"limit":1000}'])
    sent.destroy()
  })

  it('without end is answered, and the connection cut', async () => {
    const sent = send(await serve(reading, 200))
    const closed = new Promise((resolve) => sent.once('close', resolve))
    sendForEver(sent)

    expect(await answerTo(sent)).toEqual([413, '{"limit":1000}'])
    await closed
  })

  it('that nobody reads does not hold the server either', async () => {
    const sent = send(await serve((_, response) => sendJson(response, 200, {}), 200))
    const closed = new Promise((resolve) => sent.once('close', resolve))
    sendForEver(sent)

    expect(await answerTo(sent)).toEqual([200, '{}'])
    await closed
  })
})

describe('requests that are sent ahead', () => {
  const line = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`

  it('are served one after the other, and answered in their order', async () => {
    const events: string[] = []
    const port = await serve(async ({ url }, response) => {
      events.push(`begin ${url}`)
      await new Promise(setImmediate)
      events.push(`end ${url}`)
      sendJson(response, 200, url)
    })
    const socket = connect(port)
    socket.write(line('/1') + line('/2') + line('/3').replace('host', 'connection: close\r\nhost'))

    const bodies = (await text(socket)).match(/"[^"]*"/g)

    expect(events).toEqual(['begin /1', 'end /1', 'begin /2', 'end /2', 'begin /3', 'end /3'])
    expect(bodies).toEqual(['"/1"', '"/2"', '"/3"'])
  })

  it('are not begun when their client has gone', async () => {
    const answers: ServerResponse[] = []
    const port = await serve((_, response) => {
      answers.push(response)
      response.write('more to come')
    })
    const socket = connect(port)
    socket.write(line('/1') + line('/2'))
    await once(socket, 'data')
    socket.destroy()
    await once(answers[0] as ServerResponse, 'close')
    await new Promise(setImmediate)

    expect(answers).toHaveLength(1)
  })
})

it('a server that has nothing to serve yet asks to be tried again', async () => {
  const server = new HttpServer({ routes: [] })
  await server.start(0)
  stops.push(() => server.stop())
  const url = `http://127.0.0.1:${server.address().port}/v2/`
  const before = await fetch(url)
  server.addRoutes([{ path: '/v2/', handle: (_, response) => sendJson(response, 200, {}) }])
  const after = [await fetch(url), await fetch(new URL('/other', url))]

  expect([before.status, before.headers.get('retry-after')]).toEqual([503, '1'])
  expect(after.map(({ status }) => status)).toEqual([200, 404])
})

describe('a server whose routes are still coming', () => {
  it('says so of what it does not serve yet, and that it is not there once all have come', async () => {
    const server = new HttpServer({ routes: [], incomplete: true })
    await server.start(0)
    stops.push(() => server.stop())
    const { port } = server.address()
    const status = async (path: string): Promise<number> => (await fetch(`http://127.0.0.1:${port}${path}`)).status
    server.addRoutes([{ path: '/git/', handle: (_, response) => void response.end() }])

    expect([await status('/git/x'), await status('/v2/')]).toEqual([200, 503])

    server.complete()

    expect([await status('/git/x'), await status('/v2/')]).toEqual([200, 404])
  })
})
