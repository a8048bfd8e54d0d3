import { Agent, get } from 'node:https'
import { MemoryRevisionStore } from '@slipway/storage'
import { expect, it } from 'vitest'
import { ApiServer, createCertificates, createClientCertificate } from '../index.ts'

it('takes user and groups from a client certificate of its CA, or from a token, and refuses a certificate that is not good', async () => {
  const now = new Date()
  const { ca, server: pair } = await createCertificates({ now, hosts: ['api.test'] })
  const client = await createClientCertificate(ca, { user: 'alice', groups: ['dev', 'ops'] }, { now })
  const stranger = await createCertificates({ now })
  const authenticator = {
    authenticate: async () => ({ name: 'robot', role: 'reader' as const }),
  }
  const users: unknown[] = []
  const server = new ApiServer({
    store: new MemoryRevisionStore(),
    tls: { ...pair, ca: ca.cert },
    authenticator,
    authorizer: ({ user }) => {
      users.push(user)
      return true
    },
  })
  await server.start(0)
  const ask = (options: object) =>
    new Promise((resolve, reject) => {
      const agent = new Agent({ keepAlive: false })
      const url = `https://127.0.0.1:${server.address().port}/api`
      get(url, { ca: ca.cert, agent, servername: 'api.test', ...options }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode))
      }).on('error', reject)
    })

  const headers = { authorization: 'Bearer any' }
  const known = [await ask(client), await ask({ headers }), await ask({ ...stranger.client, headers }), await ask({})]
  const unknown = await ask(stranger.client)
  await server.stop()

  expect([known, unknown]).toEqual([[200, 200, 200, 200], 401])
  const robot = { name: 'robot', groups: ['slipway:reader', 'system:authenticated'] }
  expect(users).toEqual([
    { name: 'alice', groups: ['dev', 'ops', 'system:authenticated'] },
    robot,
    robot,
    { name: 'system:anonymous', groups: ['system:unauthenticated'] },
  ])
})
