import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

export interface Received {
  headers: IncomingMessage['headers']
  body: unknown
}

/** A server that takes what webhooks are sent. */
export interface Receiver {
  url: string
  received: Received[]
  stop(): Promise<void>
}

/** `answers`: the statuses of the first requests; later ones are answered with 200. 0 breaks the connection. */
export async function startReceiver(answers: number[] = []): Promise<Receiver> {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    const status = answers.shift() ?? 200
    if (status === 0) return void request.socket.destroy()
    received.push({ headers: request.headers, body: JSON.parse((await buffer(request)).toString('utf8')) })
    response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
