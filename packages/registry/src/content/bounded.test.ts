import { HttpServer, sendJson } from '@slipway/http-server'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Refusal } from '../refusal.ts'
import { boundedBody } from './bounded.ts'

const body = Buffer.alloc(4_000_000, 'x')

let server: HttpServer
beforeAll(async () => {
  server = new HttpServer({
    routes: [
      {
        path: '/',
        async handle(request, response) {
          // As where a disk takes no more.
          for await (const _ of boundedBody(request, body.length, () => new Refusal('SIZE_INVALID', 'too large'))) break
          sendJson(response, 200, { isOpen: !request.destroyed })
        },
      },
    ],
  })
  await server.start(0)
})
afterAll(() => server.stop())

it.each([
  ['says how long it is', body],
  ['does not say so', new Blob([body]).stream()],
])('a request whose body is given up in the middle can be answered, where it %s', async (_, sent) => {
  const answer = await fetch(`http://127.0.0.1:${server.address().port}/`, {
    method: 'PUT',
    body: sent,
    duplex: 'half',
  } as RequestInit)

  expect(await answer.json()).toEqual({ isOpen: true })
})
