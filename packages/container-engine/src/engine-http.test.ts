import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { EngineHttp } from './engine-http.ts'

it('an archive that the engine does not take to its end is given up', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'engine-http-'))
  const socket = join(folder, 'engine.sock')
  const server = createServer((request) => request.once('data', () => request.socket.destroy())).listen(socket)
  await once(server, 'listening')
  const tar = new PassThrough()
  tar.write('half of an image')
  const closed = once(tar, 'close')

  const loading = new EngineHttp(socket).stream({ method: 'POST', path: '/images/load', tar })

  await expect(loading).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' })
  await closed
  server.close()
  await rm(folder, { recursive: true })
})
