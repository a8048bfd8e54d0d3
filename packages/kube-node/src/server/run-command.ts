import type { IncomingMessage, ServerResponse } from 'node:http'
import { UserError } from '@slipway/errors'
import type { PodEngine } from '../runtime/pod-runtime.ts'
import type { ContainerTarget } from './container-target.ts'
import { containerNamed, waitingMessage } from './pod-access.ts'

/** Most that is kept of what a command prints. */
const LIMIT = 16 * 1024 * 1024

/** POST /run: a command in a container, answered with all that it prints. Throws UserError POD_NOT_RUNNING. */
export async function runCommand(
  engine: PodEngine,
  { access, container, query }: ContainerTarget,
  { request, response }: { request: IncomingMessage; response: ServerResponse },
): Promise<void> {
  if (request.method !== 'POST') {
    response.writeHead(405, { 'content-type': 'text/plain', allow: 'POST' }).end('405: Method Not Allowed')
    return
  }
  const name = containerNamed(access.pod, container)?.name
  const id = name && access.containerId(name)
  if (!id) throw new UserError('POD_NOT_RUNNING', waitingMessage(access, name))
  const words = query.get('cmd') ?? ''
  const session = await engine.exec(id, { command: words.split(' '), tty: false, stdin: false })
  const kept: Buffer[] = []
  let size = 0
  for (const stream of [session.stdout, session.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      if (size < LIMIT) kept.push(chunk)
      size += chunk.length
    })
  }
  const code = await session.exited
  const output = Buffer.concat(kept)
  if (code === 0) response.writeHead(200, { 'content-type': 'application/json' }).end(output)
  else {
    const failure = `command '${words}' exited with ${code}: ${output.toString('utf8')}`
    response.writeHead(500, { 'content-type': 'text/plain' }).end(failure)
  }
}
